// SPDX-License-Identifier: Apache-2.0
// Exception interfaces: set-up over rtnetlink, listener addresses, frames both ways. Control thread.
#include "exception_interfaces.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace dialplane::control {

namespace {

/// Frames read from one interface in a turn: at 64 the turn stays well below a millisecond.
constexpr int kFramesPerTurn = 64;

bool is_served(const config::Listener& listener, const std::string& port) {
  return listener.ports.empty() ||
         std::find(listener.ports.begin(), listener.ports.end(), port) != listener.ports.end();
}

Prefix host_prefix(const IpAddress& address) {
  return {address, static_cast<std::uint8_t>(address.is_v6() ? 128 : 32)};
}

/// The link-local address that goes with a MAC address. Source: RFC 4291 §2.5.6, appendix A.
Prefix link_local(const MacAddress& mac) {
  const auto& b = mac.bytes;
  const auto inverted = static_cast<std::uint8_t>(b[0] ^ 2);
  return {IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, inverted, b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]}), 64};
}

/// Where the system keeps IPv6 off new interfaces, this one needs it all the same; what fails here shows when the
/// address is added. Addresses and routes are the file's to name: a router advertisement, which any host of the network
/// can send, would add more.
void allow_ipv6(const std::string& interface) {
  const auto settings = "/proc/sys/net/ipv6/conf/" + interface;
  std::ofstream(settings + "/accept_ra") << "0\n";
  std::ofstream(settings + "/disable_ipv6") << "0\n";
}

std::set<IpAddress> wanted_addresses(const config::Config& config, const ExceptionInterface& interface) {
  std::set<IpAddress> wanted;
  const auto& port = config.ports[interface.port.value].name;
  for (const auto& listener : config.listeners) {
    const auto& ip = listener.address.ip;
    if (is_served(listener, port) && !interface.own_addresses.contains(ip)) wanted.insert(ip);
  }
  // Backends must find the way back to whatever interface their network is behind.
  for (const auto& source : config.node.probe_source) {
    const bool is_of_a_port = std::ranges::any_of(config.ports, [&](const config::Port& other) {
      return std::ranges::find(other.addresses, source.ip, &Prefix::ip) != other.addresses.end();
    });
    if (!is_of_a_port) wanted.insert(source.ip);
  }
  return wanted;
}

}  // namespace

Result<void> ExceptionInterfaces::require(netlink::Message message, const ExceptionInterface& interface,
                                          const std::string& step) {
  const int error = requests_.request(message);
  if (error == 0) return {};
  return fail(
      fmt::format("exception interface `{}`: cannot {}: {}", interface.name, step, netlink::explain_errno(error)));
}

Result<void> ExceptionInterfaces::prepare_for(ExceptionInterface& interface, const IpAddress& address) {
  if (!address.is_v6() || interface.has_link_local) return {};
  allow_ipv6(interface.name);
  const auto own = link_local(interface.mac);
  auto done = require(netlink::add_address(interface.tap.ifindex(), own), interface,
                      "add link-local address " + own.to_string());
  interface.has_link_local = done.has_value();
  return done;
}

Result<void> ExceptionInterfaces::add_address(ExceptionInterface& interface, const Prefix& address,
                                              const std::string& what) {
  if (auto done = prepare_for(interface, address.ip); !done) return done;
  return require(netlink::add_address(interface.tap.ifindex(), address), interface,
                 fmt::format("add {} {}", what, address.to_string()));
}

Result<void> ExceptionInterfaces::create(const config::Config& config) {
  const auto statuses = data_plane_.ports();
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const auto& port = config.ports[i];
    if (port.exception.empty()) continue;
    if (i >= statuses.size()) return fail(fmt::format("port `{}`: the data plane does not know it", port.name));
    auto tap = Tap::create(port.exception);
    if (!tap) return tl::unexpected(tap.error());
    auto interface = std::make_unique<ExceptionInterface>(ExceptionInterface{
        PortIndex(static_cast<std::uint16_t>(i)), port.exception, std::move(*tap), statuses[i].mac, {}, {}});
    if (auto done = set_up(*interface, port, statuses[i]); !done) return done;
    interfaces_.push_back(std::move(interface));
  }
  return add_listener_addresses(config);
}

