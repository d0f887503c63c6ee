// SPDX-License-Identifier: Apache-2.0
// JSON values, and their text by way of nlohmann-json. Any thread.
#include "dialplane/control/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <ostream>
#include <stdexcept>
#include <utility>

namespace dialplane::control {

namespace {

using Library = nlohmann::ordered_json;

/// Takes the events of the library's parser and builds the value they tell. False ends the parse.
class Builder {
 public:
  explicit Builder(Json& root) : root_(root) {}

  bool null() { return take(nullptr); }
  bool boolean(bool value) { return take(value); }
  bool number_integer(std::int64_t value) { return take(value); }
  bool number_unsigned(std::uint64_t value) { return take(value); }
  bool number_float(double value, const std::string&) { return take(value); }
  bool string(std::string& value) { return take(std::move(value)); }
  bool binary(Library::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    name_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Library::exception&) { return false; }

 private:
  Json& put(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    Json& parent = *open_.back();
    if (parent.is_object()) return parent[name_] = std::move(value);
    return parent.push_back(std::move(value));
  }
  bool take(Json value) {
    put(std::move(value));
    return true;
  }
  bool open(Json value) {
    // Copying and destroying go down by recursion, and the text is a client's.
    if (open_.size() == Json::kMaxDepth) return false;
    open_.push_back(&put(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json& root_;
  /// Only the innermost grows, so those around it stay where they are.
  std::vector<Json*> open_;
  std::string name_;
};

Library to_library(const Json& value) {
  switch (value.kind()) {
    case Json::Kind::kNull:
      return nullptr;
    case Json::Kind::kBoolean:
      return value.get<bool>();
    case Json::Kind::kWhole:
      return value.get<std::uint64_t>();
    case Json::Kind::kNegative:
      return value.get<std::int64_t>();
    case Json::Kind::kReal:
      return value.get<double>();
    case Json::Kind::kString:
      return value.get<std::string>();
    case Json::Kind::kArray: {
      auto array = Library::array();
      for (const auto& element : value) array.push_back(to_library(element));
      return array;
    }
    case Json::Kind::kObject:
      break;
  }
  auto object = Library::object();
  for (std::size_t i = 0; i < value.size(); ++i) object.emplace(value.names()[i], to_library(value.at(i)));
  return object;
}

[[noreturn]] void is_no(const char* what) { throw std::logic_error(std::string("the JSON value is no ") + what); }

}  // namespace

Json::Json() noexcept = default;
Json::Json(std::nullptr_t) noexcept {}
Json::Json(Kind kind, std::uint64_t bits) noexcept : kind_(kind), bits_(bits) {}
Json::Json(double value) noexcept : Json(Kind::kReal, std::bit_cast<std::uint64_t>(value)) {}
Json::Json(std::string value) noexcept : kind_(Kind::kString), text_(std::move(value)) {}
Json::Json(std::string_view value) : Json(std::string(value)) {}
Json::Json(const char* value) : Json(std::string(value)) {}
Json::Json(const std::vector<std::string>& values) : kind_(Kind::kArray), items_(values.begin(), values.end()) {}

Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

Json Json::array(std::initializer_list<Json> elements) {
  Json value(Kind::kArray, 0);
  value.items_ = elements;
  return value;
}

Json Json::object() { return {Kind::kObject, 0}; }

std::optional<Json> Json::parse(std::string_view text) {
  Json value;
  Builder builder(value);
  if (!Library::sax_parse(text, &builder)) return std::nullopt;
  return value;
}

Json& Json::push_back(Json value) {
  if (is_null()) kind_ = Kind::kArray;
  if (!is_array()) is_no("array");
  return items_.emplace_back(std::move(value));
}

const Json* Json::find(std::string_view name) const noexcept {
  const auto found = std::find(names_.begin(), names_.end(), name);
  return found == names_.end() ? nullptr : &items_[static_cast<std::size_t>(found - names_.begin())];
}

const Json& Json::at(std::string_view name) const {
  const auto* found = find(name);
  if (found == nullptr) throw std::out_of_range("the JSON object has no " + std::string(name));
  return *found;
}

Json& Json::operator[](std::string_view name) {
  if (is_null()) kind_ = Kind::kObject;
  if (!is_object()) is_no("object");
  const auto index = static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
  if (index == names_.size()) {
    names_.emplace_back(name);
    items_.emplace_back();
  }
  return items_[index];
}

std::string Json::dump(int indent) const {
  return to_library(*this).dump(indent, ' ', false, Library::error_handler_t::replace);
}

bool operator==(const Json& a, const Json& b) noexcept {
  if (a.is_number() && b.is_number() && (a.kind_ == Json::Kind::kReal || b.kind_ == Json::Kind::kReal)) {
    return a.real() == b.real();
  }
  return a.kind_ == b.kind_ && a.bits_ == b.bits_ && a.text_ == b.text_ && a.names_ == b.names_ && a.items_ == b.items_;
}

bool Json::boolean() const {
  if (!is_boolean()) is_no("boolean");
  return bits_ != 0;
}

std::int64_t Json::integer() const {
  if (!is_number()) is_no("number");
  return kind_ == Kind::kReal ? static_cast<std::int64_t>(real()) : static_cast<std::int64_t>(bits_);
}

double Json::real() const {
  if (!is_number()) is_no("number");
  if (kind_ == Kind::kReal) return std::bit_cast<double>(bits_);
  return kind_ == Kind::kWhole ? static_cast<double>(bits_) : static_cast<double>(static_cast<std::int64_t>(bits_));
}

const std::string& Json::string() const {
  if (!is_string()) is_no("string");
  return text_;
}

std::ostream& operator<<(std::ostream& out, const Json& value) { return out << value.dump(); }

}  // namespace dialplane::control
