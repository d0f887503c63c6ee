// SPDX-License-Identifier: Apache-2.0
// Next hops that come from the file alone.
#include "dialplane/snapshot/next_hops.hpp"

#include <gtest/gtest.h>

namespace dialplane::snapshot {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }

config::Config two_ports() {
  config::Config config;
  config.ports.resize(2);
  config.ports[0].name = "kernel";
  config.ports[0].exception = "edge0";
  config.ports[0].addresses = {prefix("198.51.100.2/24")};
  config.ports[0].routes = {{prefix("0.0.0.0/0"), ip("198.51.100.1")}};
  config.ports[1].name = "alone";
  config.ports[1].addresses = {prefix("10.0.0.2/24")};
  config.ports[1].routes = {{prefix("10.20.0.0/16"), ip("10.0.0.254")}};
  return config;
}

TEST(StaticHops, LeavesPortsWithAnExceptionInterfaceToTheKernel) {
  for (const RouteEntry& route : static_hops(two_ports()).routes) EXPECT_EQ(route.port, PortIndex{1});
}

TEST(StaticHops, ConnectedNetworkAndRouteOfAPortOnItsOwn) {
  config::Config config = two_ports();
  const MacAddress mac{{2, 0, 0, 0, 0, 1}};
  config.neighbors = {{"alone", ip("10.0.0.254"), mac, {}}, {"alone", ip("10.0.0.11"), mac, {}}};
  HopEntries hops = static_hops(config);
  const NextHopTable table(hops.routes, hops.neighbors);
  EXPECT_EQ(table.find(ip("10.0.0.11")).status, NextHopTable::Hop::Status::kResolved);
  EXPECT_EQ(table.find(ip("10.20.3.4")).next, ip("10.0.0.254"));
  EXPECT_EQ(table.find(ip("192.0.2.1")).status, NextHopTable::Hop::Status::kNoRoute);
}

TEST(StaticHops, Ipv6NetworkRouteAndLinkLocalGateway) {
  config::Config config = two_ports();
  config.ports[1].addresses.push_back(prefix("2001:db8:c::2/64"));
  config.ports[1].routes.push_back({prefix("::/0"), ip("fe80::1")});
  const MacAddress mac{{2, 0, 0, 0, 0, 1}};
  config.neighbors = {{"alone", ip("2001:db8:c::11"), mac, {}}, {"alone", ip("fe80::1"), mac, {}}};
  HopEntries hops = static_hops(config);
  const NextHopTable table(hops.routes, hops.neighbors);
  EXPECT_EQ(table.find(ip("2001:db8:c::11")).status, NextHopTable::Hop::Status::kResolved);
  EXPECT_EQ(table.find(ip("2001:db8:77::1")).next, ip("fe80::1"));
  EXPECT_EQ(table.find(ip("2001:db8:77::1")).status, NextHopTable::Hop::Status::kResolved);
  EXPECT_EQ(table.find(ip("192.0.2.1")).status, NextHopTable::Hop::Status::kNoRoute);
}

TEST(StaticHops, NeighborOfAnUnknownPortIsLeftOut) {
  config::Config config = two_ports();
  config.neighbors = {{"nowhere", ip("10.0.0.11"), {}, {}}};
  EXPECT_TRUE(static_hops(config).neighbors.empty());
}

}  // namespace
}  // namespace dialplane::snapshot
