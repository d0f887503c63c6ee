// SPDX-License-Identifier: Apache-2.0
// What the pipeline left behind, as steps that people can read and programs can take apart. Control thread.
#pragma once

#include "rpc.hpp"

#include "dialplane/base/address.hpp"
#include "dialplane/pipeline/packet.hpp"
#include "dialplane/pipeline/worker_context.hpp"
#include "dialplane/snapshot/snapshot.hpp"

#include <string>

namespace dialplane::control {

class HealthMonitor;

/// One message and what became of it. Lifetime: views.
struct Explained {
  const snapshot::Snapshot& snapshot;
  const std::string& message;
  Endpoint from;
  Endpoint to;
  const pipeline::Packet& packet;
  pipeline::Work& work;
  pipeline::WorkerContext& context;
  const HealthMonitor* health;  ///< nullptr: none
};

Json explain_rows(const Explained& explained);

}  // namespace dialplane::control
