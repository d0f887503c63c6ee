// SPDX-License-Identifier: Apache-2.0
// What may be called how. Any thread.
#pragma once

#include <string_view>

namespace dialplane::config {

/// 1 to 63 letters, digits, '-', '_' or '.'.
bool is_name(std::string_view text) noexcept;
/// Labels of letters, digits and inner '-', joined by single dots, at most 253 characters. Source: RFC 1123 §2.1.
bool is_host_name(std::string_view text) noexcept;

}  // namespace dialplane::config
