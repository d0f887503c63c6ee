// SPDX-License-Identifier: Apache-2.0
// Watches every backend of the file: sends probes through the data plane, takes their answers, and publishes what they
// change. Control thread.
#pragma once

#include "check.hpp"
#include "panic.hpp"
#include "probe.hpp"
#include "rtt.hpp"
#include "signals.hpp"
#include "state_keeper.hpp"

#include "dialplane/pipeline/data_plane.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dialplane::control {

/// What became of the probes of one backend.
struct ProbeCounts {
  std::uint64_t sent = 0;
  std::uint64_t unsent = 0;  ///< no route or neighbour, or no buffer
  std::uint64_t healthy = 0;
  std::uint64_t unhealthy = 0;  ///< answered with a code that does not mean health
  std::uint64_t silent = 0;
  std::uint64_t unreachable = 0;
  std::uint64_t late = 0;        ///< answered after their time
  std::uint64_t suspicions = 0;  ///< how often traffic asked for probes
};

struct WatchedPool;

/// One backend under watch.
struct WatchedBackend {
  using Time = HealthCheck::Time;

  std::string path;  ///< "POOL/NAME"
  config::Backend settings;
  PoolIndex pool;
  BackendCell cell;
  config::AdminState admin = config::AdminState::kReady;
  HealthCheck check;
  TrafficSignals signals;
  RoundTrips round_trips;
  ProbeCounts counts;
  std::optional<ProbeId> under_way;  ///< or the last one, until the next is sent
  Time sent_at{};
  std::uint64_t answered_ms = 0;  ///< when a probe was last answered, by the data plane's clock
  snapshot::Observed observed;
  std::string_view suspicion;  ///< what last looked bad; empty: nothing yet
  WatchedPool* owner = nullptr;
};

/// What the members of one pool have in common.
struct WatchedPool {
  const config::Pool* settings = nullptr;
  std::vector<WatchedBackend*> members;
  PanicRule panic;
  /// What is observed of the members stays as it is until one of them changes: no panic, no slow start.
  bool is_settled = false;
};

class HealthMonitor {
 public:
  using Time = HealthCheck::Time;
  using Random = std::function<std::uint64_t()>;

  /// `random` must be unpredictable: forged answers are told by it.
  HealthMonitor(StateKeeper& state, pipeline::DataPlane& data_plane, Random random);

  /// Once a turn of the loop: sends what is due, ends what is late, publishes what changed.
  void turn(Time now);
  /// A frame of the control lane. Returns false for one that the kernel shall have, too.
  bool take(PortIndex port, ByteSpan frame, Time now);

  [[nodiscard]] const WatchedBackend* find(const std::string& path) const;
  [[nodiscard]] const std::map<std::string, std::unique_ptr<WatchedBackend>>& all() const noexcept { return watched_; }
  /// Since when a pool is in panic; none: it is not.
  [[nodiscard]] std::optional<Time> panic_since(const std::string& pool) const;
  /// Responses of this node's own probes come back here; below this passive health is off.
  static constexpr double kLeastOwnResponses = 0.9;
  [[nodiscard]] bool hears_own_responses(const WatchedBackend& backend) const;
  [[nodiscard]] std::uint64_t forged() const noexcept { return forged_; }

 private:
  void follow_configuration(Time now);
  void do_what_is_due(Time now);
  void take_configuration(Time now);
  void gather_pools();
  void watch(const config::Pool& pool, const config::Backend& backend, Time now);
  void follow_member(WatchedBackend& backend, const snapshot::Backend& member, Time now);
  void probe(WatchedBackend& backend, Time now);
  bool send(WatchedBackend& backend, const Endpoint& source);
  void end(WatchedBackend& backend, ProbeResult result, Time now);
  void look_at_traffic(Time now);
  void take_answer(const Endpoint& source, std::string_view datagram, Time now);
  void take_unreachable(PortIndex port, const QuotedDatagram& quoted, Time now);
  void settle(Time now);
  void settle_pool(WatchedPool& pool, Time now);
  static void unsettle(WatchedBackend& backend) noexcept { backend.owner->is_settled = false; }
  void log_change(const WatchedBackend& backend, snapshot::ObservedState before, Time now);
  [[nodiscard]] std::optional<Endpoint> source_toward(const WatchedBackend& backend) const;
  [[nodiscard]] bool answers_traffic(const WatchedBackend& backend) const;
  [[nodiscard]] double jitter() { return static_cast<double>(random_() >> 11U) * 0x1p-53; }
  [[nodiscard]] const snapshot::Snapshot& current() const { return *state_.publisher().latest(); }

  StateKeeper& state_;
  pipeline::DataPlane& data_plane_;
  Random random_;
  ProbeReader reader_;
  std::map<std::string, std::unique_ptr<WatchedBackend>> watched_;
  std::map<std::string, WatchedBackend*, std::less<>> by_branch_;
  std::map<std::string, WatchedPool> pools_;
  std::vector<WatchedBackend*> in_turn_;  ///< all, in the order of the file
  std::size_t next_probed_ = 0;           ///< behind the last one that was probed, in `in_turn_`
  std::shared_ptr<const config::Config> seen_config_;
  std::uint64_t seen_generation_ = 0;
  Time worked_{};
  Time looked_{};
  Time published_{};
  bool has_changed_ = false;
  std::uint64_t forged_ = 0;
  std::uint16_t ip_id_ = 0;
  // Log lines of this second; a fleet that goes down at once must not fill the disk.
  Time log_second_{};
  unsigned logged_ = 0;
};

/// Numbers from the kernel's generator. Ends the process if it has none.
std::uint64_t random_number();

}  // namespace dialplane::control
