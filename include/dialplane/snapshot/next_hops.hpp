// SPDX-License-Identifier: Apache-2.0
// Where a packet to an address goes: the immutable picture of the kernel's routes and neighbours. Built by control,
// read by workers.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/ids.hpp"
#include "dialplane/config/config.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace dialplane::snapshot {

/// In place of a port: packets on this route are refused, as the kernel refuses its own (blackhole, prohibit …).
inline constexpr PortIndex kRefusingPort{kNoIndex};

struct RouteEntry {
  Prefix prefix;
  PortIndex port;     ///< or kRefusingPort
  IpAddress gateway;  ///< none: on link
  friend bool operator==(const RouteEntry&, const RouteEntry&) = default;
};

struct NeighborEntry {
  PortIndex port;
  IpAddress address;
  MacAddress mac;
  friend bool operator==(const NeighborEntry&, const NeighborEntry&) = default;
};

class NextHopTable {
 public:
  NextHopTable() = default;
  /// Sorts routes by prefix length and hashes neighbours. An entry later in the list wins over an equal earlier one.
  NextHopTable(std::vector<RouteEntry> routes, std::vector<NeighborEntry> neighbors);

  struct Hop {
    enum class Status : std::uint8_t { kResolved, kNoRoute, kNoNeighbor, kRefused } status = Status::kNoRoute;
    PortIndex port;
    IpAddress next;  ///< gateway, or the destination itself
    MacAddress mac;
  };
  /// Longest prefix, then the neighbour on its port. Thread: any. Cost: one hash probe; for a destination that is no
  /// neighbour a binary search among the routes, too.
  [[nodiscard]] Hop find(const IpAddress& destination) const noexcept;

  [[nodiscard]] std::span<const RouteEntry> routes() const noexcept { return routes_; }
  [[nodiscard]] std::span<const NeighborEntry> neighbors() const noexcept { return neighbors_; }

 private:
  /// An address as a number with its first bit at the top, in which prefixes of both versions mean the same.
  struct Key {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend constexpr auto operator<=>(const Key&, const Key&) = default;
  };
  /// From here to the next range one route has the longest prefix.
  struct Range {
    Key first;
    std::uint32_t route = 0;  ///< position; their number: none
  };
  using Ranges = std::vector<Range>;
  static Key key_of(const IpAddress& address) noexcept;
  [[nodiscard]] Ranges ranges_of(IpAddress::Family family) const;
  [[nodiscard]] std::uint32_t gateway_of(const RouteEntry& route) const noexcept;
  /// Position of the route with the longest prefix; their number: none.
  [[nodiscard]] std::size_t route_to(const IpAddress& destination) const noexcept;

  std::vector<RouteEntry> routes_;
  Ranges ranges4_ = {{}};  ///< never empty, the first begins at zero
  Ranges ranges6_ = {{}};
  std::vector<NeighborEntry> neighbors_;  ///< in the order of ports, then of addresses
  std::vector<std::uint32_t> gateways_;   ///< of each route, 1 + index into neighbors_; 0: none known, or on link
  /// The neighbours that are reached without a gateway, by address. Open addressing, the same numbers; 0: free; a power
  /// of two of them.
  std::vector<std::uint32_t> buckets_ = {0};
};

struct HopEntries {
  std::vector<RouteEntry> routes;
  std::vector<NeighborEntry> neighbors;
};

/// What the file says of ports without an exception interface: connected prefixes, routes and `[[neighbor]]` entries.
HopEntries static_hops(const config::Config& config);

}  // namespace dialplane::snapshot
