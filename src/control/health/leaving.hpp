// SPDX-License-Identifier: Apache-2.0
// Backends that are gone from the file and keep their dialogs for a while: who they are after a change, and when they
// have left. Control thread.
#pragma once

#include "dialplane/snapshot/builder.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace dialplane::control {

using LeavingBackends = std::vector<snapshot::LeavingBackend>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Who is leaving once `after` takes the place of `before`: those that were, and members of a pool that is still there
/// which the file does not name any more, until `linger` is over. One that came back is not. Each keeps the state that
/// a command set ("POOL/NAME" in `commanded`): who is in `maint` when it leaves gets nothing afterwards, either.
LeavingBackends leaving_after(const LeavingBackends& leaving, const config::Config& before, const config::Config& after,
                              SteadyTime now, const std::map<std::string, config::AdminState>& commanded = {});

/// True for a backend that holds nothing any more, as far as this process can know.
using HoldsNothing = std::function<bool(const snapshot::LeavingBackend&)>;
/// Those that stay at this moment. Counts begin with the process, so what a backend held before `started` is known to
/// be over only `linger` later: until then it is kept whatever the counts say.
LeavingBackends leaving_at(const LeavingBackends& leaving, const HoldsNothing& holds_nothing, SteadyTime started,
                           SteadyTime now);

}  // namespace dialplane::control
