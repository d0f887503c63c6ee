// SPDX-License-Identifier: Apache-2.0
// A copy of the kernel's routes and neighbours on our interfaces, kept up to date by its events. Control thread.
#pragma once

#include "netlink_messages.hpp"
#include "unique_fd.hpp"

#include "dialplane/base/ids.hpp"
#include "dialplane/base/result.hpp"
#include "dialplane/snapshot/next_hops.hpp"

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace dialplane::control {

/// The two tables as values, changed by events only: no socket, so that recorded bytes can drive it.
class NeighborhoodTables {
 public:
  explicit NeighborhoodTables(std::map<int, PortIndex> ports) : ports_(std::move(ports)) {}

  struct Neighbor {
    MacAddress mac;
    std::uint16_t state = 0;  ///< NUD_*
  };
  using NeighborKey = std::pair<PortIndex, IpAddress>;

  /// True if a usable MAC address or a route is another one now.
  bool apply(const netlink::NeighborEvent& event);
  bool apply(const netlink::RouteEvent& event);
  /// Between begin and end only what an event names stays: a new dump replaces the tables in one step.
  void begin_routes() { fresh_routes_ = std::make_unique<RouteSet>(); }
  void begin_neighbors() { fresh_neighbors_ = std::make_unique<NeighborMap>(); }
  /// True if something changed.
  bool end_routes();
  bool end_neighbors();

  [[nodiscard]] bool is_ours(int ifindex) const { return ports_.contains(ifindex); }
  /// One for each prefix: of those with the lowest metric the first whose next hop is known, else the first.
  [[nodiscard]] std::vector<snapshot::RouteEntry> routes() const;
  /// The gateways of all routes, in use or not.
  [[nodiscard]] std::set<NeighborKey> gateways() const;
  [[nodiscard]] std::vector<snapshot::NeighborEntry> usable_neighbors() const;
  [[nodiscard]] const std::map<NeighborKey, Neighbor>& neighbors() const noexcept { return neighbors_; }

 private:
  struct Route {
    Prefix prefix;
    std::uint32_t metric = 0;
    PortIndex port = snapshot::kRefusingPort;
    IpAddress gateway;
    friend auto operator<=>(const Route&, const Route&) = default;
  };
  using RouteSet = std::set<Route>;
  using NeighborMap = std::map<NeighborKey, Neighbor>;
  [[nodiscard]] std::vector<Route> routes_of(const netlink::RouteEvent& event) const;
  static bool put(RouteSet& set, const std::vector<Route>& routes, const netlink::RouteEvent& event);
  [[nodiscard]] bool is_known(const Route& route) const;

  std::map<int, PortIndex> ports_;
  RouteSet routes_;
  NeighborMap neighbors_;
  std::unique_ptr<RouteSet> fresh_routes_;
  std::unique_ptr<NeighborMap> fresh_neighbors_;
};

/// Feeds the tables from an rtnetlink socket.
class NetlinkMirror {
 public:
  /// Subscribes and reads everything once (waits at most two seconds). `ports`: interface index → port.
  static Result<std::unique_ptr<NetlinkMirror>> open(std::map<int, PortIndex> ports);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// Reads what waits, a bounded number of messages; true if a MAC or a route changed.
  bool read_events();
  [[nodiscard]] const NeighborhoodTables& tables() const noexcept { return tables_; }

 private:
  enum class Dump : std::uint8_t { kRoutesV4, kRoutesV6, kNeighbors };

  NetlinkMirror(UniqueFd fd, std::map<int, PortIndex> ports);
  void ask_for_everything();
  void start_next_dump();
  bool handle(const nlmsghdr* message);
  bool finish_dump();

  UniqueFd fd_;
  NeighborhoodTables tables_;
  std::deque<Dump> dumps_;  ///< the first one runs if running_
  bool running_ = false;
  bool interrupted_ = false;
  std::uint32_t sequence_ = 0;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace dialplane::control
