// SPDX-License-Identifier: Apache-2.0
// Typed access to one table of the document, checked against the key list; mistakes are collected, never thrown.
// Build or control thread.
#pragma once

#include "keys.hpp"
#include "toml_reader.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::config {

/// Every mistake found so far.
class Problems {
 public:
  void add(Location location, std::string text, std::string remedy);
  [[nodiscard]] bool empty() const noexcept { return problems_.empty(); }
  /// All of them in file order.
  [[nodiscard]] std::vector<Problem> take();

 private:
  std::vector<Problem> problems_;
};

/// A text value and where it stands.
struct Located {
  std::string text;
  Location location;
};

/// Reads one table. Unknown and missing keys are reported once, by the constructor; a getter reports a value of the
/// wrong type or out of range and then returns nothing, as for an absent key.
class SectionReader {
 public:
  SectionReader(const Value& table, SectionId section, Problems& problems);

  [[nodiscard]] Location location() const noexcept { return table_.location; }
  [[nodiscard]] bool has(std::string_view key) const noexcept { return table_.find(key) != nullptr; }
  [[nodiscard]] Problems& problems() const noexcept { return problems_; }
  /// The value as it stands, for keys of several forms; nullptr if absent.
  [[nodiscard]] const Value* value(std::string_view key) const noexcept { return table_.find(key); }
  /// Reports that this value of `key`, or one inside it, is of the wrong kind.
  void refuse_kind(std::string_view key, const Value& value) const { report_kind(*find_key(section_, key), value); }

  [[nodiscard]] std::optional<Located> text(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
  /// A number, with a fraction or without.
  [[nodiscard]] std::optional<double> number(std::string_view key) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  /// A list of texts; a lone text where the key's type allows it.
  [[nodiscard]] std::vector<Located> texts(std::string_view key) const;
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view key) const;
  /// Reports a list that is there but empty, with what to do instead.
  void refuse_empty_list(std::string_view key, std::string remedy) const;
  /// The table at `key`, nullptr if it is absent.
  [[nodiscard]] const Value* table(std::string_view key) const;
  /// The tables under `key`, none if it is absent.
  [[nodiscard]] std::vector<const Value*> tables(std::string_view key) const;
  /// The value of a choice key; the enumerators of `Enum` stand in the order of the key's range.
  template <class Enum>
  [[nodiscard]] Enum choice(std::string_view key, Enum fallback) const {
    const std::optional<std::size_t> position = choice_position(key);
    return position ? static_cast<Enum>(*position) : fallback;
  }

 private:
  void report_unknown(const Value::Member& member) const;
  void report_kind(const KeyInfo& info, const Value& value) const;
  [[nodiscard]] std::optional<std::int64_t> integer_in_range(const KeyInfo& info, const Value& value) const;
  [[nodiscard]] std::optional<std::size_t> choice_position(std::string_view key) const;

  const Value& table_;
  SectionId section_;
  Problems& problems_;
};

/// Checks the sections of the document itself: unknown ones, and tables written with the wrong brackets.
void check_sections(const Value& root, Problems& problems);
/// The tables of a section, none if absent. Wrong brackets, which check_sections reports, do not hide them, so that
/// one mistake does not look like many.
std::vector<const Value*> section_tables(const Value& root, SectionId section);

}  // namespace dialplane::config
