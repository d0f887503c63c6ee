// SPDX-License-Identifier: Apache-2.0
// One worker: what it owns and its loop. Made by the control thread, run by its lcore.
#pragma once

#include "port.hpp"
#include "punt_rings.hpp"
#include "transmit.hpp"

#include "dialplane/config/config.hpp"
#include "dialplane/pipeline/pipeline.hpp"
#include "dialplane/snapshot/publisher.hpp"

#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>
#include <vector>

namespace dialplane::dpdk {

/// A receive queue this worker polls.
struct RxQueue {
  PortIndex port;
  Queue queue;
};

class Worker {
 public:
  Worker(WorkerIndex index, std::uint16_t cpu, rte_mempool& pool);

  /// Polls until stop() is asked for. Thread: the worker's lcore.
  void run() noexcept;
  /// Thread: control.
  void ask_to_stop() noexcept { stop_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] unsigned lcore() const noexcept { return index.value + 1U; }

  // Set up by the control thread before launch.
  const WorkerIndex index;
  const std::uint16_t cpu;
  config::Idle idle = config::Idle::kPause;
  bool shares_cpu = false;
  snapshot::Publisher* publisher = nullptr;
  std::vector<RxQueue> rx;
  std::vector<FrameRing*> handed;    ///< frames of workers without a queue of their own
  std::bitset<kMaxPorts> exception;  ///< ports with an exception interface
  std::unique_ptr<pipeline::WorkerContext> context;
  Transmitter transmitter;
  PuntRings punt;

 private:
  unsigned poll_queue(const RxQueue& from, const snapshot::Snapshot& snapshot) noexcept;
  void refill_spares() noexcept;
  unsigned poll_rings() noexcept;
  void dispatch(const pipeline::Packet& packet) noexcept;
  void account(std::uint64_t cycles, bool busy) noexcept;

  rte_mempool& pool_;
  std::unique_ptr<pipeline::Batch> batch_;
  std::atomic<bool> stop_{false};
};

}  // namespace dialplane::dpdk
