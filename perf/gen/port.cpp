// SPDX-License-Identifier: Apache-2.0
// Ports by name, alike for PCI and virtual devices.
#include "port.hpp"

#include <fmt/format.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <chrono>
#include <thread>

namespace dialplane::gen {
namespace {

constexpr std::uint16_t kDescriptors = 1024;
constexpr std::uint32_t kPoolCache = 512;
constexpr std::uint16_t kLinkWaitMs = 3000;

Result<void> start_port(std::uint16_t id, const std::string& device, const PacketPool& pool, std::uint16_t mtu) {
  const auto check = [&](int code, const char* what) -> Result<void> {
    if (code >= 0) return {};
    return fail(fmt::format("{}: {} failed: {}", device, what, rte_strerror(-code)));
  };
  rte_eth_dev_info info{};
  if (auto done = check(rte_eth_dev_info_get(id, &info), "asking for its abilities"); !done) return done;
  rte_eth_conf configuration{};
  if (auto done = check(rte_eth_dev_configure(id, 1, 1, &configuration), "configuring"); !done) return done;
  // Not every driver has an MTU to set; what it cannot carry it refuses when sending.
  (void)rte_eth_dev_set_mtu(id, mtu);
  std::uint16_t rx = kDescriptors;
  std::uint16_t tx = kDescriptors;
  if (auto done = check(rte_eth_dev_adjust_nb_rx_tx_desc(id, &rx, &tx), "sizing its queues"); !done) return done;
  const auto socket = rte_eth_dev_socket_id(id);
  const auto node = socket < 0 ? static_cast<unsigned>(SOCKET_ID_ANY) : static_cast<unsigned>(socket);
  if (auto done = check(rte_eth_rx_queue_setup(id, 0, rx, node, nullptr, pool.get()), "its receive queue"); !done) {
    return done;
  }
  if (auto done = check(rte_eth_tx_queue_setup(id, 0, tx, node, nullptr), "its transmit queue"); !done) return done;
  if (auto done = check(rte_eth_dev_start(id), "starting"); !done) return done;
  (void)rte_eth_promiscuous_enable(id);
  return {};
}

void wait_for_link(std::uint16_t id) {
  rte_eth_link link{};
  for (int waited_ms = 0; waited_ms < kLinkWaitMs; waited_ms += 10) {
    if (rte_eth_link_get_nowait(id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

Result<PacketPool> PacketPool::make(std::uint32_t buffers) {
  // Not the default ring: there a loop that loses its CPU in the middle of an operation stalls the other one.
  auto* pool = rte_pktmbuf_pool_create_by_ops("dialplane-gen", buffers, kPoolCache, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                              static_cast<int>(rte_socket_id()), "ring_mt_rts");
  if (pool == nullptr)
    return fail(fmt::format("no memory for {} packet buffers: {}", buffers, rte_strerror(rte_errno)));
  return PacketPool(pool);
}

PacketPool::PacketPool(PacketPool&& other) noexcept : pool_(other.pool_) { other.pool_ = nullptr; }

PacketPool::~PacketPool() { rte_mempool_free(pool_); }

Result<std::unique_ptr<Port>> Port::open(const std::string& device, const PacketPool& pool, std::uint16_t mtu) {
  if (const auto code = rte_dev_probe(device.c_str()); code < 0) {
    return fail(fmt::format("{}: no such device, or its driver refused it: {}", device, rte_strerror(-code)));
  }
  const auto name = device.substr(0, device.find(','));
  std::uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) {
    return fail(fmt::format("{}: the device came up without a port", device));
  }
  std::unique_ptr<Port> port(new Port(id));
  if (auto started = start_port(id, device, pool, mtu); !started) return tl::unexpected(started.error());
  wait_for_link(id);
  return port;
}

Port::~Port() {
  (void)rte_eth_dev_stop(id_);
  (void)rte_eth_dev_close(id_);
}

std::uint64_t Port::missed() const noexcept {
  rte_eth_stats stats{};
  if (rte_eth_stats_get(id_, &stats) != 0) return 0;
  return stats.imissed + stats.ierrors + stats.rx_nombuf;
}

}  // namespace dialplane::gen