Result<void> ExceptionInterfaces::set_up(ExceptionInterface& interface, const config::Port& port,
                                         const pipeline::PortStatus& status) {
  const int ifindex = interface.tap.ifindex();
  if (auto done = require(netlink::set_link(ifindex, status.mac, port.mtu), interface,
                          fmt::format("take MAC {} and MTU {}", status.mac.to_string(), port.mtu));
      !done) {
    return done;
  }
  // Fails where the kernel has no IPv6, which is as good.
  auto quiet = netlink::set_no_link_local(ifindex);
  static_cast<void>(requests_.request(quiet));
  if (auto done = require(netlink::set_link_up(ifindex), interface, "be set up"); !done) return done;
  for (const auto& address : port.addresses) {
    if (auto done = add_address(interface, address, "address"); !done) return done;
    interface.own_addresses.insert(address.ip);
  }
  for (const auto& route : port.routes) {
    if (auto done = prepare_for(interface, route.prefix.ip); !done) return done;
    const auto text = route.prefix.to_string() + (route.via.is_none() ? "" : " via " + route.via.to_string());
    auto done = require(netlink::add_route(ifindex, route.prefix, route.via), interface, "add route " + text);
    if (!done) return done;
  }
  spdlog::info("exception interface {} serves port {}: MAC {}, MTU {}", interface.name, port.name,
               status.mac.to_string(), port.mtu);
  return {};
}

Result<void> ExceptionInterfaces::add_listener_addresses(const config::Config& config) {
  std::vector<std::pair<ExceptionInterface*, IpAddress>> added;
  for (const auto& interface : interfaces_) {
    for (const auto& address : wanted_addresses(config, *interface)) {
      if (interface->listener_addresses.contains(address)) continue;
      const auto prefix = host_prefix(address);
      auto done = add_address(*interface, prefix, "listener address");
      if (!done) {
        for (auto& [where, which] : added) {
          auto undo = netlink::delete_address(where->tap.ifindex(), host_prefix(which));
          static_cast<void>(requests_.request(undo));
          where->listener_addresses.erase(which);
        }
        return done;
      }
      interface->listener_addresses.insert(address);
      added.emplace_back(interface.get(), address);
    }
  }
  return {};
}

void ExceptionInterfaces::remove_other_addresses(const config::Config& config) {
  for (const auto& interface : interfaces_) {
    const auto wanted = wanted_addresses(config, *interface);
    std::erase_if(interface->listener_addresses, [&](const IpAddress& address) {
      if (wanted.contains(address)) return false;
      auto done = require(netlink::delete_address(interface->tap.ifindex(), host_prefix(address)), *interface,
                          "remove listener address " + address.to_string());
      if (!done) spdlog::warn("{}", done.error().text);
      return true;
    });
  }
}

std::size_t ExceptionInterfaces::carry_punted(std::size_t budget) {
  return data_plane_.drain_punted(budget, [this](PortIndex port, pipeline::PuntLane lane, ByteSpan frame) {
    if (lane == pipeline::PuntLane::kControl && control_sink_ && control_sink_(port, frame)) return;
    const auto at =
        std::find_if(interfaces_.begin(), interfaces_.end(), [&](const auto& i) { return i->port == port; });
    if (at == interfaces_.end()) return;
    ++((*at)->tap.write(frame) ? (*at)->to_kernel : (*at)->to_kernel_lost);
  });
}

void ExceptionInterfaces::carry_from_kernel(ExceptionInterface& from) {
  for (int i = 0; i < kFramesPerTurn; ++i) {
    const auto length = from.tap.read(frame_);
    if (length == 0) return;
    ++(data_plane_.inject(from.port, {frame_.data(), length}) ? from.from_kernel : from.from_kernel_lost);
  }
}

const ExceptionInterface* ExceptionInterfaces::find(PortIndex port) const noexcept {
  const auto at = std::find_if(interfaces_.begin(), interfaces_.end(), [&](const auto& i) { return i->port == port; });
  return at == interfaces_.end() ? nullptr : at->get();
}

}  // namespace dialplane::control
