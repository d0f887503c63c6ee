// SPDX-License-Identifier: Apache-2.0
// Response codes of the IANA registry with their reason phrases (status_codes.def). Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dialplane::sip {

struct StatusCode {
  std::uint16_t code;
  std::string_view reason;
};

/// All registered codes in ascending order.
std::span<const StatusCode> status_codes() noexcept;
/// The registered reason phrase; empty for an unregistered code.
std::string_view status_reason(std::uint16_t code) noexcept;

}  // namespace dialplane::sip
