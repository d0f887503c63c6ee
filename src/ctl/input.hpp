// SPDX-License-Identifier: Apache-2.0
// The SIP message that goes with `explain`.
#pragma once

#include "dialplane/base/result.hpp"

#include <optional>
#include <string>

namespace dialplane::ctl {

/// Reads a file or, where none is named, standard input. A text without CR, as editors write it, gets the line ends of
/// SIP. Errors: cannot be read, nothing there, or more than one datagram holds.
Result<std::string> read_message(const std::optional<std::string>& path);

/// Puts CR before each LF of a text that has no CR.
std::string with_sip_line_ends(std::string text);

}  // namespace dialplane::ctl
