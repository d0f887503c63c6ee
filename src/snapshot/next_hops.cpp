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

NextHopTable::Key NextHopTable::key_of(const IpAddress& address) noexcept {
  const auto words = address.words();
  return {__builtin_bswap64(words[0]), __builtin_bswap64(words[1])};
}

NextHopTable::Ranges NextHopTable::ranges_of(IpAddress::Family family) const {
  struct Nested {
    Key first;
    Key last;
    std::uint32_t route;
  };
  std::vector<Nested> prefixes;
  for (std::uint32_t i = 0; i < routes_.size(); ++i) {
    const auto& [ip, length] = routes_[i].prefix;
    if (ip.family() != family) continue;
    const auto first = key_of(ip);
    constexpr auto kAll = ~std::uint64_t{0};
    const Key host{length < 64 ? kAll >> length : 0, length <= 64 ? kAll : length < 128 ? kAll >> (length - 64) : 0};
    prefixes.push_back({first, {first.high | host.high, first.low | host.low}, i});
  }
  // An outer prefix before those inside it.
  std::ranges::sort(prefixes, [](const Nested& a, const Nested& b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });

  const auto none = static_cast<std::uint32_t>(routes_.size());
  Ranges ranges = {{{}, none}};
  const auto begin_range = [&](const Key& first, std::uint32_t route) {
    if (ranges.back().first == first) ranges.pop_back();
    ranges.push_back({first, route});
  };
  std::vector<Nested> open;
  const auto close_last = [&] {
    const auto last = open.back().last;
    open.pop_back();
    const Key next{last.high + (last.low == ~std::uint64_t{0} ? 1 : 0), last.low + 1};
    // Behind the last address there is nothing.
    if (next != Key{}) begin_range(next, open.empty() ? none : open.back().route);
  };
  for (const auto& prefix : prefixes) {
    while (!open.empty() && open.back().last < prefix.first) close_last();
    begin_range(prefix.first, prefix.route);
    open.push_back(prefix);
  }
  while (!open.empty()) close_last();
  return ranges;
}

std::size_t NextHopTable::route_to(const IpAddress& destination) const noexcept {
  if (destination.is_none()) return routes_.size();
  const Ranges& ranges = destination.is_v6() ? ranges6_ : ranges4_;
  const auto wanted = key_of(destination);
  std::size_t first = 0;
  // The range sought is among `count` from `first` on; the first of all begins at zero.
  for (std::size_t count = ranges.size(); count > 1;) {
    const std::size_t half = count / 2;
    first = ranges[first + half].first <= wanted ? first + half : first;
    count -= half;
  }
  return ranges[first].route;
}

NextHopTable::NextHopTable(std::vector<RouteEntry> routes, std::vector<NeighborEntry> neighbors)
    : routes_(sorted_routes(std::move(routes))),
      ranges4_(ranges_of(IpAddress::Family::kV4)),
      ranges6_(ranges_of(IpAddress::Family::kV6)),
      neighbors_(last_of_each(neighbors)) {
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
  if (route.port == kRefusingPort) return {Status::kRefused, {}, {}, {}};
  if (const auto gateway = gateways_[at]; gateway != 0) {
    return {Status::kResolved, route.port, route.gateway, neighbors_[gateway - 1].mac};
  }
  return {Status::kNoNeighbor, route.port, route.gateway.is_none() ? destination : route.gateway, {}};
}

}  // namespace dialplane::snapshot
