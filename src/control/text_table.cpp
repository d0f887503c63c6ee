// SPDX-License-Identifier: Apache-2.0
// Aligned text tables from JSON rows. Any thread.
#include "dialplane/control/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace dialplane::control {

namespace {

std::string cell_text(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>().empty() ? "-" : value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.kind() == Json::Kind::kReal) return fmt::format("{:.4f}", value.get<double>());
  if (!value.is_array()) return value.dump();
  std::string joined;
  for (const auto& element : value) joined += (joined.empty() ? "" : ",") + cell_text(element);
  return joined.empty() ? "-" : joined;
}

/// Characters shown, not bytes: continuation bytes of UTF-8 take no column.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

struct Column {
  std::string key;
  bool is_number = true;
  std::size_t width = 0;
  std::vector<std::string> cells;
};

/// The rows of which some column listed in "hide_zero" is not 0; all if there is no such list.
Json shown_rows(const Json& result) {
  const auto& rows = result.at("rows");
  const auto* list = result.find("hide_zero");
  if (list == nullptr) return rows;
  Json shown = Json::array();
  for (const auto& row : rows) {
    const bool is_shown =
        std::ranges::any_of(*list, [&](const Json& column) { return row.value(column.get<std::string>(), 0.0) != 0; });
    if (is_shown) shown.push_back(row);
  }
  return shown;
}

std::vector<Column> columns_of(const Json& rows) {
  std::vector<Column> columns;
  for (const auto& row : rows) {
    for (const auto& key : row.names()) {
      if (std::ranges::find(columns, key, &Column::key) == columns.end()) columns.push_back({key, true, 0, {}});
    }
  }
  for (auto& column : columns) {
    for (const auto& row : rows) {
      const auto* value = row.find(column.key);
      column.cells.push_back(value == nullptr ? "-" : cell_text(*value));
      if (value != nullptr && !value->is_number() && !value->is_null()) column.is_number = false;
      column.width = std::max(column.width, width_of(column.cells.back()));
    }
  }
  return columns;
}

void put_cell(std::string& line, const Column& column, const std::string& text) {
  if (!line.empty()) line += "  ";
  const std::string fill(column.width - width_of(text), ' ');
  line += column.is_number ? fill + text : text + fill;
}

void put_line(std::string& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

std::string format_records(const Json& rows) {
  std::string out;
  for (const auto& row : rows) {
    std::size_t width = 0;
    for (const auto& key : row.names()) width = std::max(width, key.size());
    if (!out.empty()) out += "\n";
    for (const auto& key : row.names()) out += fmt::format("{:<{}}  {}\n", key, width, cell_text(row.at(key)));
  }
  return out;
}

}  // namespace

std::string format_table(const Json& result, TableHeader header) {
  const auto* all = result.find("rows");
  if (all == nullptr || !all->is_array()) return {};
  const auto rows = shown_rows(result);
  if (result.value("layout", std::string()) == "records") return format_records(rows);
  auto columns = columns_of(rows);
  std::string out;
  if (header == TableHeader::kShown && !columns.empty()) {
    std::string line;
    for (auto& column : columns) {
      column.width = std::max(column.width, column.key.size());
      std::string title = column.key;
      std::ranges::transform(title, title.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
      put_cell(line, column, title);
    }
    put_line(out, line);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string line;
    for (const auto& column : columns) put_cell(line, column, column.cells[i]);
    put_line(out, line);
  }
  return out;
}

}  // namespace dialplane::control
