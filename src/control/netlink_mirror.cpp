// SPDX-License-Identifier: Apache-2.0
// The kernel's routes and neighbours: dumps, events, and starting over when events were lost. Control thread.
#include "netlink_mirror.hpp"

#include "netlink_socket.hpp"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace dialplane::control {

namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
/// Reads in one turn; a dump of a full table takes several turns.
constexpr int kReadsPerTurn = 16;
constexpr int kReceiveQueueBytes = 4 * 1024 * 1024;
constexpr std::chrono::seconds kFirstDumpLimit{2};
/// The mask of RTNLGRP_NEXTHOP, which has no name of its own.
constexpr std::uint32_t kNextHopGroup = 1U << (RTNLGRP_NEXTHOP - 1);

bool is_usable(const NeighborhoodTables::Neighbor& neighbor) {
  return netlink::is_usable_neighbor_state(neighbor.state) && neighbor.mac != MacAddress{};
}

std::map<NeighborhoodTables::NeighborKey, MacAddress> usable_macs(
    const std::map<NeighborhoodTables::NeighborKey, NeighborhoodTables::Neighbor>& neighbors) {
  std::map<NeighborhoodTables::NeighborKey, MacAddress> macs;
  for (const auto& [key, neighbor] : neighbors) {
    if (is_usable(neighbor)) macs.emplace(key, neighbor.mac);
  }
  return macs;
}

}  // namespace

bool NeighborhoodTables::apply(const netlink::NeighborEvent& event) {
  const auto port = ports_.find(event.ifindex);
  if (port == ports_.end()) return false;
  const NeighborKey key{port->second, event.address};
  const auto old = neighbors_.find(key);
  const bool was_usable = old != neighbors_.end() && is_usable(old->second);
  const auto old_mac = was_usable ? old->second.mac : MacAddress{};
  const Neighbor now{event.mac, event.state};
  if (event.removed) {
    neighbors_.erase(key);
    if (fresh_neighbors_) fresh_neighbors_->erase(key);
    return was_usable;
  }
  neighbors_[key] = now;
  if (fresh_neighbors_) (*fresh_neighbors_)[key] = now;
  return is_usable(now) ? !was_usable || now.mac != old_mac : was_usable;
}

std::vector<NeighborhoodTables::Route> NeighborhoodTables::routes_of(const netlink::RouteEvent& event) const {
  if (event.hops.empty()) return {{event.prefix, event.metric, snapshot::kRefusingPort, {}}};
  std::vector<Route> routes;
  for (const auto& hop : event.hops) {
    const auto port = ports_.find(hop.ifindex);
    if (port != ports_.end()) routes.push_back({event.prefix, event.metric, port->second, hop.gateway});
  }
  return routes;
}

bool NeighborhoodTables::put(RouteSet& set, const std::vector<Route>& routes, const netlink::RouteEvent& event) {
  bool changed = false;
  // What replaces a route of ours may be of another interface.
  if (event.replaces && !event.removed) {
    auto at = set.lower_bound(Route{event.prefix, event.metric, PortIndex(0), {}});
    while (at != set.end() && at->prefix == event.prefix && at->metric == event.metric) {
      const bool stays = std::ranges::find(routes, *at) != routes.end();
      changed = changed || !stays;
      at = stays ? std::next(at) : set.erase(at);
    }
  }
  for (const auto& route : routes) changed |= event.removed ? set.erase(route) > 0 : set.insert(route).second;
  return changed;
}

bool NeighborhoodTables::apply(const netlink::RouteEvent& event) {
  const auto routes = routes_of(event);
  if (fresh_routes_) put(*fresh_routes_, routes, event);
  return put(routes_, routes, event);
}

bool NeighborhoodTables::is_known(const Route& route) const {
  if (route.gateway.is_none()) return true;
  const auto found = neighbors_.find({route.port, route.gateway});
  return found != neighbors_.end() && is_usable(found->second);
}

bool NeighborhoodTables::end_routes() {
  if (!fresh_routes_) return false;
  const bool changed = *fresh_routes_ != routes_;
  routes_ = std::move(*fresh_routes_);
  fresh_routes_.reset();
  return changed;
}

bool NeighborhoodTables::end_neighbors() {
  if (!fresh_neighbors_) return false;
  const bool changed = usable_macs(*fresh_neighbors_) != usable_macs(neighbors_);
  neighbors_ = std::move(*fresh_neighbors_);
  fresh_neighbors_.reset();
  return changed;
}

std::vector<snapshot::RouteEntry> NeighborhoodTables::routes() const {
  std::vector<snapshot::RouteEntry> entries;
  // The set is in order of prefix and then metric.
  for (auto first = routes_.begin(); first != routes_.end();) {
    const auto is_rival = [&](const Route& r) { return r.prefix == first->prefix && r.metric == first->metric; };
    auto chosen = first;
    for (auto at = first; at != routes_.end() && is_rival(*at) && !is_known(*chosen); ++at) chosen = at;
    if (!is_known(*chosen)) chosen = first;
    entries.push_back({chosen->prefix, chosen->port, chosen->gateway});
    const auto prefix = first->prefix;
    while (first != routes_.end() && first->prefix == prefix) ++first;
  }
  return entries;
}

std::set<NeighborhoodTables::NeighborKey> NeighborhoodTables::gateways() const {
  std::set<NeighborKey> keys;
  for (const auto& route : routes_) {
    if (!route.gateway.is_none()) keys.emplace(route.port, route.gateway);
  }
  return keys;
}

