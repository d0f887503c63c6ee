// SPDX-License-Identifier: Apache-2.0
// Waits, without blocking the loop, until the workers have taken a generation. Control thread.
#pragma once

#include "dialplane/pipeline/data_plane.hpp"
#include "dialplane/snapshot/publisher.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dialplane::control {

class Acknowledgements {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// Gets the workers that had not taken the generation when the time was up; empty: all did.
  using Done = std::function<void(const std::vector<WorkerIndex>& late)>;
  /// When a worker had taken the generation, as the loop saw it: to about a millisecond. nullopt: it did not.
  struct Seen {
    WorkerIndex worker;
    std::optional<std::chrono::microseconds> after;
  };
  /// Gets every running worker.
  using Report = std::function<void(const std::vector<Seen>& workers)>;

  Acknowledgements(snapshot::Publisher& publisher, const pipeline::DataPlane& data_plane)
      : publisher_(publisher), data_plane_(data_plane) {}

  /// Calls `done` from a later poll(). Units: two seconds at most.
  void wait(std::uint64_t generation, Done done);
  /// The same, with the time of each worker.
  void report(std::uint64_t generation, Report report);
  /// Once a turn: answers what is complete or late and frees snapshots nobody reads.
  void poll(Time now);

 private:
  struct Waiting {
    std::uint64_t generation;
    Time began;
    std::vector<Seen> workers;
    Report report;
  };
  void look(Waiting& entry, Time now) const;
  snapshot::Publisher& publisher_;
  const pipeline::DataPlane& data_plane_;
  std::vector<Waiting> waiting_;
};

/// "worker 1 (CPU 2), worker 3 (CPU 4)".
std::string name_workers(const std::vector<WorkerIndex>& workers, const pipeline::DataPlane& data_plane);

}  // namespace dialplane::control
