// SPDX-License-Identifier: Apache-2.0
// Prints the result of a command as an aligned table for people. Shared by the control socket and dialplanectl.
#pragma once

#include "dialplane/control/json.hpp"

#include <cstdint>
#include <string>

namespace dialplane::control {

enum class TableHeader : std::uint8_t { kShown, kHidden };

/// `result` is {"schema": 1, "rows": [{…}, …]}. Columns are the keys in the order in which they first appear; numbers
/// stand right, text left. Rows in which all columns of a list "hide_zero" are 0 are left out. With "layout": "records"
/// each row is a block of `key  value` lines instead.
std::string format_table(const Json& result, TableHeader header);

}  // namespace dialplane::control
