// SPDX-License-Identifier: Apache-2.0
// Longest prefix match, neighbour resolution, and what later entries do to earlier ones.
#include "dialplane/snapshot/next_hops.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

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

TEST(NextHops, ARefusingRouteLeadsNowhere) {
  const NextHopTable table(
      {{prefix("0.0.0.0/0"), port(0), ip("198.51.100.1")}, {prefix("192.0.2.0/24"), kRefusingPort, {}}},
      {{port(0), ip("198.51.100.1"), mac(1)}});
  EXPECT_EQ(table.find(ip("192.0.2.7")).status, Status::kRefused);
  EXPECT_EQ(table.find(ip("192.0.3.7")).status, Status::kResolved);
}

TEST(NextHops, AnIpv4RouteMayHaveAnIpv6Gateway) {
  const NextHopTable table({{prefix("0.0.0.0/0"), port(0), ip("fe80::9")}}, {{port(0), ip("fe80::9"), mac(9)}});
  EXPECT_EQ(table.find(ip("192.0.2.7")).mac, mac(9));
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

TEST(NextHops, APrefixEndsWhereTheOneRoundItGoesOn) {
  const NextHopTable table(
      {{prefix("10.0.0.0/8"), port(1), {}}, {prefix("10.1.0.0/16"), port(2), {}}, {prefix("10.1.2.3/32"), port(3), {}}},
      {});
  EXPECT_EQ(table.find(ip("10.0.255.255")).port, port(1));
  EXPECT_EQ(table.find(ip("10.1.0.0")).port, port(2));
  EXPECT_EQ(table.find(ip("10.1.2.3")).port, port(3));
  EXPECT_EQ(table.find(ip("10.1.2.4")).port, port(2));
  EXPECT_EQ(table.find(ip("10.2.0.0")).port, port(1));
  EXPECT_EQ(table.find(ip("11.0.0.0")).status, Status::kNoRoute);
  EXPECT_EQ(table.find(ip("9.255.255.255")).status, Status::kNoRoute);
}

TEST(NextHops, PrefixesAtBothEndsOfTheAddressesHold) {
  const NextHopTable table({{prefix("0.0.0.0/1"), port(1), {}},
                            {prefix("255.255.255.255/32"), port(2), {}},
                            {prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"), port(3), {}}},
                           {});
  EXPECT_EQ(table.find(ip("127.255.255.255")).port, port(1));
  EXPECT_EQ(table.find(ip("128.0.0.0")).status, Status::kNoRoute);
  EXPECT_EQ(table.find(ip("255.255.255.255")).port, port(2));
  EXPECT_EQ(table.find(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).port, port(3));
  EXPECT_EQ(table.find(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffd")).status, Status::kNoRoute);
}

TEST(NextHops, AnswersAsAWalkOfRandomRoutesWould) {
  std::mt19937 random(7);
  const auto address = [&](bool v6) {
    if (!v6) return IpAddress::v4(0x0a000000U | (random() & 0xffffU));
    std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
    for (std::size_t i = 7; i < 9; ++i) bytes[i] = static_cast<std::uint8_t>(random());
    return IpAddress::v6(bytes);
  };
  for (const bool v6 : {false, true}) {
    std::vector<RouteEntry> drawn;
    for (std::uint16_t i = 0; i < 400; ++i) {
      const auto length = static_cast<std::uint8_t>((v6 ? 56 : 16) + random() % 17);
      drawn.push_back({{address(v6), length}, port(i), {}});
    }
    const NextHopTable table(drawn, {});
    // What is left of equal ones, longest first.
    const auto routes = table.routes();
    for (int i = 0; i < 20'000; ++i) {
      const auto wanted = address(v6);
      const RouteEntry* longest = nullptr;
      for (const auto& route : routes) {
        if (longest == nullptr && route.prefix.contains(wanted)) longest = &route;
      }
      const auto hop = table.find(wanted);
      ASSERT_EQ(hop.status, longest == nullptr ? Status::kNoRoute : Status::kNoNeighbor) << wanted.to_string();
      if (longest != nullptr) {
        ASSERT_EQ(hop.port, longest->port) << wanted.to_string();
      }
    }
  }
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
