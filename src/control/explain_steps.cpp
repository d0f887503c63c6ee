// SPDX-License-Identifier: Apache-2.0
// Rows and tree of an explanation. Control thread.
#include "explain_steps.hpp"

#include <fmt/format.h>

#include <utility>

namespace dialplane::control {

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte > 0x7e) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

void Steps::put(std::string_view item, const Json& value) {
  Json row;
  row["step"] = step_;
  row["item"] = item;
  row["value"] = value;
  rows_.push_back(std::move(row));
  tree_[step_][item] = value;
}

void Steps::add(std::string_view item, const std::string& shown, Json value) {
  Json row;
  row["step"] = step_;
  row["item"] = item;
  row["value"] = shown;
  rows_.push_back(std::move(row));
  tree_[step_][item].push_back(std::move(value));
}

Json Steps::result() && {
  auto result = rpc::rows_result(std::move(rows_));
  result["explain"] = std::move(tree_);
  return result;
}

}  // namespace dialplane::control
