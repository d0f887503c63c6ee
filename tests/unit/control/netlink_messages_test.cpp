// SPDX-License-Identifier: Apache-2.0
// Messages against bytes recorded from a kernel, and the bytes of what we send.
#include "netlink_messages.hpp"

#include "recorded_netlink.hpp"

#include <gtest/gtest.h>
#include <linux/neighbour.h>

namespace dialplane::control::netlink {
namespace {

const IpAddress kNeighbor = IpAddress::v4(0x0a090007);

std::string hex_of(const Message& message) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.header());
  for (std::size_t i = 0; i < message.header()->nlmsg_len; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

TEST(NetlinkMessages, ReadsANeighborWithItsMac) {
  const auto event = parse_neighbor(Recorded(kNeighborAdded).header());
  ASSERT_TRUE(event.has_value());
  EXPECT_FALSE(event->removed);
  EXPECT_EQ(event->ifindex, 2);
  EXPECT_EQ(event->address, kNeighbor);
  EXPECT_EQ(event->mac.to_string(), "02:00:00:00:00:07");
  EXPECT_EQ(neighbor_state_name(event->state), "permanent");
}

TEST(NetlinkMessages, ReadsAFailedNeighborAsUnusable) {
  const auto event = parse_neighbor(Recorded(kNeighborFailed).header());
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(neighbor_state_name(event->state), "failed");
  EXPECT_FALSE(is_usable_neighbor_state(event->state));
  EXPECT_EQ(event->mac, MacAddress{});
}

TEST(NetlinkMessages, ReadsARemovedNeighbor) {
  const auto event = parse_neighbor(Recorded(kNeighborRemoved).header());
  ASSERT_TRUE(event.has_value());
  EXPECT_TRUE(event->removed);
}

TEST(NetlinkMessages, ReadsARouteWithGatewayAndMetric) {
  const auto event = parse_route(Recorded(kRouteAdded).header());
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->prefix.to_string(), "192.0.2.0/24");
  ASSERT_EQ(event->hops.size(), 1U);
  EXPECT_EQ(event->hops[0].gateway.to_string(), "10.9.0.9");
  EXPECT_EQ(event->hops[0].ifindex, 2);
  EXPECT_EQ(event->metric, 50U);
  EXPECT_FALSE(event->replaces);
}

TEST(NetlinkMessages, ReadsTheDefaultRoute) {
  const auto event = parse_route(Recorded(kDefaultRoute).header());
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->prefix.to_string(), "0.0.0.0/0");
}

TEST(NetlinkMessages, TakesEveryHopOfAMultipathRoute) {
  const auto event = parse_route(Recorded(kMultipathRoute).header());
  ASSERT_TRUE(event.has_value());
  ASSERT_EQ(event->hops.size(), 2U);
  EXPECT_EQ(event->hops[0].gateway.to_string(), "10.9.0.8");
  EXPECT_EQ(event->hops[1].gateway.to_string(), "10.9.0.9");
  EXPECT_EQ(event->hops[1].ifindex, 2);
}

TEST(NetlinkMessages, TakesEveryHopOfAnIpv6MultipathRoute) {
  const auto event = parse_route(Recorded(kMultipath6).header());
  ASSERT_TRUE(event.has_value());
  ASSERT_EQ(event->hops.size(), 2U);
  EXPECT_EQ(event->hops[1].gateway.to_string(), "2001:db8::9");
}

TEST(NetlinkMessages, ReadsTheIpv6GatewayOfAnIpv4Route) {
  const auto event = parse_route(Recorded(kRouteViaIpv6).header());
  ASSERT_TRUE(event.has_value());
  ASSERT_EQ(event->hops.size(), 1U);
  EXPECT_EQ(event->hops[0].gateway.to_string(), "fe80::9");
}

TEST(NetlinkMessages, ReadsRefusingRoutesAsWithoutHops) {
  for (const auto recorded : {kBlackhole, kProhibitReplaces, kUnreachable6}) {
    const auto event = parse_route(Recorded(recorded).header());
    ASSERT_TRUE(event.has_value());
    EXPECT_TRUE(event->hops.empty());
  }
}

TEST(NetlinkMessages, PassesOverARouteForMappedAddresses) {
  EXPECT_FALSE(parse_route(Recorded(kUnreachableMapped).header()));
}

TEST(NetlinkMessages, PassesOverOtherTables) { EXPECT_FALSE(parse_route(Recorded(kRouteOfTable77).header())); }

TEST(NetlinkMessages, ReadsNoRouteFromANeighbor) { EXPECT_FALSE(parse_route(Recorded(kNeighborAdded).header())); }

TEST(NetlinkMessages, SurvivesEveryTruncationOfARoute) {
  // The length in the header is what the reader trusts, as the kernel's is checked against the datagram.
  for (const auto whole : {kMultipathRoute, kRouteViaIpv6}) {
    for (std::uint32_t length = sizeof(nlmsghdr); length < Recorded(whole).header()->nlmsg_len; ++length) {
      Recorded recorded(whole);
      recorded.header()->nlmsg_len = length;
      const auto event = parse_route(recorded.header());
      EXPECT_LE(event ? event->prefix.length : 0, 32);
    }
  }
}

TEST(NetlinkMessages, WritesAManagedNeighbor) {
  // nlmsghdr: 48 bytes, RTM_NEWNEIGH, REQUEST|ACK|CREATE; ndmsg: AF_INET, interface 2, NTF_USE;
  // NDA_DST 10.9.0.7; NDA_FLAGS_EXT with NTF_EXT_MANAGED.
  EXPECT_EQ(hex_of(manage_neighbor(2, kNeighbor)),
            "2c0000001c0005040000000000000000"
            "020000000200000000000100"
            "080001000a090007"
            "08000f0001000000");
}

TEST(NetlinkMessages, WritesANeighborToUseWithoutManagement) {
  EXPECT_EQ(hex_of(use_neighbor(2, kNeighbor)),
            "240000001c0005040000000000000000"
            "020000000200000000000100"
            "080001000a090007");
}

TEST(NetlinkMessages, WritesARouteInTheKernelsOwnForm) {
  const auto message = add_route(2, *Prefix::parse("192.0.2.0/24"), *IpAddress::parse("10.9.0.9"));
  const auto event = parse_route(message.header());
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->prefix.to_string(), "192.0.2.0/24");
  ASSERT_EQ(event->hops.size(), 1U);
  EXPECT_EQ(event->hops[0].gateway.to_string(), "10.9.0.9");
  EXPECT_EQ(event->hops[0].ifindex, 2);
}

TEST(NetlinkMessages, WritesAnAddressWithItsHostBits) {
  EXPECT_EQ(hex_of(add_address(2, *Prefix::parse("10.9.0.1/24"))),
            "28000000140005060000000000000000"
            "0218000002000000"
            "080002000a090001"
            "080001000a090001");
}

}  // namespace
}  // namespace dialplane::control::netlink
