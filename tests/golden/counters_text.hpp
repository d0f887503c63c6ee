// SPDX-License-Identifier: Apache-2.0
// Every counter of a worker by name, for golden cases. Test code.
#pragma once

#include "dialplane/pipeline/worker_counters.hpp"
#include "dialplane/snapshot/snapshot.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace dialplane::golden {

/// Names and values of all counters that are not zero.
std::map<std::string, std::uint64_t> counters_by_name(const pipeline::WorkerCounters& counters,
                                                      const snapshot::Snapshot& snapshot);

}  // namespace dialplane::golden
