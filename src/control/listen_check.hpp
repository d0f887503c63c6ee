// SPDX-License-Identifier: Apache-2.0
// Whether the process could listen where a new configuration wants it to, asked before the configuration is taken over.
// Build thread.
#pragma once

#include "dialplane/config/config.hpp"

#include <string>
#include <vector>

namespace dialplane::control {

/// What keeps the process from serving `[control]` as `wanted` says; empty: nothing. `own` is where it listens now,
/// which it will leave. Each text says what to do.
std::vector<std::string> unusable_addresses(const config::Control& own, const config::Control& wanted);

}  // namespace dialplane::control
