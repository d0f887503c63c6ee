// SPDX-License-Identifier: Apache-2.0
// What commands may see and do. Owned by the controller, used on the control thread only.
#pragma once

#include "acknowledgements.hpp"
#include "affinity_keeper.hpp"
#include "exception_interfaces.hpp"
#include "neighbor_keeper.hpp"
#include "netlink_mirror.hpp"
#include "service_state.hpp"
#include "slot_shares.hpp"
#include "state_keeper.hpp"

#include "dialplane/pipeline/data_plane.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace dialplane::control {

class Drains;
class Explainer;
class HealthMonitor;
class Reloader;

struct CommandContext {
  std::string version;
  std::string config_path;
  std::chrono::steady_clock::time_point started;
  pipeline::DataPlane& data_plane;
  StateKeeper& state;
  ExceptionInterfaces& interfaces;
  const NetlinkMirror& mirror;
  const NeighborKeeper& keeper;
  Acknowledgements& acknowledgements;
  Reloader& reloader;
  Explainer& explainer;
  SlotShares& shares;
  const ServiceState& service;
  const AffinityKeeper& affinity;
  HealthMonitor& health;
  Drains& drains;
  std::uint64_t slowest_turn_us = 0;  ///< longest turn of the event loop so far
};

/// The snapshot that holds now.
inline const snapshot::Snapshot& current(const CommandContext& context) { return *context.state.publisher().latest(); }

/// Adds a figure up over all workers.
template <class Read>
std::uint64_t sum_over_workers(const pipeline::DataPlane& data_plane, Read read) {
  std::uint64_t total = 0;
  const auto count = data_plane.workers().size();
  for (std::size_t i = 0; i < count; ++i)
    total += read(data_plane.counters(WorkerIndex(static_cast<std::uint16_t>(i))));
  return total;
}

}  // namespace dialplane::control
