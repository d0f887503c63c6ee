// SPDX-License-Identifier: Apache-2.0
// The steps of an explanation, once for people and once for programs. Control thread.
#pragma once

#include "rpc.hpp"

#include <string>
#include <string_view>

namespace dialplane::control {

/// The text with control characters and bytes that are no ASCII written as escapes: they never reach a terminal.
std::string printable(std::string_view text);

/// Writes each step once for people and once for programs.
class Steps {
 public:
  /// What follows belongs to this step.
  void step(std::string_view name) { step_ = name; }
  void put(std::string_view item, const Json& value);
  /// One of several under the same item.
  void add(std::string_view item, const std::string& shown, Json value);
  /// Rows, and the tree as `explain`.
  [[nodiscard]] Json result() &&;

 private:
  std::string step_;
  Json rows_ = Json::array();
  Json tree_ = Json::object();
};

}  // namespace dialplane::control
