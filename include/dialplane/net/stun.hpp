// SPDX-License-Identifier: Apache-2.0
// STUN Binding on the SIP port: tells it from SIP and writes the answer (RFC 8489, RFC 5626 §8). Any thread; no
// allocation; bytes in, bytes out.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace dialplane::net {

/// What a datagram is to a STUN server.
enum class StunKind : std::uint8_t {
  kNone,              ///< not STUN: its first byte belongs to another protocol
  kMalformed,         ///< breaks the format, or is no Binding request nor indication
  kIndication,        ///< a Binding indication: a keepalive that is never answered
  kBinding,           ///< a Binding request: answered with success
  kUnknownAttribute,  ///< a Binding request with attributes that must be understood and are not: answered with 420
};

/// Judges a datagram by header and attribute lengths. A method of SIP may begin with any token character, so only the
/// first bytes 0 and 1, which no text has, are taken for STUN. Source: RFC 8489 §5, §6.3.1.
StunKind classify_stun(ByteSpan datagram) noexcept;

/// Most bytes by which an answer is longer than its request.
inline constexpr std::size_t kStunGrowth = 24;

/// Writes the answer to a Binding request and returns its length, at most request.size() + kStunGrowth: success with
/// XOR-MAPPED-ADDRESS = `source`, or 420 with the unknown attributes. 0 if it does not fit in `out`.
/// Precondition: classify_stun() gave kBinding or kUnknownAttribute. Source: RFC 8489 §6.3.1, §14.2.
std::size_t write_stun_answer(MutableBytes out, ByteSpan request, const Endpoint& source) noexcept;

}  // namespace dialplane::net
