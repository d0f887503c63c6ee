// SPDX-License-Identifier: Apache-2.0
// Longest prefix match and neighbour lookup. Built on the control thread; find() runs on workers.
#include "dialplane/snapshot/next_hops.hpp"

#include "prefixes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <utility>

namespace dialplane::snapshot {
namespace {

/// Neighbours come from our own networks, so the hash needs no key: it only has to spread them.
std::size_t bucket_hash(PortIndex port, const IpAddress& address) noexcept {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), address.bytes().data(), sizeof(words));
  std::uint64_t hash = (words[0] ^ port.value) * kOdd;
  hash = (std::rotl(hash, 29) ^ words[1]) * kOdd;
  return static_cast<std::size_t>(hash ^ (hash >> 32));
}

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

NextHopTable::NextHopTable(std::vector<RouteEntry> routes, std::vector<NeighborEntry> neighbors)
    : routes_(sorted_routes(std::move(routes))), neighbors_(last_of_each(neighbors)) {
  if (neighbors_.empty()) return;
  // At most half full, so that a probe for an absent neighbour ends soon.
  buckets_.resize(std::bit_ceil(2 * neighbors_.size()));
  for (std::size_t i = 0; i < neighbors_.size(); ++i) {
    std::size_t at = bucket_hash(neighbors_[i].port, neighbors_[i].address) & (buckets_.size() - 1);
    while (buckets_[at] != 0) at = (at + 1) & (buckets_.size() - 1);
    buckets_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

NextHopTable::Hop NextHopTable::find(const IpAddress& destination) const noexcept {
  Hop hop;
  const auto route =
      std::ranges::find_if(routes_, [&](const RouteEntry& entry) { return entry.prefix.contains(destination); });
  if (route == routes_.end()) return hop;
  hop.status = Hop::Status::kNoNeighbor;
  hop.port = route->port;
  hop.next = route->gateway.is_none() ? destination : route->gateway;
  if (buckets_.empty()) return hop;
  for (std::size_t at = bucket_hash(hop.port, hop.next);; ++at) {
    const std::uint32_t entry = buckets_[at & (buckets_.size() - 1)];
    if (entry == 0) return hop;
    const NeighborEntry& neighbor = neighbors_[entry - 1];
    if (neighbor.port != hop.port || neighbor.address != hop.next) continue;
    hop.status = Hop::Status::kResolved;
    hop.mac = neighbor.mac;
    return hop;
  }
}

}  // namespace dialplane::snapshot
