// SPDX-License-Identifier: Apache-2.0
// Longest prefix match and neighbour lookup. Built on the control thread; find() runs on workers.
#include "dialplane/snapshot/next_hops.hpp"

#include "prefixes.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

namespace dialplane::snapshot {
namespace {

/// Later entries win: of each destination only the last is kept, longest prefixes first.
std::vector<RouteEntry> sorted_routes(std::vector<RouteEntry> routes) {
  for (RouteEntry& route : routes) route.prefix = normal(route.prefix);
  std::ranges::reverse(routes);
  std::ranges::stable_sort(routes, [](const RouteEntry& a, const RouteEntry& b) {
    return a.prefix.length != b.prefix.length ? a.prefix.length > b.prefix.length : a.prefix.ip < b.prefix.ip;
  });
  const auto same_prefix = [](const RouteEntry& a, const RouteEntry& b) { return a.prefix == b.prefix; };
  routes.erase(std::unique(routes.begin(), routes.end(), same_prefix), routes.end());
  return routes;
}

std::vector<NeighborEntry> last_of_each(const std::vector<NeighborEntry>& neighbors) {
  std::map<std::pair<PortIndex, IpAddress>, MacAddress> last;
  for (const NeighborEntry& entry : neighbors) last[{entry.port, entry.address}] = entry.mac;
  std::vector<NeighborEntry> result;
  result.reserve(last.size());
  for (const auto& [key, mac] : last) result.push_back({key.first, key.second, mac});
  return result;
}

}  // namespace

std::size_t NextHopTable::route_to(const IpAddress& destination) const noexcept {
  const auto found =
      std::ranges::find_if(routes_, [&](const RouteEntry& route) { return route.prefix.contains(destination); });
  return static_cast<std::size_t>(found - routes_.begin());
}

NextHopTable::NextHopTable(std::vector<RouteEntry> routes, std::vector<NeighborEntry> neighbors)
    : routes_(sorted_routes(std::move(routes))), neighbors_(last_of_each(neighbors)) {
  for (const RouteEntry& route : routes_) gateways_.push_back(gateway_of(route));
  // At most half full, so that a probe for an absent neighbour ends soon; never without a free one.
  buckets_.assign(std::bit_ceil(2 * neighbors_.size() + 1), 0);
  for (std::size_t i = 0; i < neighbors_.size(); ++i) {
    const auto route = route_to(neighbors_[i].address);
    if (route == routes_.size() || !routes_[route].gateway.is_none() || routes_[route].port != neighbors_[i].port) {
      continue;
    }
    std::size_t at = bucket_hash(neighbors_[i].address) & (buckets_.size() - 1);
    while (buckets_[at] != 0) at = (at + 1) & (buckets_.size() - 1);
    buckets_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

std::uint32_t NextHopTable::gateway_of(const RouteEntry& route) const noexcept {
  const auto key = [](const NeighborEntry& entry) { return std::pair(entry.port, entry.address); };
  const auto wanted = std::pair(route.port, route.gateway);
  const auto found = std::ranges::lower_bound(neighbors_, wanted, {}, key);
  const bool is_known = found != neighbors_.end() && key(*found) == wanted;
  return is_known ? static_cast<std::uint32_t>(found - neighbors_.begin() + 1) : 0;
}

NextHopTable::Hop NextHopTable::find(const IpAddress& destination) const noexcept {
  using Status = Hop::Status;
  for (std::size_t at = bucket_hash(destination);; ++at) {
    const std::uint32_t entry = buckets_[at & (buckets_.size() - 1)];
    if (entry == 0) break;
    const auto& to = neighbors_[entry - 1];
    if (to.address == destination) return {Status::kResolved, to.port, to.address, to.mac};
  }
  const auto at = route_to(destination);
  if (at == routes_.size()) return {};
  const auto& route = routes_[at];
  if (const auto gateway = gateways_[at]; gateway != 0) {
    return {Status::kResolved, route.port, route.gateway, neighbors_[gateway - 1].mac};
  }
  return {Status::kNoNeighbor, route.port, route.gateway.is_none() ? destination : route.gateway, {}};
}

}  // namespace dialplane::snapshot
