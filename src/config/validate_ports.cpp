// SPDX-License-Identifier: Apache-2.0
// Checks of ports, their routes and fixed neighbours: could a packet be sent at all? Build or control thread.
#include "checks.hpp"
#include "values.hpp"

#include <algorithm>

namespace dialplane::config {
namespace {

/// A gateway must be on a network of the port, or be one of its fixed neighbours.
bool is_on_link(const Config& config, const Port& port, const IpAddress& gateway) {
  // The port it is reached through is all that a link-local gateway needs.
  if (is_link_local(gateway)) return true;
  const auto holds = [&](const Prefix& prefix) { return prefix.contains(gateway); };
  return std::ranges::any_of(port.addresses, holds) ||
         std::ranges::any_of(port.routes,
                             [&](const Route& route) { return route.via.is_none() && holds(route.prefix); }) ||
         std::ranges::any_of(config.neighbors, [&](const Neighbor& neighbor) {
           return neighbor.port == port.name && neighbor.address == gateway;
         });
}

void check_routes(const Checks& checks, const Port& port, const std::string& path) {
  for (std::size_t i = 0; i < port.routes.size(); ++i) {
    const Route& route = port.routes[i];
    if (route.via.is_none() || is_on_link(checks.config, port, route.via)) continue;
    checks.add(fmt::format("{}.routes[{}]", path, i),
               fmt::format("gateway {} is not on a network of port \"{}\"", route.via.to_string(), port.name),
               "give a gateway within one of the port's `addresses`");
  }
}

/// A neighbour whose port is mistyped, which is told elsewhere, may be meant for any.
bool may_be_on(const Config& config, const Neighbor& neighbor, const Port& port) {
  return neighbor.port == port.name ||
         std::ranges::none_of(config.ports, [&](const Port& other) { return other.name == neighbor.port; });
}

/// Without an exception interface the kernel tells us nothing: everything must be in the file.
void check_reach(const Checks& checks, const Port& port, const std::string& path) {
  // A port without a name has a mistake to mend first.
  if (checks.where.has(path + ".exception") || port.name.empty()) return;
  const bool has_neighbor = std::ranges::any_of(
      checks.config.neighbors, [&](const Neighbor& neighbor) { return may_be_on(checks.config, neighbor, port); });
  const bool has_route = checks.where.has(path + ".routes") || checks.where.has(path + ".addresses");
  if (has_neighbor && has_route) return;
  checks.add(path,
             fmt::format("nothing could be sent on port \"{}\": it has no exception interface and no {}", port.name,
                         has_neighbor ? "route" : "neighbor"),
             has_neighbor ? "add `exception`, or `routes` to the neighbors" : "add `exception`, or a [[neighbor]]");
}

void check_devices(const Checks& checks, const Port& port, const std::string& path, Duplicates& devices) {
  for (std::size_t i = 0; i < port.devices.size(); ++i) {
    devices.use(port.devices[i], fmt::format("{}.device[{}]", path, i));
  }
  const std::size_t workers = checks.config.runtime.worker_cpus.size();
  if (workers == 0 || port.devices.size() <= workers) return;
  checks.add(fmt::format("{}.device[{}]", path, workers), "nobody would read this queue: there are fewer workers",
             fmt::format("give at most {} devices, or more `worker_cpus`", workers));
}

void check_neighbors(const Checks& checks) {
  const std::vector<std::string_view> ports = names_of(checks.config.ports);
  Duplicates addresses(checks, "neighbor", "give one Ethernet address for each neighbor of a port");
  for (std::size_t i = 0; i < checks.config.neighbors.size(); ++i) {
    const Neighbor& neighbor = checks.config.neighbors[i];
    const std::string path = fmt::format("neighbor[{}]", i);
    if (!neighbor.port.empty()) checks.refuse_unknown("port", neighbor.port, ports, path + ".port");
    if (neighbor.address.is_none()) continue;
    addresses.use(fmt::format("{} on {}", neighbor.address.to_string(), neighbor.port), path + ".address");
  }
}

}  // namespace

void check_ports(const Checks& checks) {
  const std::vector<Port>& ports = checks.config.ports;
  if (ports.size() > kMaxPorts) {
    checks.add(fmt::format("port[{}]", kMaxPorts), "there are too many ports",
               fmt::format("give at most {}", kMaxPorts));
  }
  Duplicates names(checks, "port name", "give each port its own name");
  Duplicates interfaces(checks, "interface", "give each port its own exception interface");
  Duplicates devices(checks, "device", "use each device once");
  Duplicates addresses(checks, "interface address", "give each address to one port");
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const Port& port = ports[i];
    const std::string path = fmt::format("port[{}]", i);
    names.use(port.name, path + ".name");
    interfaces.use(port.exception, path + ".exception");
    for (std::size_t a = 0; a < port.addresses.size(); ++a) {
      addresses.use(port.addresses[a].ip.to_string(), fmt::format("{}.addresses[{}]", path, a));
    }
    check_devices(checks, port, path, devices);
    check_routes(checks, port, path);
    check_reach(checks, port, path);
  }
  check_neighbors(checks);
}

}  // namespace dialplane::config
