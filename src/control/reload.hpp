// SPDX-License-Identifier: Apache-2.0
// A reload from request to answer: load and build beside the loop, then adopt, publish and wait for the workers. A
// failure at any step leaves everything as it was. Control thread, but for prepare().
#pragma once

#include "acknowledgements.hpp"
#include "build_thread.hpp"
#include "exception_interfaces.hpp"
#include "netlink_mirror.hpp"
#include "rpc.hpp"
#include "state_keeper.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dialplane::control {

struct ReloadOptions {
  bool is_dry_run = false;  ///< load and build, change nothing
  bool is_forced = false;   ///< allow another placement key
  friend bool operator==(const ReloadOptions&, const ReloadOptions&) = default;
};

class Reloader {
 public:
  using Answer = std::function<void(rpc::Outcome)>;
  /// What a reload works on; all owned by the controller.
  struct Parts {
    const std::string& config_path;
    BuildThread& build_thread;
    StateKeeper& state;
    ExceptionInterfaces& interfaces;
    const NetlinkMirror& mirror;
    Acknowledgements& acknowledgements;
    const pipeline::DataPlane& data_plane;
    std::function<void()> adopted;  ///< called once a new configuration holds
  };

  explicit Reloader(Parts parts) : parts_(std::move(parts)) {}

  /// Reloads; requests that come while one runs are answered together by the next, as the file may have changed since.
  void request(ReloadOptions options, Answer answer);

 private:
  struct Pending {
    ReloadOptions options;
    Answer answer;
  };
  struct Draft {
    std::shared_ptr<const config::Config> config;
    sip::Keyring keys;
    snapshot::CounterCells cells;
    std::unique_ptr<snapshot::Snapshot> snapshot;
    std::vector<std::string> warnings;
  };
  using Prepared = tl::expected<Draft, std::vector<std::string>>;
  struct Inputs;

  static Prepared prepare(Inputs inputs);
  void start_next();
  void take(ReloadOptions options, Prepared prepared);
  rpc::Outcome adopt(Draft draft, std::uint64_t& generation);
  void answer_when_acknowledged(std::uint64_t generation, std::shared_ptr<const config::Config> config);
  void finish(const rpc::Outcome& outcome);

  Parts parts_;
  std::vector<Pending> waiting_;
  std::vector<Pending> running_;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace dialplane::control
