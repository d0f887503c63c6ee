// SPDX-License-Identifier: Apache-2.0
// Reading and replacing the configuration file. Build thread.
#pragma once

#include "dialplane/base/result.hpp"
#include "dialplane/config/config.hpp"

#include <map>
#include <string>
#include <string_view>

namespace dialplane::control {

/// The whole file. Errors: with the path and what to do.
Result<std::string> read_text_file(const std::string& path);

/// Replaces a file as a whole: readers see the old text or the new one, also after a power cut. What was there is kept
/// as PATH.bak; owner and mode stay. Errors: nothing changed, the text says what to do.
Result<void> replace_text_file(const std::string& path, std::string_view text);

/// The text with the states that commands set to backends.
std::string with_states(std::string text, const config::Config& config,
                        const std::map<std::string, config::AdminState>& commanded);

}  // namespace dialplane::control
