// SPDX-License-Identifier: Apache-2.0
// A TOML document as a plain tree in which every value knows where it stands. The only door to toml++; cold code.
#pragma once

#include "dialplane/config/config.hpp"
#include "dialplane/config/loader.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::config {

/// One TOML value. A table keeps its members in file order.
struct Value {
  enum class Kind : std::uint8_t { kText, kInteger, kNumber, kBoolean, kList, kTable, kOther };
  struct Member;
  Kind kind = Kind::kOther;
  Location location;
  std::string text;  ///< kText; for kOther what TOML calls the type
  std::int64_t integer = 0;
  double number = 0;  ///< kNumber: written with a fraction or an exponent
  bool boolean = false;
  std::vector<Value> items;     ///< kList
  std::vector<Member> members;  ///< kTable
  /// The member of a table, nullptr if it has none of that name.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;
};

struct Value::Member {
  std::string key;
  Location key_location;
  Value value;
};

/// "a string", "a list", for messages.
std::string_view kind_label(const Value& value) noexcept;

/// Reads TOML text. Errors: the first syntax error.
tl::expected<Value, Problem> parse_toml(std::string_view text);

/// Where each value of a document stands, by path: "listener[0].ports[1]".
class LocationIndex {
 public:
  explicit LocationIndex(const Value& root) { add(root, ""); }
  /// The value at this path, or the nearest thing around it that exists.
  [[nodiscard]] Location at(std::string_view path) const;
  [[nodiscard]] bool has(std::string_view path) const { return locations_.contains(std::string(path)); }

 private:
  void add(const Value& value, const std::string& path);
  std::map<std::string, Location, std::less<>> locations_;
};

}  // namespace dialplane::config
