// SPDX-License-Identifier: Apache-2.0
// rtnetlink messages as values: building the ones we send, reading the ones the kernel sends. Any thread; no socket.
#pragma once

#include "dialplane/base/address.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dialplane::control::netlink {

/// One request. Its sequence number is set by whoever sends it.
class Message {
 public:
  Message(std::uint16_t type, std::uint16_t flags) noexcept;
  [[nodiscard]] nlmsghdr* header() noexcept { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }
  [[nodiscard]] const nlmsghdr* header() const noexcept { return reinterpret_cast<const nlmsghdr*>(bytes_.data()); }

 private:
  alignas(nlmsghdr) std::array<char, 512> bytes_{};  // the largest message here takes about 100 bytes
};

Message set_link(int ifindex, const MacAddress& mac, std::uint32_t mtu);
Message set_link_up(int ifindex);
/// Keeps the kernel from giving the interface an IPv6 link-local address of its own.
Message set_no_link_local(int ifindex);
/// The address keeps its host bits; the kernel makes the connected route.
Message add_address(int ifindex, const Prefix& address);
Message delete_address(int ifindex, const Prefix& address);
/// `gateway` none: on link.
Message add_route(int ifindex, const Prefix& destination, const IpAddress& gateway);
/// Asks the kernel to resolve a neighbour once, as traffic would. An entry that was managed no longer is.
Message use_neighbor(int ifindex, const IpAddress& address);
/// Asks the kernel to resolve a neighbour and keep it resolved.
Message manage_neighbor(int ifindex, const IpAddress& address);
Message dump_routes(std::uint8_t family);
Message dump_neighbors(std::uint8_t family);

struct NeighborEvent {
  bool removed = false;
  int ifindex = 0;
  IpAddress address;
  MacAddress mac;           ///< zero: not known
  std::uint16_t state = 0;  ///< NUD_*
};
/// Errors: nullopt for anything but an IPv4 or IPv6 neighbour.
std::optional<NeighborEvent> parse_neighbor(const nlmsghdr* message) noexcept;
/// True for the states in which the MAC address may be used: reachable, stale, delay, probe, permanent.
bool is_usable_neighbor_state(std::uint16_t state) noexcept;
/// "reachable", …; "none" for 0.
std::string_view neighbor_state_name(std::uint16_t state) noexcept;

/// One of the ways a route leads.
struct RouteHop {
  int ifindex = 0;
  IpAddress gateway;  ///< none: on link; of an IPv4 route it may be an IPv6 address (RFC 8950)
};
struct RouteEvent {
  bool removed = false;
  bool replaces = false;  ///< takes the place of the one with the same prefix and metric
  Prefix prefix;
  std::uint32_t metric = 0;
  std::vector<RouteHop> hops;  ///< empty: a route that refuses: blackhole, unreachable or prohibit
};
/// Errors: nullopt for anything but a unicast or a refusing route of the main table.
std::optional<RouteEvent> parse_route(const nlmsghdr* message);

struct LinkEvent {
  bool removed = false;
  bool is_up = false;
  int ifindex = 0;
};
std::optional<LinkEvent> parse_link(const nlmsghdr* message) noexcept;

}  // namespace dialplane::control::netlink
