// SPDX-License-Identifier: Apache-2.0
// EAL, ports, packet buffers and workers as one object. The only door to src/dpdk.
#pragma once

#include "dialplane/base/result.hpp"
#include "dialplane/config/config.hpp"
#include "dialplane/pipeline/data_plane.hpp"
#include "dialplane/snapshot/publisher.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dialplane::dpdk {

class Runtime : public pipeline::DataPlane {
 public:
  /// Starts EAL on `config.runtime.main_cpu` (the calling thread becomes the main lcore), makes the packet pool, probes
  /// and starts every port. One per process. `eal_line` gets the arguments EAL was started with, for the log.
  /// Errors: what failed, on which port, and what to do; whatever was started is stopped again.
  static Result<std::unique_ptr<Runtime>> start(const config::Config& config,
                                                std::span<const std::string> extra_eal_args, std::string& eal_line);

  /// Launches the workers on their lcores. `publisher` must have a snapshot and outlive stop().
  virtual Result<void> launch(snapshot::Publisher& publisher) = 0;
  /// Stops and joins the workers, stops and closes the ports, removes the vdevs, EAL's run directory and huge page
  /// files. Never takes over a second. Idempotent.
  virtual void stop() = 0;
};

}  // namespace dialplane::dpdk
