// SPDX-License-Identifier: Apache-2.0
// Reads what a pool hashes: one key, or a table of keys by method. Build or control thread.
#include "sections.hpp"

#include "dialplane/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace dialplane::config {
namespace {

constexpr std::array kMethods{
#define DP_METHOD(id, text, source, record_routed, forms_dialog) std::string_view(text),
#include "dialplane/sip/methods.def"
#undef DP_METHOD
};

constexpr std::string_view kDefault = "default";
constexpr std::string_view kHeader = "header ";
constexpr std::size_t kLongestHeader = 63;

/// A character of a header's name. Source: RFC 3261 §25.1, token.
bool is_token_character(char c) noexcept {
  constexpr std::string_view kMarks = "-.!%*_+`'~";
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
}

std::optional<PlacementKey> read_header(const Value& value, Problems& problems) {
  std::string name = value.text.substr(kHeader.size());
  if (!name.empty() && name.size() <= kLongestHeader && std::ranges::all_of(name, is_token_character)) {
    return PlacementKey{KeyField::kHeader, std::move(name)};
  }
  problems.add(value.location, fmt::format("`key` cannot be \"{}\"", value.text),
               "give a header's name without a colon, such as \"header X-Account\"");
  return std::nullopt;
}

std::optional<PlacementKey> read_one(const Value& value, Problems& problems) {
  if (value.text.starts_with(kHeader)) return read_header(value, problems);
  const std::vector<std::string_view> fields = choices(*find_key(SectionId::kPool, "key"));
  const auto found = std::ranges::find(fields, value.text);
  const auto position = static_cast<std::size_t>(found - fields.begin());
  if (position < static_cast<std::size_t>(KeyField::kHeader)) {
    return PlacementKey{static_cast<KeyField>(position), {}};
  }
  std::string remedy = fmt::format("give one of: {}", find_key(SectionId::kPool, "key")->range);
  if (const auto near = nearest(value.text, fields)) remedy += fmt::format("; did you mean \"{}\"?", *near);
  problems.add(value.location, fmt::format("`key` cannot be \"{}\"", value.text), std::move(remedy));
  return std::nullopt;
}

void read_member(const SectionReader& section, const Value::Member& member, Pool& pool) {
  Problems& problems = section.problems();
  if (member.value.kind != Value::Kind::kText) return section.refuse_kind("key", member.value);
  const bool follows_invite = member.key == "ACK" || member.key == "CANCEL";
  if (follows_invite) {
    return problems.add(member.key_location, fmt::format("{} has no key of its own", member.key),
                        "say it of INVITE, whose backend it must meet");
  }
  if (member.key != kDefault && std::ranges::find(kMethods, member.key) == kMethods.end()) {
    return problems.add(member.key_location, fmt::format("`key` has \"{}\", which is not a method", member.key),
                        "name methods in capitals, and `default` for all others");
  }
  const auto key = read_one(member.value, problems);
  if (!key) return;
  if (member.key == kDefault) {
    pool.key = *key;
  } else {
    pool.method_keys.push_back({member.key, *key});
  }
}

}  // namespace

void read_placement_key(const SectionReader& section, Pool& pool) {
  const Value* value = section.value("key");
  pool.key_location = value == nullptr ? section.location() : value->location;
  if (value == nullptr) return;
  if (value->kind == Value::Kind::kText) {
    if (auto key = read_one(*value, section.problems())) pool.key = std::move(*key);
    return;
  }
  if (value->kind != Value::Kind::kTable) return section.refuse_kind("key", *value);
  for (const Value::Member& member : value->members) read_member(section, member, pool);
}

}  // namespace dialplane::config
