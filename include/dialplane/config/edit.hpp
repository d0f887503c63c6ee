// SPDX-License-Identifier: Apache-2.0
// Changes of single backends in the text of a configuration. Comments and layout stay where that is possible; whether
// the result is a valid configuration is for the loader to say. Any thread; cold code.
#pragma once

#include "dialplane/base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dialplane::config {

/// Keys of a record and their values as TOML: {"weight", "50"}, {"name", "\"sbc3\""}.
using Members = std::vector<std::pair<std::string, std::string>>;

/// `text` as a TOML string in quotes.
std::string toml_string(std::string_view text);

/// Appends a backend to a pool. Errors: no such pool, or it has a backend of that name.
Result<std::string> add_backend(std::string_view text, std::string_view pool, std::string_view name,
                                const Members& members);
/// Takes a backend out. Errors: there is none of that name.
Result<std::string> remove_backend(std::string_view text, std::string_view pool, std::string_view name);
/// Sets a key of a backend, whether the text has it or not. Errors: there is no such backend.
Result<std::string> set_backend_key(std::string_view text, std::string_view pool, std::string_view name,
                                    std::string_view key, std::string_view value);

}  // namespace dialplane::config
