// SPDX-License-Identifier: Apache-2.0
// Reads screening rules. Build or control thread.
#include "sections.hpp"
#include "values.hpp"

#include "dialplane/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

namespace dialplane::config {
namespace {

constexpr std::string_view kActions = "give \"drop\", \"reject CODE\" with a code from 400 to 699, or \"allow\"";
constexpr std::size_t kLongestField = 63;
/// Room for a thousand alternatives; the expression is compiled into memory of a multiple of its length.
constexpr std::size_t kLongestRegex = 16384;

/// A character of a header's name. Source: RFC 3261 §25.1, token.
bool is_token_character(char c) noexcept {
  constexpr std::string_view kMarks = "-.!%*_+`'~";
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
}

std::string read_field(const Located& value, Problems& problems) {
  std::string field = value.text;
  std::ranges::transform(field, field.begin(), ascii_lower);
  if (!field.empty() && field.size() <= kLongestField && std::ranges::all_of(field, is_token_character)) return field;
  problems.add(value.location, fmt::format("`field` cannot be \"{}\"", value.text),
               "give a header's name without a colon, such as \"user-agent\", or \"request-uri\", \"method\" or "
               "\"message\"");
  return {};
}

std::string read_regex(const Located& value, Problems& problems) {
  if (value.text.empty()) {
    problems.add(value.location, "`regex` is empty", "give an expression; .+ means any value");
    return {};
  }
  if (value.text.size() > kLongestRegex) {
    problems.add(value.location, fmt::format("`regex` has {} characters", value.text.size()),
                 fmt::format("give at most {}; share the alternatives out among several rules", kLongestRegex));
    return {};
  }
  return value.text;
}

void read_reject(const Located& value, std::string_view code, Rule& rule, Problems& problems) {
  constexpr std::uint64_t kLowest = 400;
  constexpr std::uint64_t kHighest = 699;
  const auto status = code.size() == 3 ? parse_decimal(code, kHighest) : std::nullopt;
  if (!status || *status < kLowest) {
    problems.add(value.location, fmt::format("`action` cannot reject with \"{}\"", code),
                 "give a code from 400 to 699, such as \"reject 403\"");
    return;
  }
  rule.action = RuleAction::kReject;
  rule.status = static_cast<std::uint16_t>(*status);
}

void read_action(const Located& value, Rule& rule, Problems& problems) {
  constexpr std::string_view kReject = "reject ";
  if (value.text == "drop") return;
  if (value.text == "allow") {
    rule.action = RuleAction::kAllow;
    return;
  }
  if (value.text.starts_with(kReject)) {
    return read_reject(value, std::string_view(value.text).substr(kReject.size()), rule, problems);
  }
  const std::string_view word = std::string_view(value.text).substr(0, value.text.find(' '));
  const bool is_planned = word == "pool" || word == "strip";
  problems.add(value.location,
               is_planned ? fmt::format("the action `{}` is not available yet", word)
                          : fmt::format("`action` cannot be \"{}\"", value.text),
               std::string(kActions));
}

Rule read_rule(const SectionReader& section) {
  Problems& problems = section.problems();
  Rule rule;
  rule.location = section.location();
  if (const auto name = section.text("name")) rule.name = read_name(*name, problems).value_or("");
  if (const auto field = section.text("field")) rule.field = read_field(*field, problems);
  if (const auto regex = section.text("regex")) rule.regex = read_regex(*regex, problems);
  if (const auto action = section.text("action")) read_action(*action, rule, problems);
  return rule;
}

}  // namespace

void read_rules(const Value& root, Config& config, Problems& problems) {
  for (const Value* table : section_tables(root, SectionId::kRule)) {
    config.rules.push_back(read_rule({*table, SectionId::kRule, problems}));
  }
}

std::string rule_action_text(const Rule& rule) {
  if (rule.action == RuleAction::kReject) return fmt::format("reject {}", rule.status);
  return rule.action == RuleAction::kAllow ? "allow" : "drop";
}

}  // namespace dialplane::config
