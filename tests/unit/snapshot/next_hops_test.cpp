// SPDX-License-Identifier: Apache-2.0
// Longest prefix match, neighbour resolution, and what later entries do to earlier ones.
#include "dialplane/snapshot/next_hops.hpp"

#include <gtest/gtest.h>

namespace dialplane::snapshot {
namespace {

using Status = NextHopTable::Hop::Status;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }
MacAddress mac(std::uint8_t last) { return {{2, 0, 0, 0, 0, last}}; }
PortIndex port(std::uint16_t index) { return PortIndex{index}; }

TEST(NextHops, EmptyTableHasNoRoute) { EXPECT_EQ(NextHopTable().find(ip("10.0.0.1")).status, Status::kNoRoute); }

TEST(NextHops, OnLinkDestinationIsItsOwnNextHop) {
  const NextHopTable table({{prefix("10.0.0.0/24"), port(1), {}}}, {{port(1), ip("10.0.0.9"), mac(9)}});
  const auto hop = table.find(ip("10.0.0.9"));
  EXPECT_EQ(hop.status, Status::kResolved);
  EXPECT_EQ(hop.port, port(1));
  EXPECT_EQ(hop.next, ip("10.0.0.9"));
  EXPECT_EQ(hop.mac, mac(9));
}

TEST(NextHops, GatewayIsResolvedInPlaceOfTheDestination) {
  const NextHopTable table({{prefix("0.0.0.0/0"), port(0), ip("198.51.100.1")}},
                           {{port(0), ip("198.51.100.1"), mac(1)}, {port(0), ip("203.0.113.7"), mac(7)}});
  const auto hop = table.find(ip("203.0.113.7"));
  EXPECT_EQ(hop.status, Status::kResolved);
  EXPECT_EQ(hop.next, ip("198.51.100.1"));
  EXPECT_EQ(hop.mac, mac(1));
}

TEST(NextHops, LongestPrefixWinsWhateverTheOrder) {
  const NextHopTable table({{prefix("10.0.0.0/8"), port(1), ip("10.0.0.1")},
                            {prefix("0.0.0.0/0"), port(0), ip("198.51.100.1")},
                            {prefix("10.20.0.0/16"), port(2), ip("10.0.0.2")}},
                           {});
  EXPECT_EQ(table.find(ip("10.20.1.1")).port, port(2));
  EXPECT_EQ(table.find(ip("10.21.1.1")).port, port(1));
  EXPECT_EQ(table.find(ip("192.0.2.1")).port, port(0));
}

TEST(NextHops, RouteWithoutNeighborTellsWhomToResolve) {
  const NextHopTable table({{prefix("0.0.0.0/0"), port(3), ip("198.51.100.1")}}, {});
  const auto hop = table.find(ip("192.0.2.1"));
  EXPECT_EQ(hop.status, Status::kNoNeighbor);
  EXPECT_EQ(hop.port, port(3));
  EXPECT_EQ(hop.next, ip("198.51.100.1"));
}

TEST(NextHops, NeighborOfAnotherPortDoesNotServe) {
  const NextHopTable table({{prefix("10.0.0.0/24"), port(1), {}}}, {{port(0), ip("10.0.0.9"), mac(9)}});
  EXPECT_EQ(table.find(ip("10.0.0.9")).status, Status::kNoNeighbor);
}

TEST(NextHops, DestinationOutsideEveryPrefixHasNoRoute) {
  const NextHopTable table({{prefix("10.0.0.0/24"), port(1), {}}}, {{port(1), ip("10.0.1.9"), mac(9)}});
  EXPECT_EQ(table.find(ip("10.0.1.9")).status, Status::kNoRoute);
}

TEST(NextHops, NeighborBehindAGatewayIsReachedByTheGateway) {
  const NextHopTable table({{prefix("10.0.0.0/24"), port(1), {}}, {prefix("10.0.0.8/29"), port(1), ip("10.0.0.1")}},
                           {{port(1), ip("10.0.0.1"), mac(1)}, {port(1), ip("10.0.0.9"), mac(9)}});
  EXPECT_EQ(table.find(ip("10.0.0.9")).mac, mac(1));
}

TEST(NextHops, LaterRouteToTheSamePrefixWins) {
  const NextHopTable table(
      {{prefix("10.0.0.0/24"), port(1), ip("10.0.0.1")}, {prefix("10.0.0.0/24"), port(2), ip("10.0.0.2")}}, {});
  EXPECT_EQ(table.find(ip("10.0.0.9")).port, port(2));
  EXPECT_EQ(table.routes().size(), 1u);
}

TEST(NextHops, PrefixesWithHostBitsAreTheSameNetwork) {
  const NextHopTable table({{prefix("10.0.0.2/24"), port(1), {}}, {prefix("10.0.0.7/24"), port(2), {}}}, {});
  ASSERT_EQ(table.routes().size(), 1u);
  EXPECT_EQ(table.routes()[0].prefix, prefix("10.0.0.0/24"));
  EXPECT_EQ(table.routes()[0].port, port(2));
}

TEST(NextHops, LaterNeighborWins) {
  const NextHopTable table({{prefix("10.0.0.0/24"), port(1), {}}},
                           {{port(1), ip("10.0.0.9"), mac(1)}, {port(1), ip("10.0.0.9"), mac(2)}});
  EXPECT_EQ(table.find(ip("10.0.0.9")).mac, mac(2));
  EXPECT_EQ(table.neighbors().size(), 1u);
}

TEST(NextHops, Ipv6DestinationNeedsAnIpv6Route) {
  const NextHopTable table({{prefix("0.0.0.0/0"), port(0), ip("198.51.100.1")}}, {});
  EXPECT_EQ(table.find(ip("2001:db8::1")).status, Status::kNoRoute);
}

TEST(NextHops, Ipv6LongestPrefixWins) {
  const NextHopTable table({{prefix("2001:db8::/32"), port(0), {}}, {prefix("2001:db8:0:8000::/49"), port(1), {}}}, {});
  EXPECT_EQ(table.find(ip("2001:db8:0:9000::1")).port, port(1));
  EXPECT_EQ(table.find(ip("2001:db8:0:1000::1")).port, port(0));
}

TEST(NextHops, EveryOneOfManyNeighborsIsFound) {
  std::vector<NeighborEntry> neighbors;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    neighbors.push_back({port(1),
                         IpAddress::v4(0x0a000000 + i),
                         {{2, 0, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}}});
  }
  const NextHopTable table({{prefix("10.0.0.0/8"), port(1), {}}}, neighbors);
  for (const NeighborEntry& neighbor : neighbors) EXPECT_EQ(table.find(neighbor.address).mac, neighbor.mac);
  EXPECT_EQ(table.find(ip("10.1.0.0")).status, Status::kNoNeighbor);
}

}  // namespace
}  // namespace dialplane::snapshot
