// SPDX-License-Identifier: Apache-2.0
// The mirrored tables, driven by events as the kernel sends them.
#include "netlink_mirror.hpp"

#include "recorded_netlink.hpp"

#include <gtest/gtest.h>

namespace dialplane::control {
namespace {

using netlink::Recorded;

bool apply_neighbor(NeighborhoodTables& tables, std::string_view hex) {
  return tables.apply(*netlink::parse_neighbor(Recorded(hex).header()));
}
bool apply_route(NeighborhoodTables& tables, std::string_view hex) {
  return tables.apply(*netlink::parse_route(Recorded(hex).header()));
}
NeighborhoodTables tables_of_port_1() { return NeighborhoodTables({{2, PortIndex(1)}}); }

TEST(NetlinkMirror, LearnsANeighborOnItsPort) {
  auto tables = tables_of_port_1();
  EXPECT_TRUE(apply_neighbor(tables, netlink::kNeighborAdded));
  const auto neighbors = tables.usable_neighbors();
  ASSERT_EQ(neighbors.size(), 1U);
  EXPECT_EQ(neighbors[0].port, PortIndex(1));
  EXPECT_EQ(neighbors[0].mac.to_string(), "02:00:00:00:00:07");
}

TEST(NetlinkMirror, ReportsNoChangeForTheSameNeighborAgain) {
  auto tables = tables_of_port_1();
  apply_neighbor(tables, netlink::kNeighborAdded);
  EXPECT_FALSE(apply_neighbor(tables, netlink::kNeighborAdded));
}

TEST(NetlinkMirror, ReportsNoChangeWhenOnlyTheUsableStateMoves) {
  auto tables = tables_of_port_1();
  auto event = *netlink::parse_neighbor(Recorded(netlink::kNeighborAdded).header());
  event.state = 0x02;  // reachable
  EXPECT_TRUE(tables.apply(event));
  event.state = 0x04;  // stale
  EXPECT_FALSE(tables.apply(event));
}

TEST(NetlinkMirror, DropsAFailedNeighbor) {
  auto tables = tables_of_port_1();
  apply_neighbor(tables, netlink::kNeighborAdded);
  EXPECT_TRUE(apply_neighbor(tables, netlink::kNeighborFailed));
  EXPECT_TRUE(tables.usable_neighbors().empty());
  EXPECT_FALSE(apply_neighbor(tables, netlink::kNeighborRemoved));
}

TEST(NetlinkMirror, IgnoresInterfacesOfOthers) {
  NeighborhoodTables tables({{7, PortIndex(0)}});
  EXPECT_FALSE(apply_neighbor(tables, netlink::kNeighborAdded));
  EXPECT_FALSE(apply_route(tables, netlink::kRouteAdded));
}

TEST(NetlinkMirror, AddsAndRemovesARoute) {
  auto tables = tables_of_port_1();
  EXPECT_TRUE(apply_route(tables, netlink::kRouteAdded));
  ASSERT_EQ(tables.routes().size(), 1U);
  EXPECT_EQ(tables.routes()[0].gateway.to_string(), "10.9.0.9");
  EXPECT_TRUE(apply_route(tables, netlink::kRouteRemoved));
  EXPECT_TRUE(tables.routes().empty());
}

TEST(NetlinkMirror, PrefersTheLowerMetric) {
  auto tables = tables_of_port_1();
  auto event = *netlink::parse_route(Recorded(netlink::kRouteAdded).header());
  tables.apply(event);
  event.metric = 10;
  event.hops[0].gateway = *IpAddress::parse("10.9.0.1");
  tables.apply(event);
  ASSERT_EQ(tables.routes().size(), 1U);
  EXPECT_EQ(tables.routes()[0].gateway.to_string(), "10.9.0.1");
}

TEST(NetlinkMirror, ReplacesARouteOfTheSameMetric) {
  auto tables = tables_of_port_1();
  auto event = *netlink::parse_route(Recorded(netlink::kRouteAdded).header());
  tables.apply(event);
  event.replaces = true;
  event.hops[0].gateway = *IpAddress::parse("10.9.0.1");
  EXPECT_TRUE(tables.apply(event));
  ASSERT_EQ(tables.routes().size(), 1U);
  EXPECT_EQ(tables.routes()[0].gateway.to_string(), "10.9.0.1");
}

TEST(NetlinkMirror, ForgetsWhatANewDumpDoesNotName) {
  auto tables = tables_of_port_1();
  apply_route(tables, netlink::kRouteAdded);
  apply_route(tables, netlink::kDefaultRoute);
  tables.begin_routes();
  EXPECT_FALSE(apply_route(tables, netlink::kDefaultRoute));
  EXPECT_TRUE(tables.end_routes());
  ASSERT_EQ(tables.routes().size(), 1U);
  EXPECT_EQ(tables.routes()[0].prefix.length, 0);
}

TEST(NetlinkMirror, KeepsARefusingRouteWithoutAPort) {
  auto tables = tables_of_port_1();
  EXPECT_TRUE(apply_route(tables, netlink::kBlackhole));
  ASSERT_EQ(tables.routes().size(), 1U);
  EXPECT_EQ(tables.routes()[0].port, snapshot::kRefusingPort);
}

TEST(NetlinkMirror, LetsARefusingRouteReplaceAnother) {
  auto tables = tables_of_port_1();
  apply_route(tables, netlink::kRouteAdded);
  EXPECT_TRUE(apply_route(tables, netlink::kProhibitReplaces));
  ASSERT_EQ(tables.routes().size(), 1U);
  EXPECT_EQ(tables.routes()[0].port, snapshot::kRefusingPort);
}

TEST(NetlinkMirror, TakesTheHopWhoseGatewayAnswers) {
  auto tables = tables_of_port_1();
  apply_route(tables, netlink::kMultipathRoute);
  EXPECT_EQ(tables.routes().at(0).gateway.to_string(), "10.9.0.8");
  auto neighbor = *netlink::parse_neighbor(Recorded(netlink::kNeighborAdded).header());
  neighbor.address = *IpAddress::parse("10.9.0.9");
  EXPECT_TRUE(tables.apply(neighbor));
  ASSERT_EQ(tables.routes().size(), 1U);
  EXPECT_EQ(tables.routes()[0].gateway.to_string(), "10.9.0.9");
}

TEST(NetlinkMirror, NamesTheGatewaysOfAllHops) {
  auto tables = tables_of_port_1();
  apply_route(tables, netlink::kMultipathRoute);
  EXPECT_EQ(tables.gateways().size(), 2U);
}

TEST(NetlinkMirror, ReplacesAllHopsOfAMultipathRoute) {
  auto tables = tables_of_port_1();
  apply_route(tables, netlink::kMultipathRoute);
  EXPECT_TRUE(apply_route(tables, netlink::kMultipathReplaced));
  const NeighborhoodTables::NeighborKey gone{PortIndex(1), *IpAddress::parse("10.9.0.8")};
  EXPECT_EQ(tables.gateways().size(), 2U);
  EXPECT_FALSE(tables.gateways().contains(gone));
  EXPECT_FALSE(apply_route(tables, netlink::kMultipathReplaced));
}

TEST(NetlinkMirror, LosesOneHopOfAnIpv6Route) {
  auto tables = tables_of_port_1();
  apply_route(tables, netlink::kMultipath6);
  EXPECT_TRUE(apply_route(tables, netlink::kMultipath6LosesAHop));
  ASSERT_EQ(tables.routes().size(), 1U);
  EXPECT_EQ(tables.routes()[0].gateway.to_string(), "2001:db8::9");
}

}  // namespace
}  // namespace dialplane::control
