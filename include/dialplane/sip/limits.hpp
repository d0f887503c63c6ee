// SPDX-License-Identifier: Apache-2.0
// The configured limits of a message, within what the header index can hold. Any thread; no allocation.
#pragma once

#include "dialplane/sip/message.hpp"

#include <cstdint>

namespace dialplane::sip {

/// How much of a message is accepted. The defaults admit 128 Vias and 16 KiB of headers with room to spare.
struct Limits {
  std::uint16_t header_bytes = 32768;  ///< start line and header section, without the empty line
  std::uint16_t header_rows = 256;
  std::uint16_t vias = 256;            ///< Via values; a row may hold several
  std::uint16_t call_id_bytes = 1024;  ///< the Call-ID value
  std::uint16_t body_bytes = 65535;    ///< the body of a request; a datagram cannot hold more
  friend constexpr bool operator==(const Limits&, const Limits&) = default;
};
static_assert(Limits{}.header_bytes <= kMaxHeaderBytes && Limits{}.header_rows <= kMaxHeaderRows);

/// Judges a message that scan() has indexed; before or after validate().
/// Errors: kTooLarge if it is over a limit. Commas of a malformed Via row count as Via values.
/// Cost: a few comparisons and a walk of the Via rows; Via text is read only if it is long enough to hold too many.
Fault check_limits(const Message& message, const Limits& limits) noexcept;

/// Judges the body of a message that validate() has accepted; that of a response may have any length, because refusing
/// it would leave its client waiting.
/// Errors: kBodyTooLarge. Source: RFC 3261 §21.4.11.
constexpr Fault check_body(const Message& message, const Limits& limits) noexcept {
  const bool is_over = message.is_request && message.body_end - message.body_offset > limits.body_bytes;
  return is_over ? Fault::kBodyTooLarge : Fault::kNone;
}

}  // namespace dialplane::sip
