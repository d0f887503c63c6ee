// SPDX-License-Identifier: Apache-2.0
// What the control thread remembers between snapshots: configuration, keys, run-time state, counter cells; and the one
// way to publish a snapshot made of it. Control thread.
#pragma once

#include "dialplane/base/result.hpp"
#include "dialplane/config/config.hpp"
#include "dialplane/sip/keys.hpp"
#include "dialplane/snapshot/builder.hpp"
#include "dialplane/snapshot/publisher.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace dialplane::control {

/// States set by command, by "POOL/NAME".
using AdminStates = std::map<std::string, config::AdminState>;

class StateKeeper {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// Between two attempts to publish what no command waits for.
  static constexpr std::chrono::seconds kRetryInterval{1};

  StateKeeper(snapshot::Publisher& publisher, std::shared_ptr<const config::Config> config, sip::Keyring keys)
      : publisher_(publisher), config_(std::move(config)), keys_(keys) {
    runtime_.backend_states = std::make_shared<balance::BackendStates>(config_->runtime.worker_cpus.size());
    runtime_.affinity = balance::AffinityTable::make(config_->affinity.entries);
  }

  /// Builds from what is remembered, sharing slot tables with the current snapshot, and publishes.
  /// Returns the generation. Errors: as the builder; the current snapshot stands.
  Result<std::uint64_t> republish();

  /// Publishes what this process found in runtime() by itself: health, next hops, backends that have left. If that
  /// fails, turn() tries again until something is published; the log has one line when that begins and one when it
  /// ends.
  void publish_found(Time now);
  /// Once a turn: what publish_found() could not do, once in kRetryInterval.
  void turn(Time now);

  /// What is not kept over a change: states set by command and found by checks.
  struct Forget {
    bool all = false;
    std::string backend = {};  ///< "POOL/NAME"; empty: none
  };
  /// Takes over a new configuration and publishes its snapshot. `draft` was built on the build thread from the snapshot
  /// before it, for its slot tables; the configuration's generation follows from it. Errors: everything stays as it
  /// was.
  Result<std::uint64_t> adopt(std::shared_ptr<const config::Config> config, const sip::Keyring& keys,
                              snapshot::CounterCells cells, const snapshot::Snapshot& draft, const Forget& forget);

  /// As adopt(), for the configuration before a trial: it comes back with the states set by command `before` the trial,
  /// but for those that a command has set since.
  Result<std::uint64_t> restore(std::shared_ptr<const config::Config> config, const sip::Keyring& keys,
                                snapshot::CounterCells cells, const snapshot::Snapshot& draft,
                                const AdminStates& before);

  /// Sets the administrative state of "POOL/NAME" and publishes. Errors: nothing changed.
  Result<std::uint64_t> set_admin(const std::string& backend, config::AdminState state);

  [[nodiscard]] snapshot::RuntimeState& runtime() noexcept { return runtime_; }
  [[nodiscard]] const snapshot::RuntimeState& runtime() const noexcept { return runtime_; }
  [[nodiscard]] const std::shared_ptr<const config::Config>& config() const noexcept { return config_; }
  [[nodiscard]] const sip::Keyring& keys() const noexcept { return keys_; }
  [[nodiscard]] const snapshot::CounterCells& cells() const noexcept { return cells_; }
  [[nodiscard]] snapshot::Publisher& publisher() noexcept { return publisher_; }
  [[nodiscard]] const snapshot::Publisher& publisher() const noexcept { return publisher_; }

 private:
  Result<std::uint64_t> publish(Result<std::unique_ptr<snapshot::Snapshot>> built);
  Result<std::uint64_t> take_over(std::shared_ptr<const config::Config> config, const sip::Keyring& keys,
                                  snapshot::CounterCells cells, const snapshot::Snapshot& draft, AdminStates admin,
                                  std::map<std::string, snapshot::Observed> observed);

  snapshot::Publisher& publisher_;
  std::shared_ptr<const config::Config> config_;
  sip::Keyring keys_;
  snapshot::RuntimeState runtime_;
  snapshot::CounterCells cells_;
  bool is_behind_ = false;  ///< runtime() has what no snapshot has
  bool is_failing_ = false;
  Time next_attempt_{};
};

}  // namespace dialplane::control
