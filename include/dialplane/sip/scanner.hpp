// SPDX-License-Identifier: Apache-2.0
// From a datagram to a header index. Any thread; no allocation; never reads past the datagram.
#pragma once

#include "dialplane/sip/message.hpp"

#include <string_view>

namespace dialplane::sip {

/// Finds the start line and every header row of one datagram and fills `message`, whose views point into `datagram`.
/// Long and compact names, any case, blanks before the colon and folded lines are understood.
/// Errors: the first fault met (kNotSip … kTooLarge, kDuplicate); `message` then holds what was read before it, and
/// headers_end == 0 unless the whole section was indexed (kDuplicate keeps a full index, so it can be answered).
/// Cost: one pass over the header section. Source: RFC 3261 §7, §25.1.
Fault scan(std::string_view datagram, Message& message) noexcept;

}  // namespace dialplane::sip
