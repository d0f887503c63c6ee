// SPDX-License-Identifier: Apache-2.0
// Lookups that workers make in a snapshot.
#include "dialplane/snapshot/snapshot.hpp"

#include "configs.hpp"

#include <gtest/gtest.h>

namespace dialplane::snapshot {
namespace {

using testing::backend;
using testing::build;
using testing::two_networks;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
Endpoint endpoint(std::string_view text) { return Endpoint::parse(text).value(); }

std::unique_ptr<Snapshot> example() {
  return build(two_networks(backend("a", "10.0.0.11:5060") + backend("b", "10.0.0.12:5060") +
                            backend("c", "10.0.0.13:5060", "sources = [\"10.9.0.0/16\", \"10.9.1.0/24\"]") +
                            backend("d", "10.0.0.14:5060", "sources = [\"10.9.1.7\", \"0.0.0.0/0\"]")));
}

TEST(Lookup, ListenerByDestinationAndPort) {
  const auto snapshot = example();
  const Listener* listener = snapshot->find_listener(endpoint("198.51.100.10:5060"), PortIndex{0});
  ASSERT_NE(listener, nullptr);
  EXPECT_EQ(listener->name, "public");
}

TEST(Lookup, ListenerIsNotServedOnOtherPorts) {
  const auto snapshot = example();
  EXPECT_EQ(snapshot->find_listener(endpoint("198.51.100.10:5060"), PortIndex{1}), nullptr);
  EXPECT_EQ(snapshot->find_listener(endpoint("198.51.100.10:5060"), PortIndex{kNoIndex}), nullptr);
}

TEST(Lookup, ListenerNeedsTheExactUdpPort) {
  EXPECT_EQ(example()->find_listener(endpoint("198.51.100.10:5061"), PortIndex{0}), nullptr);
}

TEST(Lookup, ListenerById) {
  const auto snapshot = example();
  EXPECT_EQ(snapshot->find_listener(snapshot->listeners[1].id), &snapshot->listeners[1]);
  EXPECT_EQ(snapshot->find_listener(ListenerId{snapshot->listeners[0].id.value ^ 1}), nullptr);
}

TEST(Lookup, OwnAddressNeedsItsPort) {
  const auto snapshot = example();
  EXPECT_TRUE(snapshot->is_own("198.51.100.10", 5060));
  EXPECT_TRUE(snapshot->is_own("10.0.0.1", 5070));
  EXPECT_FALSE(snapshot->is_own("198.51.100.10", 5070));
  EXPECT_FALSE(snapshot->is_own("10.0.0.1", 5060));
}

TEST(Lookup, OwnNameInAnyCaseWithAnyListenerPort) {
  const auto snapshot = example();
  EXPECT_TRUE(snapshot->is_own("sip.carrier.EXAMPLE", 5060));
  EXPECT_TRUE(snapshot->is_own("sip.carrier.example", 5070));
  EXPECT_FALSE(snapshot->is_own("sip.carrier.example", 5061));
  EXPECT_FALSE(snapshot->is_own("sip.carrier.example.", 5060));
}

TEST(Lookup, NumericNameIsOwn) { EXPECT_TRUE(example()->is_own("192.0.2.77", 5060)); }
TEST(Lookup, ForeignAddressIsNotOwn) { EXPECT_FALSE(example()->is_own("192.0.2.78", 5060)); }
TEST(Lookup, AddressIsComparedInBinary) { EXPECT_TRUE(example()->is_own("[::ffff:198.51.100.10]", 5060)); }

TEST(Lookup, OwnIpv6AddressIsOwnInAnySpellingButNotInPart) {
  const auto snapshot = build(two_networks(backend("a", "10.0.0.11:5060") + R"([[listener]]
name = "core6"
address = "udp:[2001:db8:c::1]:5070"
side = "inside"
outer = ["public"]
)"));
  EXPECT_TRUE(snapshot->is_own("[2001:db8:c::1]", 5070));
  EXPECT_TRUE(snapshot->is_own("[2001:DB8:C:0::1]", 5070));
  EXPECT_TRUE(snapshot->is_own("2001:db8:c::1", 5070));
  EXPECT_FALSE(snapshot->is_own("[2001:db8:c:", 5070));
  EXPECT_FALSE(snapshot->is_own("[2001", 5070));
  EXPECT_FALSE(snapshot->is_own("", 5070));
}

TEST(Lookup, SourceByOwnAddressWhereNoneIsTold) {
  const auto snapshot = example();
  ASSERT_NE(snapshot->find_source(ip("10.0.0.12")), nullptr);
  EXPECT_EQ(snapshot->find_source(ip("10.0.0.12"))->position, 1);
}

TEST(Lookup, LongestSourcePrefixWins) {
  const auto snapshot = example();
  EXPECT_EQ(snapshot->find_source(ip("10.9.1.7"))->position, 3);
  EXPECT_EQ(snapshot->find_source(ip("10.9.1.8"))->prefix.length, 24);
  EXPECT_EQ(snapshot->find_source(ip("10.9.2.8"))->prefix.length, 16);
  EXPECT_EQ(snapshot->find_source(ip("192.0.2.1"))->prefix.length, 0);
}

TEST(Lookup, ManySourcesAreFoundAsFewAre) {
  std::string others;
  for (int i = 0; i < 30; ++i) {
    const auto number = std::to_string(i);
    others += backend("x" + number, "10.0.2." + number + ":5060");
  }
  const auto few = example();
  const auto many =
      build(two_networks(backend("a", "10.0.0.11:5060") + backend("b", "10.0.0.12:5060") +
                         backend("c", "10.0.0.13:5060", "sources = [\"10.9.0.0/16\", \"10.9.1.0/24\"]") +
                         backend("d", "10.0.0.14:5060", "sources = [\"10.9.1.7\", \"0.0.0.0/0\"]") + others));
  for (const auto* address : {"10.0.0.11", "10.0.0.12", "10.9.1.7", "10.9.1.8", "10.9.2.8", "192.0.2.1"}) {
    EXPECT_EQ(many->find_source(ip(address))->position, few->find_source(ip(address))->position) << address;
    EXPECT_EQ(many->find_source(ip(address))->prefix, few->find_source(ip(address))->prefix) << address;
  }
  EXPECT_EQ(many->find_source(ip("10.0.2.29"))->position, 33);
  EXPECT_EQ(many->find_source(ip("2001:db8::1")), nullptr);
  EXPECT_EQ(few->find_source(ip("2001:db8::1")), nullptr);
}

TEST(Lookup, ToldSourcesReplaceTheOwnAddress) {
  const auto snapshot = build(two_networks(backend("a", "10.0.0.11", "sources = [\"10.0.1.11\"]")));
  EXPECT_EQ(snapshot->find_source(ip("10.0.0.11")), nullptr);
  EXPECT_NE(snapshot->find_source(ip("10.0.1.11")), nullptr);
}

TEST(Lookup, SourceOfAnotherFamilyIsNobody) { EXPECT_EQ(example()->find_source(ip("2001:db8::1")), nullptr); }

TEST(Lookup, EveryBackendByIdAndAddress) {
  const auto snapshot = example();
  const Pool& pool = snapshot->pools[0];
  for (std::uint16_t i = 0; i < pool.backends.size(); ++i) {
    EXPECT_EQ(pool.find(pool.backends[i].id), i);
    EXPECT_EQ(pool.find(pool.backends[i].address), i);
  }
}

TEST(Lookup, UnknownBackendIsNoIndex) {
  const auto snapshot = example();
  EXPECT_EQ(snapshot->pools[0].find(endpoint("10.0.0.11:5061")), kNoIndex);
  EXPECT_EQ(snapshot->pools[0].find(BackendId{snapshot->pools[0].backends[0].id.value + 1}), kNoIndex);
  EXPECT_EQ(Pool{}.find(BackendId{0}), kNoIndex);
}

TEST(ObservedStates, HaveNames) {
  EXPECT_EQ(observed_state_name(ObservedState::kUnknown), "unknown");
  EXPECT_EQ(observed_state_name(ObservedState::kUp), "up");
  EXPECT_EQ(observed_state_name(ObservedState::kDown), "down");
  EXPECT_EQ(observed_state_name(ObservedState::kProbing), "probing");
}

}  // namespace
}  // namespace dialplane::snapshot
