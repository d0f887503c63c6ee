// SPDX-License-Identifier: Apache-2.0
// Reading and writing of durations. Any thread; cold code.
#include "dialplane/base/duration.hpp"

#include "dialplane/base/text.hpp"

#include <array>
#include <cstdint>

namespace dialplane {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
// "ms" comes before "m" and "s", of which it ends in one and begins with the other.
constexpr std::array<Unit, 5> kUnits{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::int64_t kLongestMs = 1000 * kUnits.back().ms;

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    const auto count = parse_decimal(text, static_cast<std::uint64_t>(kLongestMs / unit.ms));
    if (!count) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*count) * unit.ms);
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::milliseconds length) {
  auto best = kUnits.front();
  for (const Unit& unit : kUnits) {
    if (length.count() != 0 && length.count() % unit.ms == 0) best = unit;
  }
  return std::to_string(length.count() / best.ms) + std::string(best.name);
}

}  // namespace dialplane
