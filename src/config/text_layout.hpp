// SPDX-License-Identifier: Apache-2.0
// A TOML text as lines: where a table's block begins and ends, and changes that leave every other line alone. The
// result is a proposal: whoever asks compares its tree with the one wanted. Any thread; cold code.
#pragma once

#include "toml_reader.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::config {

class TextLayout {
 public:
  /// `root` is the tree of `text`.
  TextLayout(std::string_view text, const Value& root);

  /// True if the table stands under a header of its own and not within braces.
  [[nodiscard]] bool has_header(const Value& table) const noexcept;
  /// Adds lines behind the block of a table with a header, indented like it.
  void append_after(const Value& table, const std::vector<std::string>& lines);
  /// Takes a table with a header out, and the comment right above it.
  void remove(const Value& table);
  /// Adds or replaces a key of a table.
  void set(const Value& table, std::string_view key, std::string_view value);
  /// The changed text. Call once, after one change.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] std::size_t block_end(const Value& table) const;
  void note_headers(const Value& value);

  std::vector<std::string> lines_;         ///< with their line feeds
  std::vector<std::size_t> header_lines_;  ///< ascending
};

}  // namespace dialplane::config