std::vector<snapshot::NeighborEntry> NeighborhoodTables::usable_neighbors() const {
  std::vector<snapshot::NeighborEntry> entries;
  for (const auto& [key, neighbor] : neighbors_) {
    if (is_usable(neighbor)) entries.push_back({key.first, key.second, neighbor.mac});
  }
  return entries;
}

NetlinkMirror::NetlinkMirror(UniqueFd fd, std::map<int, PortIndex> ports)
    : fd_(std::move(fd)), tables_(std::move(ports)), buffer_(std::make_unique<char[]>(kBufferBytes)) {}

Result<std::unique_ptr<NetlinkMirror>> NetlinkMirror::open(std::map<int, PortIndex> ports) {
  auto fd = netlink::open_route_socket(RTMGRP_NEIGH | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_LINK |
                                       RTMGRP_IPV4_IFADDR | kNextHopGroup);
  if (!fd) return tl::unexpected(fd.error());
  // More than the default, so that a burst of neighbour events is not lost; if refused, a loss leads to a new dump.
  ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveQueueBytes, sizeof kReceiveQueueBytes);
  ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
  std::unique_ptr<NetlinkMirror> mirror(new NetlinkMirror(std::move(*fd), std::move(ports)));
  mirror->ask_for_everything();
  const auto deadline = std::chrono::steady_clock::now() + kFirstDumpLimit;
  while (mirror->running_) {
    if (std::chrono::steady_clock::now() > deadline) {
      return fail("the kernel did not hand over its routes and neighbours within 2 s; see `dmesg`");
    }
    pollfd waiting{mirror->fd(), POLLIN, 0};
    ::poll(&waiting, 1, 100);
    mirror->read_events();
  }
  return mirror;
}

void NetlinkMirror::ask_for_everything() {
  if (!running_) {
    dumps_ = {Dump::kRoutesV4, Dump::kRoutesV6, Dump::kNeighbors};
    start_next_dump();
    return;
  }
  // One dump at a time is allowed on a socket. The one that runs is repeated when it ends; the others queue behind it.
  interrupted_ = true;
  const auto first = dumps_.front();
  dumps_ = {first};
  if (first == Dump::kRoutesV4) dumps_.push_back(Dump::kRoutesV6);
  if (first == Dump::kNeighbors) {
    dumps_.push_back(Dump::kRoutesV4);
    dumps_.push_back(Dump::kRoutesV6);
  } else {
    dumps_.push_back(Dump::kNeighbors);
  }
}

void NetlinkMirror::start_next_dump() {
  running_ = false;
  interrupted_ = false;
  if (dumps_.empty()) return;
  if (dumps_.front() == Dump::kRoutesV4) tables_.begin_routes();
  if (dumps_.front() == Dump::kNeighbors) tables_.begin_neighbors();
  auto message = dumps_.front() == Dump::kNeighbors
                     ? netlink::dump_neighbors(AF_UNSPEC)
                     : netlink::dump_routes(dumps_.front() == Dump::kRoutesV4 ? AF_INET : AF_INET6);
  message.header()->nlmsg_seq = ++sequence_;
  if (::send(fd_.get(), message.header(), message.header()->nlmsg_len, 0) < 0) {
    spdlog::error("cannot ask the kernel for its tables: {}", std::strerror(errno));
    dumps_.clear();
    return;
  }
  running_ = true;
}

bool NetlinkMirror::finish_dump() {
  const auto done = dumps_.front();
  if (interrupted_) {
    // The table changed under the dump: once more from its start, and both families fill one table of routes.
    if (done == Dump::kRoutesV6) dumps_.push_front(Dump::kRoutesV4);
    start_next_dump();
    return false;
  }
  dumps_.pop_front();
  bool changed = false;
  if (done == Dump::kRoutesV6) changed = tables_.end_routes();
  if (done == Dump::kNeighbors) changed = tables_.end_neighbors();
  start_next_dump();
  return changed;
}

bool NetlinkMirror::handle(const nlmsghdr* message) {
  const bool is_of_dump = running_ && message->nlmsg_seq == sequence_;
  if (is_of_dump && (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted_ = true;
  switch (message->nlmsg_type) {
    case NLMSG_DONE:
    case NLMSG_ERROR:  // a family this kernel lacks: its table is empty
      return is_of_dump && finish_dump();
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      if (const auto event = netlink::parse_neighbor(message)) return tables_.apply(*event);
      return false;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      if (const auto event = netlink::parse_route(message)) return tables_.apply(*event);
      return false;
    case RTM_NEWLINK:
    case RTM_DELLINK:
      // The kernel flushes the routes of an interface that goes down without a word.
      if (const auto event = netlink::parse_link(message); event && tables_.is_ours(event->ifindex) && !event->is_up) {
        ask_for_everything();
      }
      return false;
    case RTM_DELNEXTHOP:
      // Routes that used it go or lose a hop without a word.
      ask_for_everything();
      return false;
    case RTM_DELADDR:
      // So it does with routes whose source was that address.
      if (mnl_nlmsg_get_payload_len(message) >= sizeof(ifaddrmsg)) {
        const auto* body = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
        if (tables_.is_ours(static_cast<int>(body->ifa_index))) ask_for_everything();
      }
      return false;
    default:
      return false;
  }
}

bool NetlinkMirror::read_events() {
  bool changed = false;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const auto length = ::recv(fd_.get(), buffer_.get(), kBufferBytes, 0);
    if (length < 0) {
      if (errno != ENOBUFS) return changed;
      spdlog::warn("the kernel lost events for us: reading its tables again");
      ask_for_everything();
      continue;
    }
    auto left = static_cast<int>(length);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.get());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) changed |= handle(message);
  }
  return changed;
}

}  // namespace dialplane::control
