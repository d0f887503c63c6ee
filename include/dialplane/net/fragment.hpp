// SPDX-License-Identifier: Apache-2.0
// Cuts an IPv4 or IPv6 frame into fragments by copying. Any thread; no allocation.
#pragma once

#include "dialplane/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace dialplane::net {

/// How many fragments the datagram in `frame` makes at this MTU; 1: none needed.
/// Preconditions: as of write_fragment().
std::size_t fragment_count(ByteSpan frame, std::size_t mtu) noexcept;

/// True for a frame whose fragments carry an id of their own: IPv6, where a whole datagram has none.
bool needs_fragment_id(ByteSpan frame) noexcept;

/// Writes fragment `index` of the frame to `out` and returns its length (Ethernet header included).
/// Preconditions: `frame` is Ethernet and IP without options or extension headers, as we send it; index <
/// fragment_count(); `out` holds mtu + 14 bytes; MTU of at least 68 (IPv4) or 1280 (IPv6). `ipv6_id` is one value for
/// all fragments of a datagram; IPv4 fragments share the frame's own IP id. Source: RFC 791 §2.3, RFC 8200 §4.5.
std::size_t write_fragment(ByteSpan frame, std::size_t mtu, std::size_t index, std::uint32_t ipv6_id,
                           std::uint8_t* out) noexcept;

}  // namespace dialplane::net
