// SPDX-License-Identifier: Apache-2.0
// The parts of a start line as views. Any thread; no allocation; zero copy.
#pragma once

#include "dialplane/sip/message.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::sip {

/// `INVITE sip:bob@example.com SIP/2.0`. Source: RFC 3261 §7.1.
struct RequestLineView {
  std::string_view method;
  std::string_view uri;
  std::string_view version;
};

/// `SIP/2.0 180 Ringing`. Source: RFC 3261 §7.2.
struct StatusLineView {
  std::string_view version;
  std::uint16_t status = 0;
  std::string_view reason;  ///< as the sender wrote it, UTF-8; empty is legal
};

/// Errors: nullopt for a response, and for a start line that the scanner refused or found no end of.
std::optional<RequestLineView> request_line(const Message& message) noexcept;
/// Errors: nullopt for a request, and for a start line that the scanner refused or found no end of.
std::optional<StatusLineView> status_line(const Message& message) noexcept;

}  // namespace dialplane::sip
