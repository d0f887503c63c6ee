// SPDX-License-Identifier: Apache-2.0
// A JSON value that is built, walked and printed. Any thread; a value is no one's but its owner's. The grammar is
// nlohmann-json's, which only json.cpp includes: its templates cost each file that builds rows 2 s to compile.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::control {

/// Objects keep the order of their members: columns of a table are in the order the server wrote them.
/// Errors: asking a value for what it is not throws std::logic_error, a missing member or element std::out_of_range.
class Json {
 public:
  enum class Kind : std::uint8_t { kNull, kBoolean, kWhole, kNegative, kReal, kString, kArray, kObject };

  // What a row holds is written as it is (`row["count"] = 5`), so these convert.
  Json() noexcept;
  Json(std::nullptr_t) noexcept;
  template <std::same_as<bool> T>
  Json(T value) noexcept : Json(Kind::kBoolean, value ? 1 : 0) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Json(T value)
  noexcept : Json(Kind::kWhole, value) {}
  template <std::signed_integral T>
  Json(T value) noexcept : Json(value < 0 ? Kind::kNegative : Kind::kWhole, static_cast<std::uint64_t>(value)) {}
  Json(double value) noexcept;
  Json(std::string value) noexcept;
  Json(std::string_view value);
  Json(const char* value);
  Json(const std::vector<std::string>& values);

  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();

  static Json array(std::initializer_list<Json> elements = {});
  static Json object();
  /// Errors: nullopt if the text is no JSON document, or is nested deeper than kMaxDepth.
  static std::optional<Json> parse(std::string_view text);
  static constexpr std::size_t kMaxDepth = 64;

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_null() const noexcept { return kind_ == Kind::kNull; }
  [[nodiscard]] bool is_boolean() const noexcept { return kind_ == Kind::kBoolean; }
  [[nodiscard]] bool is_number() const noexcept { return kind_ >= Kind::kWhole && kind_ <= Kind::kReal; }
  [[nodiscard]] bool is_string() const noexcept { return kind_ == Kind::kString; }
  [[nodiscard]] bool is_array() const noexcept { return kind_ == Kind::kArray; }
  [[nodiscard]] bool is_object() const noexcept { return kind_ == Kind::kObject; }

  /// The value as bool, a number type or std::string.
  template <class T>
  [[nodiscard]] T get() const {
    if constexpr (std::same_as<T, bool>) {
      return boolean();
    } else if constexpr (std::floating_point<T>) {
      return static_cast<T>(real());
    } else if constexpr (std::integral<T>) {
      return static_cast<T>(integer());
    } else {
      return string();
    }
  }

  /// Elements of an array, members of an object; 0 for everything else.
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
  /// The elements, or the values of the members.
  [[nodiscard]] const Json* begin() const noexcept { return items_.data(); }
  [[nodiscard]] const Json* end() const noexcept { return items_.data() + items_.size(); }
  [[nodiscard]] const Json& front() const { return items_.at(0); }
  [[nodiscard]] const Json& back() const { return items_.at(items_.size() - 1); }
  [[nodiscard]] const Json& at(std::size_t index) const { return items_.at(index); }
  const Json& operator[](std::size_t index) const { return at(index); }
  Json& operator[](std::size_t index) { return items_.at(index); }
  /// Makes an array of null. Returns the new element.
  Json& push_back(Json value);

  /// Of an object, in the order in which they were written; the values are begin() to end().
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  /// nullptr if there is no such member, or this is no object.
  [[nodiscard]] const Json* find(std::string_view name) const noexcept;
  [[nodiscard]] bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }
  [[nodiscard]] const Json& at(std::string_view name) const;
  const Json& operator[](std::string_view name) const { return at(name); }
  /// Makes an object of null and the member if it is missing.
  Json& operator[](std::string_view name);
  /// The member, or `fallback` if it is missing.
  template <class T>
  [[nodiscard]] T value(std::string_view name, T fallback) const {
    const auto* found = find(name);
    return found == nullptr ? fallback : found->get<T>();
  }

  /// As JSON; with an indent, on lines of their own. Bytes that are no UTF-8 (a file name) are replaced.
  [[nodiscard]] std::string dump(int indent = -1) const;

  /// Numbers are equal by value, whatever kind they are of; objects if the order of their members is, too.
  friend bool operator==(const Json& a, const Json& b) noexcept;

 private:
  Json(Kind kind, std::uint64_t bits) noexcept;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::int64_t integer() const;
  [[nodiscard]] double real() const;
  [[nodiscard]] const std::string& string() const;

  Kind kind_ = Kind::kNull;
  std::uint64_t bits_ = 0;  ///< of a boolean or number
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::string> names_;  ///< of the items, for an object
};

/// As dump().
std::ostream& operator<<(std::ostream& out, const Json& value);

}  // namespace dialplane::control
