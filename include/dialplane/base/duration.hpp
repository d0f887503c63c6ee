// SPDX-License-Identifier: Apache-2.0
// Lengths of time as people write them: "500ms", "2s", "10m", "4h", "1d". Any thread; cold code.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace dialplane {

/// Reads a whole number and its unit, ms, s, m, h or d, without a blank. Errors: nullopt for anything else, and for
/// more than 1 000 days.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

/// The shortest such text: the largest unit of which `length` is a whole multiple. Precondition: not negative.
std::string format_duration(std::chrono::milliseconds length);

}  // namespace dialplane
