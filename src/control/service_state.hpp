// SPDX-License-Identifier: Apache-2.0
// Whether the process is healthy (workers advance and take snapshots) and ready (there is somebody to send calls to).
// Control thread.
#pragma once

#include "dialplane/pipeline/data_plane.hpp"
#include "dialplane/snapshot/publisher.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dialplane::control {

class ServiceState {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// A worker's round takes microseconds; one that shares its CPU may wait for its turn.
  static constexpr std::chrono::milliseconds kStuckAfter{2000};
  static constexpr std::chrono::milliseconds kInterval{100};

  /// An answer and its reason, one sentence a line.
  struct Verdict {
    bool ok = true;
    std::string text;
  };

  ServiceState(const pipeline::DataPlane& data_plane, const snapshot::Publisher& publisher)
      : data_plane_(data_plane), publisher_(publisher) {}

  /// Call every turn, and once before workers are launched: looks at workers and pools once in kInterval. From the
  /// second look on, a trouble of one of them has a line in the log when it begins and one when it ends.
  void observe(Time now);

  /// Every worker runs, makes rounds, and takes what is published.
  [[nodiscard]] Verdict health() const;
  /// Healthy, every worker has a snapshot, and every pool has a backend for new dialogs.
  [[nodiscard]] Verdict readiness() const;

 private:
  struct Seen {
    std::uint64_t rounds = 0;
    std::uint64_t generation = 0;
    bool was_running = false;
    Time moved{};                      ///< when `rounds` last changed, or since when it runs
    std::optional<Time> behind_since;  ///< set: newer snapshots wait, and since then it took none
    bool is_in_trouble = false;        ///< as the log says
  };

  void look_at_workers(Time now);
  void log_workers();
  void log_pools();
  [[nodiscard]] std::string name_of(std::size_t worker) const;
  [[nodiscard]] std::string trouble_of(std::size_t worker) const;

  const pipeline::DataPlane& data_plane_;
  const snapshot::Publisher& publisher_;
  std::vector<Seen> seen_;
  std::set<std::string> empty_pools_;  ///< those without a backend for new dialogs, as the log says
  Time observed_{};
};

}  // namespace dialplane::control
