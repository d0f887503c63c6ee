// SPDX-License-Identifier: Apache-2.0
// The transmit gate: the last look at a frame, its queue, and the terminal it ends with. One per worker, run by it.
#pragma once

#include "ring.hpp"

#include "dialplane/base/bytes.hpp"
#include "dialplane/base/ids.hpp"
#include "dialplane/net/frame.hpp"
#include "dialplane/pipeline/pipeline.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace dialplane::dpdk {

/// How one worker reaches the wire on one port.
struct Outlet {
  bool used = false;         ///< the port exists
  std::uint16_t mtu = 0;     ///< of the port
  std::uint16_t device = 0;  ///< through an own queue …
  std::uint16_t queue = 0;
  FrameRing* ring = nullptr;  ///< … or through the worker that owns one
};

class Transmitter {
 public:
  Transmitter(pipeline::WorkerContext& context, rte_mempool& pool) noexcept : context_(context), pool_(pool) {}

  /// Thread: control, before launch.
  void connect(PortIndex port, const Outlet& outlet) noexcept { outlets_[port.value] = outlet; }

  /// Takes a frame of this worker's to the wire, the owner of the queue, or its drop. Frames for an own queue wait for
  /// flush() or a full burst.
  void send(rte_mbuf* frame, PortIndex port, pipeline::Terminal terminal) noexcept;
  /// Copies an IPv4 frame of our own making (no tag, no options) to the wire, in fragments if it is over the MTU. It
  /// ends in one terminal however many frames it takes.
  void send_copy(ByteSpan frame, PortIndex port, pipeline::Terminal terminal) noexcept;
  /// True if a frame of this length has to be cut up to leave by `port`.
  [[nodiscard]] bool is_over_mtu(std::uint32_t length, PortIndex port) const noexcept {
    return is_used(port) && length > std::uint32_t{outlets_[port.value].mtu} + net::kEthernetHeader;
  }
  /// Takes a frame another worker handed over: it has passed the gate there and carries its tag.
  void send_handed(rte_mbuf* frame) noexcept;
  /// Sends what waits on every port.
  void flush() noexcept;

 private:
  struct Burst {
    std::array<rte_mbuf*, pipeline::kBatchSize> frames;
    std::array<pipeline::Terminal, pipeline::kBatchSize> terminals;
    std::uint16_t count = 0;
  };
  [[nodiscard]] bool is_used(PortIndex port) const noexcept {
    return port.value < kMaxPorts && outlets_[port.value].used;
  }
  void place(rte_mbuf** frames, std::size_t count, PortIndex port, pipeline::Terminal terminal) noexcept;
  rte_mbuf* pass_gate(rte_mbuf* frame, const Outlet& outlet) noexcept;
  rte_mbuf* copy(const rte_mbuf* frame) noexcept;
  void append(rte_mbuf* frame, PortIndex port, pipeline::Terminal terminal) noexcept;
  void flush_port(PortIndex port) noexcept;
  void drop(rte_mbuf* frame, pipeline::DropReason reason) noexcept;

  pipeline::WorkerContext& context_;
  rte_mempool& pool_;
  std::array<Outlet, kMaxPorts> outlets_{};
  std::array<Burst, kMaxPorts> bursts_{};
  std::uint32_t waiting_ = 0;  ///< bit i: port i has frames in its burst
};

}  // namespace dialplane::dpdk
