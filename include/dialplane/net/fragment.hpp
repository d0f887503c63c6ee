// SPDX-License-Identifier: Apache-2.0
// Cuts an IPv4 frame into fragments by copying. Any thread; no allocation.
#pragma once

#include "dialplane/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace dialplane::net {

/// How many fragments an IPv4 datagram of `ip_length` bytes (header of 20 included) makes at this MTU; 1: none needed.
std::size_t fragment_count(std::size_t ip_length, std::size_t mtu) noexcept;

/// Writes fragment `index` of the frame to `out` and returns its length (Ethernet header included).
/// Preconditions: `frame` is Ethernet and IPv4 without options, as we send it; index < fragment_count(); `out` holds
/// mtu + 14 bytes. The IP id is the frame's: all fragments share it. Source: RFC 791 §2.3.
std::size_t write_fragment(ByteSpan frame, std::size_t mtu, std::size_t index, std::uint8_t* out) noexcept;

}  // namespace dialplane::net
