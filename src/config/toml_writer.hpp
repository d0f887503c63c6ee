// SPDX-License-Identifier: Apache-2.0
// The tree of a document as TOML again, and the comparison of two trees. Any thread; cold code.
#pragma once

#include "toml_reader.hpp"

#include <string>
#include <string_view>

namespace dialplane::config {

/// `text` as a TOML string in quotes.
std::string quoted(std::string_view text);
/// A value on one line; a table as an inline table.
std::string value_text(const Value& value);
/// A whole document: sections of the key list under headers, everything else inline. Comments are not in the tree.
std::string document_text(const Value& root);
/// True if both say the same; where something stands does not matter, nor does the order of a table's members.
bool is_same_value(const Value& a, const Value& b) noexcept;

}  // namespace dialplane::config
