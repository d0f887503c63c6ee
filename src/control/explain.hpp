// SPDX-License-Identifier: Apache-2.0
// What the packet path would do with one message, found out by letting it: the real pipeline on a snapshot, dry, in a
// worker context that no worker has. Control thread.
#pragma once

#include "rpc.hpp"

#include "dialplane/base/address.hpp"
#include "dialplane/pipeline/packet.hpp"
#include "dialplane/pipeline/worker_context.hpp"
#include "dialplane/snapshot/snapshot.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dialplane::control {

class HealthMonitor;

struct ExplainInput {
  std::string message;
  std::optional<Endpoint> from;           ///< absent: what the top Via says if it is numeric
  std::optional<Endpoint> to;             ///< a listener's address; absent: the first that takes requests from there
  std::uint64_t now_ms = 0;               ///< of the workers' clock
  const HealthMonitor* health = nullptr;  ///< what probes say of candidates; nullptr: nobody asks
};

class Explainer {
 public:
  /// Longest message: what one UDP datagram holds over IPv4.
  static constexpr std::size_t kMaxMessage = 65507;

  /// Takes the message through the pipeline and tells every step as rows of step, item and value; `explain` in the
  /// result has the same for programs. Leaves no trace: no counter, entry or next hop asked for. Errors: no listener
  /// there, addresses of different families, a message that is too long.
  rpc::Outcome explain(const snapshot::Snapshot& snapshot, const ExplainInput& input);

 private:
  struct Addresses {
    Endpoint from;
    Endpoint to;
    PortIndex port;
  };
  static tl::expected<Addresses, rpc::Failure> addresses_of(const snapshot::Snapshot& snapshot,
                                                            const ExplainInput& input);
  void run(const snapshot::Snapshot& snapshot, const ExplainInput& input, const Addresses& addresses);

  /// Made at the first use, since it is as large as a worker's.
  std::unique_ptr<pipeline::WorkerContext> context_;
  std::unique_ptr<pipeline::Batch> batch_;
  std::vector<std::uint8_t> frame_;
};

}  // namespace dialplane::control
