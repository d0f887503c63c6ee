// SPDX-License-Identifier: Apache-2.0
// Names of the ways a backend is found and of what became of a token, as `show steering` has them. Any thread.
#pragma once

#include "dialplane/pipeline/worker_counters.hpp"

#include <string_view>

namespace dialplane::control {

std::string_view steered_name(pipeline::SteeredBy how) noexcept;
std::string_view token_name(pipeline::TokenOutcome outcome) noexcept;

}  // namespace dialplane::control
