// SPDX-License-Identifier: Apache-2.0
// Tree → TOML. Any thread; cold code.
#include "toml_writer.hpp"

#include "keys.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace dialplane::config {
namespace {

bool is_section(std::string_view path) noexcept {
  return std::ranges::find(all_sections(), path, &SectionInfo::path) != all_sections().end();
}

std::string key_text(std::string_view key) {
  const bool is_bare = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  return is_bare ? std::string(key) : quoted(key);
}

std::string join(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

/// A table of its own or a list of such, as opposed to a value within one.
bool has_header(const Value& value, std::string_view path) noexcept {
  const bool is_list_of_tables =
      value.kind == Value::Kind::kList && !value.items.empty() &&
      std::ranges::all_of(value.items, [](const Value& item) { return item.kind == Value::Kind::kTable; });
  return (value.kind == Value::Kind::kTable || is_list_of_tables) && is_section(path);
}

void put_table(const Value& table, const std::string& path, std::string& out);

void put_member(const Value::Member& member, const std::string& path, std::string& out) {
  if (member.value.kind == Value::Kind::kTable) {
    out += fmt::format("\n[{}]\n", path);
    return put_table(member.value, path, out);
  }
  for (const Value& item : member.value.items) {
    out += fmt::format("\n[[{}]]\n", path);
    put_table(item, path, out);
  }
}

void put_table(const Value& table, const std::string& path, std::string& out) {
  for (const Value::Member& member : table.members) {
    if (has_header(member.value, join(path, member.key))) continue;
    out += fmt::format("{} = {}\n", key_text(member.key), value_text(member.value));
  }
  for (const Value::Member& member : table.members) {
    const std::string member_path = join(path, member.key);
    if (has_header(member.value, member_path)) put_member(member, member_path, out);
  }
}

/// The shortest text that reads as the same number, with a fraction so that it stays no integer.
std::string number_text(double number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

bool are_same_members(const Value& a, const Value& b) noexcept {
  return a.members.size() == b.members.size() && std::ranges::all_of(a.members, [&](const Value::Member& member) {
           const Value* other = b.find(member.key);
           return other != nullptr && is_same_value(member.value, *other);
         });
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string value_text(const Value& value) {
  std::string list;
  switch (value.kind) {
    case Value::Kind::kText:
      return quoted(value.text);
    case Value::Kind::kInteger:
      return fmt::format("{}", value.integer);
    case Value::Kind::kNumber:
      return number_text(value.number);
    case Value::Kind::kBoolean:
      return value.boolean ? "true" : "false";
    case Value::Kind::kList:
      for (const Value& item : value.items) list += (list.empty() ? "" : ", ") + value_text(item);
      return "[" + list + "]";
    case Value::Kind::kTable:
      for (const Value::Member& member : value.members) {
        list += fmt::format("{}{} = {}", list.empty() ? "" : ", ", key_text(member.key), value_text(member.value));
      }
      return list.empty() ? "{}" : "{ " + list + " }";
    case Value::Kind::kOther:
      break;
  }
  // No valid configuration has such a value.
  return quoted(value.text);
}

std::string document_text(const Value& root) {
  std::string out;
  put_table(root, "", out);
  if (out.starts_with('\n')) out.erase(0, 1);
  return out;
}

bool is_same_value(const Value& a, const Value& b) noexcept {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Value::Kind::kText:
    case Value::Kind::kOther:
      return a.text == b.text;
    case Value::Kind::kInteger:
      return a.integer == b.integer;
    case Value::Kind::kNumber:
      return a.number == b.number;
    case Value::Kind::kBoolean:
      return a.boolean == b.boolean;
    case Value::Kind::kList:
      return std::ranges::equal(a.items, b.items, is_same_value);
    case Value::Kind::kTable:
      return are_same_members(a, b);
  }
  return false;
}

}  // namespace dialplane::config
