// SPDX-License-Identifier: Apache-2.0
// toml++ tree → our tree. toml++ throws on a syntax error; the throw ends here. Cold code.
#include "toml_reader.hpp"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace dialplane::config {
namespace {

Location location_of(const toml::source_region& source) noexcept {
  return Location{source.begin.line, source.begin.column};
}

/// One line of prose out of the parser's message, which may span several.
std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

Value convert(const toml::node& node);

Value convert_table(const toml::table& table) {
  Value value;
  value.kind = Value::Kind::kTable;
  value.location = location_of(table.source());
  for (const auto& [key, member] : table) {
    value.members.push_back({std::string(key.str()), location_of(key.source()), convert(member)});
  }
  std::ranges::stable_sort(value.members, {}, [](const Value::Member& member) {
    return std::pair(member.key_location.line, member.key_location.column);
  });
  return value;
}

Value convert(const toml::node& node) {
  if (const auto* table = node.as_table()) return convert_table(*table);
  Value value;
  value.location = location_of(node.source());
  if (const auto* list = node.as_array()) {
    value.kind = Value::Kind::kList;
    for (const toml::node& item : *list) value.items.push_back(convert(item));
  } else if (const auto* text = node.as_string()) {
    value.kind = Value::Kind::kText;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = Value::Kind::kInteger;
    value.integer = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    value.kind = Value::Kind::kNumber;
    value.number = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = Value::Kind::kBoolean;
    value.boolean = boolean->get();
  } else {
    value.text = "a date or time";
  }
  return value;
}

}  // namespace

const Value* Value::find(std::string_view key) const noexcept {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &found->value;
}

std::string_view kind_label(const Value& value) noexcept {
  switch (value.kind) {
    case Value::Kind::kText:
      return "a string";
    case Value::Kind::kInteger:
      return "an integer";
    case Value::Kind::kNumber:
      return "a number with a fraction";
    case Value::Kind::kBoolean:
      return "a boolean";
    case Value::Kind::kList:
      return "a list";
    case Value::Kind::kTable:
      return "a table";
    case Value::Kind::kOther:
      return value.text;
  }
  return "";
}

tl::expected<Value, Problem> parse_toml(std::string_view text) {
  try {
    return convert_table(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return tl::unexpected(Problem{location_of(error.source()), fmt::format("not TOML: {}", first_line(error.what())),
                                  "see https://toml.io for the syntax"});
  }
}

Location LocationIndex::at(std::string_view path) const {
  for (;;) {
    if (const auto found = locations_.find(path); found != locations_.end()) return found->second;
    const std::size_t cut = path.find_last_of(".[");
    if (cut == std::string_view::npos) return Location{1, 1};
    path = path.substr(0, cut);
  }
}

void LocationIndex::add(const Value& value, const std::string& path) {
  if (!path.empty()) locations_.emplace(path, value.location);
  for (std::size_t i = 0; i < value.items.size(); ++i) add(value.items[i], fmt::format("{}[{}]", path, i));
  for (const Value::Member& member : value.members) {
    add(member.value, path.empty() ? member.key : fmt::format("{}.{}", path, member.key));
  }
}

}  // namespace dialplane::config
