// SPDX-License-Identifier: Apache-2.0
// Joins what the kernel knows with what the configuration says into the next-hop table of a snapshot. Any thread.
#pragma once

#include "netlink_mirror.hpp"

#include "dialplane/config/config.hpp"
#include "dialplane/snapshot/next_hops.hpp"

#include <memory>

namespace dialplane::control {

/// Kernel routes and neighbours, beside the connected networks and routes of ports without an exception interface, and
/// every `[[neighbor]]` (which wins over a learnt one).
std::shared_ptr<const snapshot::NextHopTable> build_next_hops(const config::Config& config,
                                                              const NeighborhoodTables& kernel);

/// True if two tables say the same.
bool is_same(const snapshot::NextHopTable& a, const snapshot::NextHopTable& b);

}  // namespace dialplane::control
