// SPDX-License-Identifier: Apache-2.0
// One `[[port]]`: probe, configure, start, stop. Control thread.
#include "port.hpp"

#include "device_string.hpp"
#include "eal_log.hpp"
#include "interface_state.hpp"
#include "plan.hpp"

#include <fmt/format.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>

namespace dialplane::dpdk {
namespace {

/// The port of the device named `name`; nullopt if no driver took it.
std::optional<std::uint16_t> find_port(const std::string& name) {
  std::uint16_t id = 0;
  RTE_ETH_FOREACH_DEV(id) {
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(id, &info) == 0 && info.device != nullptr && name == rte_dev_name(info.device)) return id;
  }
  return std::nullopt;
}

rte_eth_conf port_conf(const rte_eth_dev_info& info, std::uint16_t mtu, std::uint16_t queues) {
  rte_eth_conf conf{};
  conf.rxmode.mtu = mtu;
  if (queues > 1 && info.flow_type_rss_offloads != 0) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf =
        info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP);
  }
  // The transmit gate promises what this offload asks for: one pool, one reference.
  conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
  return conf;
}

}  // namespace

std::string Port::about(const DeviceState& device, const std::string& what, int error) const {
  return with_eal_error(fmt::format("port {}: {}: {}: {}", config_.name, device.devargs, what,
                                    std::strerror(error < 0 ? -error : error)));
}

Result<std::unique_ptr<Port>> Port::probe(const config::Port& config, std::size_t workers) {
  if (config.mtu > kMostMtu)
    return fail(fmt::format("port {}: an MTU of {} does not fit a packet buffer; at most {} does", config.name,
                            config.mtu, kMostMtu));
  std::unique_ptr<Port> port(new Port(config));
  const std::size_t wanted = config.devices.size() == 1 ? workers : 1;
  for (const auto& text : config.devices)
    if (auto added = port->add_device(text, wanted); !added) return tl::unexpected(added.error());
  if (auto enough = port->check_queues(); !enough) return tl::unexpected(enough.error());
  return port;
}

Result<void> Port::check_queues() const {
  std::map<std::string, std::uint32_t> served;
  for (const auto& device : devices_)
    if (device.name.rfind("net_af_xdp", 0) == 0) served[device.interface] += device.queues;
  for (const auto& [interface, count] : served) {
    const auto queues = receive_queues(interface);
    if (queues != 0 && queues < count)
      return fail(
          fmt::format("port {}: {} queues of interface {} are asked for and it has {}; run `ethtool -L {} rx {} tx {}`",
                      config_.name, count, interface, queues, interface, count, count));
    if (queues > count)
      fmt::print(stderr,
                 "dpdk: port {}: interface {} has {} receive queues and {} served; what arrives on the others is lost; "
                 "run `ethtool -L {} rx {} tx {}` or list more devices\n",
                 config_.name, interface, queues, count == 1 ? "1 is" : fmt::format("{} are", count), interface, count,
                 count);
  }
  return {};
}

Result<void> Port::add_device(const std::string& text, std::size_t wanted_queues) {
  const auto parsed = parse_device(text);
  if (!parsed) return fail(fmt::format("port {}: {}", config_.name, parsed.error().text));
  if (find_port(parsed->name))
    return fail(fmt::format("port {}: the device name {} is used twice; give each vdev its own number", config_.name,
                            parsed->name));
  DeviceState device;
  if (!parsed->interface.empty()) {
    const auto mtu = check_interface(parsed->interface);
    if (!mtu) return fail(fmt::format("port {}: {}", config_.name, mtu.error().text));
    device.borrowed_mtu = *mtu;
    device.interface = parsed->interface;
  }
  device.name = parsed->name;
  device.devargs = parsed->devargs;
  clear_eal_error();
  if (const int probed = rte_dev_probe(device.devargs.c_str()); probed != 0)
    return fail(about(device, "the device could not be opened", probed));
  const auto id = find_port(device.name);
  if (!id)
    return fail(with_eal_error(fmt::format("port {}: no network driver took {}; a PCI device must be bound to vfio-pci",
                                           config_.name, device.devargs)));
  device.id = *id;
  rte_eth_dev_info info{};
  rte_eth_dev_info_get(device.id, &info);
  const std::size_t offered = std::min(info.max_rx_queues, info.max_tx_queues);
  device.queues =
      static_cast<std::uint16_t>(std::clamp<std::size_t>(wanted_queues, 1, std::max<std::size_t>(offered, 1)));
  for (std::uint16_t queue = 0; queue < device.queues; ++queue) queues_.push_back({device.id, queue});
  devices_.push_back(device);
  return {};
}

Result<void> Port::start(rte_mempool& pool, std::uint16_t descriptors) {
  for (auto& device : devices_)
    if (auto started = start_device(device, pool, descriptors); !started) return started;
  return {};
}

