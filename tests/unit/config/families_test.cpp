// SPDX-License-Identifier: Apache-2.0
// IPv6 addresses in a configuration, and what needs a listener of its address family. Test thread.
#include "document.hpp"

#include "dialplane/config/partners.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tuple>

namespace dialplane::config {
namespace {

using testing::document;
using Family = IpAddress::Family;

void expect_problem(const std::string& toml, std::uint32_t line, std::uint32_t column, std::string_view part) {
  const auto config = load_text(toml);
  ASSERT_FALSE(config.has_value());
  ASSERT_EQ(config.error().size(), 1u) << config.error()[1].text;
  const Problem& problem = config.error()[0];
  EXPECT_EQ(problem.location.line, line);
  EXPECT_EQ(problem.location.column, column);
  EXPECT_NE((problem.text + "; " + problem.remedy).find(part), std::string::npos)
      << problem.text << "; " << problem.remedy;
}

std::string listener(const std::string& name, const std::string& address, const std::string& more) {
  return "[[listener]]\nname = \"" + name + "\"\naddress = \"" + address + "\"\n" + more;
}

/// The IPv4 configuration with an IPv6 listener on either side that the pairs of the other one name.
std::string dual_stack() {
  return document({{14, "inner = [\"core\", \"core6\"]"}, {24, "address = \"[2001:db8:1::11]:5060\""}},
                  listener("public6", "udp:[2001:db8::10]:5060",
                           "side = \"outside\"\npool = \"sbc\"\ninner = [\"core\", \"core6\"]\n") +
                      listener("core6", "udp:[2001:db8:1::1]:5060", "side = \"inside\"\n"));
}

TEST(Ipv6Config, ReadsAddressesRoutesAndPrefixes) {
  const auto config =
      load_text(document({{7, "addresses = [\"198.51.100.2/24\", \"2001:db8::2/64\"]"},
                          {8, "routes = [\"default via 2001:db8::1\", \"2001:db8:7::/48 via fe80::1\"]"},
                          {11, "address = \"udp:[2001:DB8::10]:5060\""},
                          {24, "address = \"10.0.0.11:5060\"\nsources = [\"10.0.0.0/24\", \"2001:db8:1::/64\"]"}},
                         "[[neighbor]]\nport = \"edge0\"\naddress = \"2001:db8::9\"\nmac = \"02:00:00:00:00:09\"\n"));
  ASSERT_TRUE(config.has_value()) << config.error()[0].text;
  EXPECT_EQ(config->ports[0].addresses[1], Prefix::parse("2001:db8::2/64"));
  EXPECT_EQ(config->ports[0].routes[0].prefix, Prefix::parse("::/0"));
  EXPECT_EQ(config->ports[0].routes[0].via, IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(config->ports[0].routes[1].via, IpAddress::parse("fe80::1"));
  EXPECT_EQ(config->listeners[0].address.to_string(), "[2001:db8::10]:5060");
  EXPECT_EQ(config->pools[0].backends[0].sources[1], Prefix::parse("2001:db8:1::/64"));
  EXPECT_EQ(config->neighbors[0].address, IpAddress::parse("2001:db8::9"));
}

TEST(Ipv6Config, AMappedAddressIsIpv4) {
  const auto config = load_text(document({{24, "address = \"[::ffff:10.0.0.11]:5060\""}}));
  ASSERT_TRUE(config.has_value()) << config.error()[0].text;
  EXPECT_EQ(config->pools[0].backends[0].address.to_string(), "10.0.0.11:5060");
}

TEST(Partners, AreFoundByFamily) {
  const auto config = load_text(dual_stack());
  ASSERT_TRUE(config.has_value()) << config.error()[0].text;
  const auto name = [](const Listener* found) { return found == nullptr ? std::string() : found->name; };
  const auto& [public4, core, public6, core6] =
      std::tie(config->listeners[0], config->listeners[1], config->listeners[2], config->listeners[3]);
  EXPECT_EQ(name(inner_of(*config, public4, Family::kV4)), "core");
  EXPECT_EQ(name(inner_of(*config, public4, Family::kV6)), "core6");
  EXPECT_EQ(name(inner_of(*config, public6, Family::kV4)), "core");
  EXPECT_EQ(name(outer_of(*config, core6, Family::kV4)), "public");
  EXPECT_EQ(name(outer_of(*config, core6, Family::kV6)), "public6");
  // By way of the other side: what an outside listener has towards callers, an inside one towards backends.
  EXPECT_EQ(name(outer_of(*config, public4, Family::kV6)), "public6");
  EXPECT_EQ(name(inner_of(*config, core, Family::kV6)), "core6");
  EXPECT_EQ(name(inner_of(*config, core, Family::kV4)), "core");
}

TEST(Partners, AListenerOfBothSidesIsItsOwnForItsFamilyOnly) {
  const auto config = load_text(document({{12, ""}, {14, ""}, {15, ""}, {16, ""}, {17, ""}, {18, ""}, {19, ""}}));
  ASSERT_TRUE(config.has_value()) << config.error()[0].text;
  EXPECT_EQ(inner_of(*config, config->listeners[0], Family::kV4), &config->listeners[0]);
  EXPECT_EQ(inner_of(*config, config->listeners[0], Family::kV6), nullptr);
}

TEST(Partners, AnInsideListenerReachesBackendsByWayOfOneOfBothSides) {
  const auto config = load_text(document({{11, "address = \"udp:[2001:db8::10]:5060\""}, {12, "side = \"both\""}},
                                         "[[pool.backend]]\nname = \"sbc2\"\naddress = \"[2001:db8:1::12]:5060\"\n"));
  ASSERT_TRUE(config.has_value()) << config.error()[0].text;
  EXPECT_EQ(inner_of(*config, config->listeners[1], Family::kV4), &config->listeners[1]);
  EXPECT_EQ(inner_of(*config, config->listeners[1], Family::kV6), &config->listeners[0]);
}

TEST(Families, BackendWithoutAnInnerListenerOfItsFamily) {
  expect_problem(document({{24, "address = \"[2001:db8:1::11]:5060\""}}), 13, 8,
                 "listener \"public\" has no inner listener with an IPv6 address");
}
TEST(Families, BackendOnTheOneNetworkOfAnotherFamily) {
  expect_problem(document({{12, ""},
                           {14, ""},
                           {15, ""},
                           {16, ""},
                           {17, ""},
                           {18, ""},
                           {19, ""},
                           {24, "address = \"[2001:db8:1::11]:5060\""}}),
                 13, 8, "add a listener with an IPv6 address to `inner`");
}
TEST(Families, OutboundPoolWithoutASource) {
  expect_problem(document({{18, "side = \"inside\"\noutbound = \"pool six\""}},
                          "[[pool]]\nname = \"six\"\n[[pool.backend]]\nname = \"x\"\naddress = \"[2001:db8:1::12]\"\n"),
                 19, 12, "nothing could be sent to backend \"x\"");
}
TEST(Families, AllowedPrefixWithoutAnOuterListener) {
  expect_problem(
      document({{18, "side = \"inside\"\noutbound = \"literal\"\noutbound_allow = [\"0.0.0.0/0\", \"::/0\"]"}}), 20, 32,
      "add a listener with an IPv6 address to `outer`");
}
TEST(Families, ListenerOfBothSidesWithBackendsOfTheOtherFamily) {
  expect_problem(document({}, listener("third", "udp:[2001:db8::3]:5060", "pool = \"sbc\"\n")), 28, 8,
                 "listener \"third\" has no inner listener with an IPv4 address");
}
TEST(Families, TwoInnerListenersOfOneFamily) {
  expect_problem(document({{14, "inner = [\"core\", \"core2\"]"}},
                          listener("core2", "udp:10.0.0.2:5060", "side = \"inside\"\nouter = [\"public\"]\n")),
                 14, 18, "two listeners of one address family");
}
TEST(Families, MtuTooSmallForIpv6) {
  expect_problem(document({{7, "mtu = 1279\naddresses = [\"198.51.100.2/24\", \"2001:db8::2/64\"]"}}), 7, 7,
                 "give at least 1280");
}

}  // namespace
}  // namespace dialplane::config
