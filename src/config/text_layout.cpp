// SPDX-License-Identifier: Apache-2.0
// Lines of a TOML text. Any thread; cold code.
#include "text_layout.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace dialplane::config {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view indent_of(std::string_view line) noexcept {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}
char first_of(std::string_view line) noexcept {
  const auto at = line.find_first_not_of(kBlanks);
  return at == std::string_view::npos ? '\0' : line[at];
}

/// Bytes of the value that begins at `at`: a string in quotes of one line, or a bare word.
std::size_t token_length(std::string_view line, std::size_t at) noexcept {
  const char first = at < line.size() ? line[at] : '\0';
  if (first != '"' && first != '\'') {
    return std::min(line.find_first_of(",]}# \t\r\n", at), line.size()) - at;
  }
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] == '\\' && first == '"') {
      ++i;
    } else if (line[i] == first) {
      return i + 1 - at;
    }
  }
  return line.size() - at;
}

std::size_t last_line(const Value& value) noexcept {
  std::size_t last = value.location.line;
  for (const Value& item : value.items) last = std::max(last, last_line(item));
  for (const Value::Member& member : value.members) last = std::max(last, last_line(member.value));
  return last;
}

}  // namespace

TextLayout::TextLayout(std::string_view text, const Value& root) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    lines_.emplace_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  if (!lines_.empty() && !lines_.back().ends_with('\n')) lines_.back() += '\n';
  note_headers(root);
  std::ranges::sort(header_lines_);
}

void TextLayout::note_headers(const Value& value) {
  if (value.kind == Value::Kind::kTable && has_header(value)) header_lines_.push_back(value.location.line);
  for (const Value& item : value.items) note_headers(item);
  for (const Value::Member& member : value.members) note_headers(member.value);
}

bool TextLayout::has_header(const Value& table) const noexcept {
  const std::size_t line = table.location.line;
  if (line == 0 || line > lines_.size()) return false;
  const std::string_view indent = indent_of(lines_[line - 1]);
  return first_of(lines_[line - 1]) == '[' && table.location.column <= indent.size() + 3;
}

std::size_t TextLayout::block_end(const Value& table) const {
  const std::size_t last = last_line(table);
  const auto next = std::ranges::upper_bound(header_lines_, last);
  std::size_t end = next == header_lines_.end() ? lines_.size() : *next - 1;
  // What stands right above the next header belongs to it.
  while (end > last && (first_of(lines_[end - 1]) == '#' || first_of(lines_[end - 1]) == '\0')) --end;
  return end;
}

void TextLayout::append_after(const Value& table, const std::vector<std::string>& lines) {
  const std::string indent(indent_of(lines_[table.location.line - 1]));
  std::vector<std::string> block{"\n"};
  for (const std::string& line : lines) block.push_back(indent + line + "\n");
  const auto end = static_cast<std::ptrdiff_t>(block_end(table));
  lines_.insert(lines_.begin() + end, block.begin(), block.end());
}

void TextLayout::remove(const Value& table) {
  std::size_t begin = table.location.line - 1;
  const std::size_t end = block_end(table);
  while (begin > 0 && first_of(lines_[begin - 1]) == '#') --begin;
  while (begin > 0 && first_of(lines_[begin - 1]) == '\0') --begin;
  lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(begin), lines_.begin() + static_cast<std::ptrdiff_t>(end));
}

void TextLayout::set(const Value& table, std::string_view key, std::string_view value) {
  if (const Value* old = table.find(key)) {
    std::string& line = lines_[old->location.line - 1];
    const std::size_t at = old->location.column - 1;
    line.replace(std::min(at, line.size()), token_length(line, at), value);
    return;
  }
  std::string& first = lines_[table.location.line - 1];
  if (!has_header(table)) {
    const std::size_t behind_brace = std::min<std::size_t>(table.location.column, first.size());
    first.insert(behind_brace, fmt::format(" {} = {},", key, value));
    return;
  }
  std::size_t after = table.location.line;
  for (const Value::Member& member : table.members) {
    const bool is_nested = member.value.kind == Value::Kind::kTable || member.value.kind == Value::Kind::kList;
    if (!is_nested) after = std::max<std::size_t>(after, member.value.location.line);
  }
  const std::string indent(indent_of(lines_[after - 1]));
  lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(after), fmt::format("{}{} = {}\n", indent, key, value));
}

std::string TextLayout::text() const {
  std::string text;
  for (const std::string& line : lines_) text += line;
  return text;
}

}  // namespace dialplane::config
