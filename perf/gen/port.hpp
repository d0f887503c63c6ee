// SPDX-License-Identifier: Apache-2.0
// One DPDK port with a single queue each way, and the packet buffers of the generator. Opened and closed by the main
// thread; used by one loop for each direction.
#pragma once

#include "dialplane/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>

struct rte_mempool;

namespace dialplane::gen {

/// Packet buffers; freed with the object.
class PacketPool {
 public:
  static Result<PacketPool> make(std::uint32_t buffers);
  PacketPool(PacketPool&& other) noexcept;
  PacketPool& operator=(PacketPool&&) = delete;
  ~PacketPool();
  [[nodiscard]] rte_mempool* get() const noexcept { return pool_; }

 private:
  explicit PacketPool(rte_mempool* pool) : pool_(pool) {}
  rte_mempool* pool_;
};

class Port {
 public:
  /// Probes `device` (a vdev string such as net_memif0,role=client or a PCI address), configures and starts it, and
  /// waits up to three seconds for its link.
  /// Errors: what failed, with the device's name. Lifetime: `pool` must outlive the port.
  static Result<std::unique_ptr<Port>> open(const std::string& device, const PacketPool& pool, std::uint16_t mtu);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] std::uint16_t id() const noexcept { return id_; }
  /// Packets the driver itself says it lost on receive: shown beside the counts, never mixed with them.
  [[nodiscard]] std::uint64_t missed() const noexcept;

 private:
  explicit Port(std::uint16_t id) : id_(id) {}
  std::uint16_t id_;
};

}  // namespace dialplane::gen
