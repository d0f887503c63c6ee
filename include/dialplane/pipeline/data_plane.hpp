// SPDX-License-Identifier: Apache-2.0
// What the control side may ask of the data plane. Implemented by dpdk, used by control, joined by app, so that the
// two never include each other.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/bytes.hpp"
#include "dialplane/base/ids.hpp"
#include "dialplane/pipeline/verdict.hpp"
#include "dialplane/pipeline/worker_counters.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dialplane::pipeline {

struct PortStatus {
  std::string name;
  std::string driver;  ///< "net_af_xdp"
  std::vector<std::string> devices;
  MacAddress mac;
  std::uint16_t mtu = 0;
  std::uint16_t queues = 0;
  bool link_up = false;
  std::uint64_t rx_packets = 0;  ///< as the driver counts
  std::uint64_t tx_packets = 0;
  std::uint64_t rx_missed = 0;  ///< lost before us
  std::uint64_t rx_errors = 0;
  std::uint64_t rx_nobuf = 0;
  std::uint64_t tx_errors = 0;
};

struct WorkerStatus {
  std::uint16_t cpu = 0;
  bool running = false;
};

/// Thread: the control thread only.
class DataPlane {
 public:
  virtual ~DataPlane() = default;
  [[nodiscard]] virtual std::vector<PortStatus> ports() const = 0;
  [[nodiscard]] virtual std::vector<WorkerStatus> workers() const = 0;
  [[nodiscard]] virtual const WorkerCounters& counters(WorkerIndex worker) const = 0;

  /// Hands every punted frame waiting, `critical` and `control` ones first, at most `budget`, to `take`; returns how
  /// many.
  virtual std::size_t drain_punted(std::size_t budget,
                                   const std::function<void(PortIndex, PuntLane, ByteSpan)>& take) = 0;
  /// Queues a frame of the kernel's for the wire; false (and counted) if the ring or the buffers are full.
  virtual bool inject(PortIndex port, ByteSpan frame) = 0;
  /// Queues a frame of our own for the wire; false if the ring or the buffers are full.
  virtual bool originate(PortIndex port, ByteSpan frame) = 0;
  /// Next hops that workers asked for since the last call and had no neighbour for (each at most once a call).
  virtual std::vector<std::pair<PortIndex, IpAddress>> take_unresolved() = 0;

  /// The clock of WorkerContext::now_ms, read now: one for all workers and the control thread.
  [[nodiscard]] virtual std::uint64_t now_ms() const = 0;

  /// Packet buffers free and in all.
  struct Buffers {
    std::uint64_t free = 0;
    std::uint64_t total = 0;
  };
  [[nodiscard]] virtual Buffers buffers() const = 0;
};

}  // namespace dialplane::pipeline
