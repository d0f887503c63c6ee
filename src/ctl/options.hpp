// SPDX-License-Identifier: Apache-2.0
// The command line of dialplanectl. It knows its own options and no command: the words go to the daemon as they are.
#pragma once

#include "dialplane/base/result.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dialplane::ctl {

struct Options {
  std::string socket = "/run/dialplane/control.sock";
  bool is_json = false;
  bool has_header = true;
  bool wants_help = false;
  std::optional<std::chrono::milliseconds> watch;  ///< pause between repetitions
  std::chrono::milliseconds timeout{10000};
  std::vector<std::string> words;
  bool takes_input = false;               ///< `explain`: a message goes with the words
  std::optional<std::string> input_file;  ///< absent: standard input
};

/// Own options may stand before, between or behind the words. Errors: an unknown option before the first word, a value
/// that is missing or no number, no words.
Result<Options> parse_options(std::span<const std::string> args);

/// What `dialplanectl --help` prints.
std::string usage();

}  // namespace dialplane::ctl