Result<void> Port::start_device(DeviceState& device, rte_mempool& pool, std::uint16_t descriptors) {
  clear_eal_error();
  rte_eth_dev_info info{};
  if (const int got = rte_eth_dev_info_get(device.id, &info); got != 0)
    return fail(about(device, "no information about the device", got));
  const auto conf = port_conf(info, config_.mtu, device.queues);
  if (const int done = rte_eth_dev_configure(device.id, device.queues, device.queues, &conf); done != 0)
    return fail(
        about(device, fmt::format("cannot configure {} queues with an MTU of {}", device.queues, config_.mtu), done));
  std::uint16_t rx_length = descriptors, tx_length = descriptors;
  if (const int done = rte_eth_dev_adjust_nb_rx_tx_desc(device.id, &rx_length, &tx_length); done != 0)
    return fail(about(device, "no ring length suits the device", done));
  rte_eth_txconf tx_conf = info.default_txconf;
  tx_conf.offloads = conf.txmode.offloads;
  for (std::uint16_t queue = 0; queue < device.queues; ++queue) {
    if (const int done = rte_eth_rx_queue_setup(device.id, queue, rx_length, SOCKET_ID_ANY, nullptr, &pool); done != 0)
      return fail(about(device, fmt::format("receive queue {} could not be set up", queue), done));
    if (const int done = rte_eth_tx_queue_setup(device.id, queue, tx_length, SOCKET_ID_ANY, &tx_conf); done != 0)
      return fail(about(device, fmt::format("transmit queue {} could not be set up", queue), done));
  }
  if (auto set = set_mtu(device); !set) return set;
  if (const int done = rte_eth_dev_start(device.id); done != 0)
    return fail(about(device, "the device did not start", done));
  device.started = true;
  receive_multicast(device);
  return {};
}

Result<void> Port::set_mtu(const DeviceState& device) const {
  if (device.borrowed_mtu == config_.mtu) return {};
  const int done = rte_eth_dev_set_mtu(device.id, config_.mtu);
  if (done == 0 || done == -ENOTSUP) return {};
  return fail(about(device, fmt::format("the MTU cannot be {}", config_.mtu), done));
}

void Port::receive_multicast(DeviceState& device) {
  // Neighbour discovery and routing protocols arrive as multicast. Where the driver cannot take just that, the kernel
  // interface under it can; taking everything would bring frames for other hosts that a switch floods.
  if (rte_eth_allmulticast_enable(device.id) == 0) return;
  if (!device.interface.empty()) {
    if (const auto changed = set_all_multicast(device.interface, true)) {
      device.all_multicast = *changed;
      return;
    }
  }
  if (rte_eth_promiscuous_get(device.id) == 1) return;
  device.promiscuous = rte_eth_promiscuous_enable(device.id) == 0;
}

void Port::give_back(const DeviceState& device) const {
  if (device.promiscuous) rte_eth_promiscuous_disable(device.id);
  if (device.all_multicast) set_all_multicast(device.interface, false);
  if (device.started && device.borrowed_mtu != 0 && device.borrowed_mtu != config_.mtu)
    rte_eth_dev_set_mtu(device.id, device.borrowed_mtu);
}

void Port::stop() {
  for (auto& device : devices_) {
    rte_eth_dev_info info{};
    rte_device* handle = rte_eth_dev_info_get(device.id, &info) == 0 ? info.device : nullptr;
    give_back(device);
    if (device.started) rte_eth_dev_stop(device.id);
    rte_eth_dev_close(device.id);
    if (handle != nullptr) rte_dev_remove(handle);
  }
  devices_.clear();
}

Port::~Port() { stop(); }

pipeline::PortStatus Port::status() const {
  pipeline::PortStatus status;
  status.name = config_.name;
  status.devices = config_.devices;
  status.mtu = config_.mtu;
  status.queues = static_cast<std::uint16_t>(queues_.size());
  status.link_up = !devices_.empty();
  for (const auto& device : devices_) {
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(device.id, &info) == 0 && status.driver.empty()) {
      status.driver = info.driver_name;
      rte_ether_addr mac{};
      if (rte_eth_macaddr_get(device.id, &mac) == 0) std::copy_n(mac.addr_bytes, 6, status.mac.bytes.begin());
    }
    // Drivers over kernel interfaces call their link up for good once they have started.
    rte_eth_link link{};
    const bool is_up = device.interface.empty()
                           ? rte_eth_link_get_nowait(device.id, &link) == 0 && link.link_status != RTE_ETH_LINK_DOWN
                           : has_link(device.interface);
    status.link_up = status.link_up && is_up;
    rte_eth_stats stats{};
    if (rte_eth_stats_get(device.id, &stats) != 0) continue;
    status.rx_packets += stats.ipackets;
    status.tx_packets += stats.opackets;
    status.rx_missed += stats.imissed;
    status.rx_errors += stats.ierrors;
    status.rx_nobuf += stats.rx_nombuf;
    status.tx_errors += stats.oerrors;
  }
  return status;
}

}  // namespace dialplane::dpdk
