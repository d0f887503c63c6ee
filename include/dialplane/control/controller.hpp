// SPDX-License-Identifier: Apache-2.0
// The control thread: exception interfaces, netlink mirror, configuration, snapshots, control socket.
#pragma once

#include "dialplane/base/result.hpp"
#include "dialplane/config/config.hpp"
#include "dialplane/pipeline/data_plane.hpp"
#include "dialplane/snapshot/publisher.hpp"

#include <memory>
#include <string>

namespace dialplane::control {

struct ControllerOptions {
  std::string config_path;
  std::string version;
};

/// Blocks SIGTERM, SIGINT and SIGHUP, which run() reads by signalfd, in the calling thread and all it starts later.
/// Call first in main: a signal that one thread does not block ends the process.
void block_signals() noexcept;

class Controller {
 public:
  virtual ~Controller() = default;  ///< removes what start() made

  /// Makes the exception interfaces with their addresses and routes, mirrors the kernel's tables, loads the keys,
  /// builds and publishes the first snapshot, opens the control socket. Errors: as a sentence; nothing is left behind.
  static Result<std::unique_ptr<Controller>> start(const ControllerOptions& options,
                                                   std::shared_ptr<const config::Config> config,
                                                   pipeline::DataPlane& data_plane, snapshot::Publisher& publisher);

  /// Runs the event loop until SIGTERM or SIGINT. SIGHUP reloads. Says on the log, and by sd_notify where NOTIFY_SOCKET
  /// is set, when it is ready. Thread: the one that called start(), pinned to main_cpu.
  virtual void run() = 0;
};

}  // namespace dialplane::control
