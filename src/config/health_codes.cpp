// SPDX-License-Identifier: Apache-2.0
// Which answers to a probe mean health. Build or control thread.
#include "dialplane/base/text.hpp"
#include "dialplane/config/health.hpp"

namespace dialplane::config {
namespace {

constexpr unsigned kFirstFinal = 200;
constexpr unsigned kClass = 100;

struct Range {
  unsigned first = 0;
  unsigned count = 0;
};

std::optional<Range> range_of(std::string_view text) {
  if (text.size() != 3) return std::nullopt;
  const bool is_class = text.ends_with("xx");
  const auto number = parse_decimal(is_class ? text.substr(0, 1) : text, HealthCodes::kEnd - 1);
  if (!number) return std::nullopt;
  const auto first = static_cast<unsigned>(*number) * (is_class ? kClass : 1);
  if (first < kFirstFinal || first >= HealthCodes::kEnd) return std::nullopt;
  return Range{first, is_class ? kClass : 1};
}

}  // namespace

HealthCodes::HealthCodes() {
  for (unsigned code = kFirstFinal; code < kEnd; ++code) healthy_.set(code);
  for (const unsigned code : {408U, 500U, 503U, 504U}) healthy_.reset(code);
}

std::optional<HealthCodes> HealthCodes::parse(std::span<const std::string> entries, std::size_t& wrong) {
  HealthCodes codes;
  codes.healthy_.reset();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::string_view text = entries[i];
    const bool is_negative = text.starts_with('!');
    if (is_negative) text.remove_prefix(1);
    const auto range = range_of(text);
    if (!range) {
      wrong = i;
      return std::nullopt;
    }
    if (i == 0 && is_negative) {
      for (unsigned code = kFirstFinal; code < kEnd; ++code) codes.healthy_.set(code);
    }
    for (unsigned code = range->first; code < range->first + range->count; ++code) {
      codes.healthy_.set(code, !is_negative);
    }
  }
  return codes;
}

}  // namespace dialplane::config
