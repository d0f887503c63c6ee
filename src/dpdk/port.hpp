// SPDX-License-Identifier: Apache-2.0
// One `[[port]]`: its DPDK devices, their queues, start and stop. Control thread.
#pragma once

#include "dialplane/base/result.hpp"
#include "dialplane/config/config.hpp"
#include "dialplane/pipeline/data_plane.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct rte_mempool;

namespace dialplane::dpdk {

/// One receive and transmit queue, as DPDK numbers it.
struct Queue {
  std::uint16_t device = 0;
  std::uint16_t queue = 0;
};

/// A logical port. Several vdevs of one port are its queues in order; one device brings as many as it can and the
/// workers need.
class Port {
 public:
  /// Probes the devices of `config`. Errors: which device, why, what to do.
  static Result<std::unique_ptr<Port>> probe(const config::Port& config, std::size_t workers);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return config_.name; }
  [[nodiscard]] std::uint16_t mtu() const noexcept { return config_.mtu; }
  [[nodiscard]] bool has_exception() const noexcept { return !config_.exception.empty(); }
  [[nodiscard]] const std::vector<Queue>& queues() const noexcept { return queues_; }

  /// Configures every queue with rings of at most `descriptors` and starts the devices.
  Result<void> start(rte_mempool& pool, std::uint16_t descriptors);
  /// Stops, closes and removes the devices. Idempotent.
  void stop();

  [[nodiscard]] pipeline::PortStatus status() const;

 private:
  struct DeviceState {
    std::string name;
    std::string devargs;
    std::string interface;
    std::uint16_t id = 0;
    std::uint16_t queues = 1;
    bool started = false;
    bool promiscuous = false;        ///< by us
    bool all_multicast = false;      ///< the borrowed interface, by us
    std::uint16_t borrowed_mtu = 0;  ///< the kernel interface's own; 0: no interface is borrowed
  };
  explicit Port(const config::Port& config) : config_(config) {}
  /// Compares the queues of an AF_XDP interface with those this port serves: missing ones are an error, unserved ones
  /// a warning, since the kernel spreads frames over all of them.
  [[nodiscard]] Result<void> check_queues() const;
  /// Puts a borrowed kernel interface back as it was found.
  void give_back(const DeviceState& device) const;
  Result<void> add_device(const std::string& text, std::size_t wanted_queues);
  Result<void> start_device(DeviceState& device, rte_mempool& pool, std::uint16_t descriptors);
  Result<void> set_mtu(const DeviceState& device) const;
  void receive_multicast(DeviceState& device);
  [[nodiscard]] std::string about(const DeviceState& device, const std::string& what, int error) const;

  config::Port config_;
  std::vector<DeviceState> devices_;
  std::vector<Queue> queues_;
};

}  // namespace dialplane::dpdk
