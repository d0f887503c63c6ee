// SPDX-License-Identifier: Apache-2.0
// One question to the control socket and its answer.
#pragma once

#include "dialplane/control/json.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace dialplane::ctl {

/// Exit codes of dialplanectl; part of its contract.
enum class Exit : std::uint8_t { kDone = 0, kFailed = 1, kUsage = 2, kNoDaemon = 3, kTimeout = 4 };

struct Trouble {
  Exit exit = Exit::kFailed;
  std::string text;
};

/// Sends the words as one JSON-RPC request and returns its result. Errors: nobody listens, no answer in time, refused.
tl::expected<control::Json, Trouble> ask(const std::string& socket, const std::vector<std::string>& words,
                                         std::chrono::milliseconds timeout);

}  // namespace dialplane::ctl
