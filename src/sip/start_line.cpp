// SPDX-License-Identifier: Apache-2.0
// Start lines as views, from the offsets the scanner left. Any thread; no allocation.
#include "dialplane/sip/start_line.hpp"

#include "dialplane/base/text.hpp"

namespace dialplane::sip {
namespace {

constexpr std::size_t kVersionLength = 7;  // "SIP/2.0"
constexpr std::size_t kLineEndLength = 2;

}  // namespace

std::optional<RequestLineView> request_line(const Message& message) noexcept {
  const std::size_t version = std::size_t{message.uri_end} + 1;
  if (!message.is_request || message.uri_end == 0 || message.headers_offset < version + kLineEndLength) {
    return std::nullopt;
  }
  return RequestLineView{.method = message.method_text(),
                         .uri = message.request_uri(),
                         .version = cut(message.text, version, message.headers_offset - kLineEndLength - version)};
}

std::optional<StatusLineView> status_line(const Message& message) noexcept {
  if (message.is_request || message.status == 0 || message.headers_offset == 0) return std::nullopt;
  return StatusLineView{
      .version = cut(message.text, 0, kVersionLength),
      .status = message.status,
      .reason = cut(message.text, message.uri_offset, std::size_t{message.uri_end} - message.uri_offset)};
}

}  // namespace dialplane::sip
