// SPDX-License-Identifier: Apache-2.0
// Next hops of ports that have no exception interface, taken from the file alone. Build or control thread.
#include "dialplane/snapshot/next_hops.hpp"

namespace dialplane::snapshot {
namespace {

std::size_t position_of(const config::Config& config, const std::string& name) {
  std::size_t at = 0;
  while (at < config.ports.size() && config.ports[at].name != name) ++at;
  return at;
}

}  // namespace

HopEntries static_hops(const config::Config& config) {
  HopEntries hops;
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const auto& port = config.ports[i];
    if (!port.exception.empty()) continue;
    const PortIndex index(static_cast<std::uint16_t>(i));
    for (const auto& address : port.addresses) hops.routes.push_back({address, index, {}});
    for (const auto& route : port.routes) hops.routes.push_back({route.prefix, index, route.via});
  }
  for (const auto& neighbor : config.neighbors) {
    const auto at = position_of(config, neighbor.port);
    if (at == config.ports.size()) continue;
    hops.neighbors.push_back({PortIndex(static_cast<std::uint16_t>(at)), neighbor.address, neighbor.mac});
  }
  return hops;
}

}  // namespace dialplane::snapshot
