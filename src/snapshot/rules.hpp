// SPDX-License-Identifier: Apache-2.0
// Screening rules of a snapshot. Build thread or control thread.
#pragma once

#include "dialplane/snapshot/builder.hpp"

namespace dialplane::snapshot {

/// Gives the snapshot the configured rules: those of `previous` if they are the same, else compiled ones.
/// Errors: every rule that does not compile, or too many rule names since the start.
Result<void> add_rules(const config::Config& config, CounterCells& cells, const Snapshot* previous, Snapshot& snapshot);

}  // namespace dialplane::snapshot
