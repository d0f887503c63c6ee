// SPDX-License-Identifier: Apache-2.0
// What a configuration and runtime state become in a snapshot.
#include "dialplane/snapshot/builder.hpp"

#include "configs.hpp"

#include "dialplane/sip/tokens.hpp"

#include <gtest/gtest.h>

namespace dialplane::snapshot {
namespace {

using testing::backend;
using testing::build;
using testing::keys;
using testing::load;
using testing::two_networks;

const std::string kTwoBackends = backend("a", "10.0.0.11:5060") + backend("b", "10.0.0.12:5080", "weight = 50");

TEST(Builder, CarriesListeners) {
  const auto snapshot = build(two_networks(kTwoBackends));
  ASSERT_EQ(snapshot->listeners.size(), 2u);
  const Listener& outside = snapshot->listeners[0];
  EXPECT_EQ(outside.sent_by, "198.51.100.10:5060");
  EXPECT_EQ(outside.id, sip::make_listener_id("udp:198.51.100.10:5060"));
  EXPECT_EQ(outside.side, config::Side::kOutside);
  EXPECT_EQ(outside.port_mask, 1u);
  EXPECT_EQ(outside.pool, PoolIndex{0});
  EXPECT_EQ(outside.inner.v4, ListenerIndex{1});
  EXPECT_EQ(outside.inner.v6, ListenerIndex{kNoIndex});
  EXPECT_EQ(outside.outer.v4, ListenerIndex{0});
  EXPECT_EQ(outside.nat, config::NatMode::kAlways);
  EXPECT_EQ(outside.outbound_pool, PoolIndex{kNoIndex});
  const Listener& inside = snapshot->listeners[1];
  EXPECT_EQ(inside.port_mask, 3u);
  EXPECT_EQ(inside.pool, PoolIndex{kNoIndex});
  EXPECT_EQ(inside.inner.v4, ListenerIndex{1});
  EXPECT_EQ(inside.outer.v4, ListenerIndex{0});
  EXPECT_EQ(inside.outbound, config::OutboundMode::kPool);
  EXPECT_EQ(inside.outbound_pool, PoolIndex{0});
}

TEST(Builder, FindsTheListenerOfEachFamily) {
  const std::string core6 = R"([[listener]]
name = "core6"
address = "udp:[2001:db8:c::1]:5070"
side = "inside"
outer = ["public"]
)";
  const auto snapshot = build(two_networks(kTwoBackends + backend("c", "[2001:db8:c::11]:5060") + core6));
  const Listener& outside = snapshot->listeners[0];
  const Listener& inside = snapshot->listeners[1];
  const Listener& inside6 = snapshot->listeners[2];
  const auto v4 = *IpAddress::parse("10.0.0.11");
  const auto v6 = *IpAddress::parse("2001:db8:c::11");
  EXPECT_EQ(inside6.sent_by, "[2001:db8:c::1]:5070");
  EXPECT_EQ(snapshot->inner_toward(outside, v4), &inside);
  EXPECT_EQ(snapshot->inner_toward(outside, v6), &inside6);
  EXPECT_EQ(snapshot->inner_toward(inside, v6), &inside6);
  EXPECT_EQ(snapshot->outer_toward(inside6, v4), &outside);
  EXPECT_EQ(snapshot->outer_toward(inside6, v6), nullptr);
  EXPECT_EQ(&snapshot->main_outer(inside6), &outside);
}

TEST(Builder, CarriesPortsAndRuntimeState) {
  RuntimeState state;
  state.macs[1] = {{2, 0, 0, 0, 0, 7}};
  const auto snapshot = build(two_networks(kTwoBackends), state);
  EXPECT_EQ(snapshot->mtu[0], 1400);
  EXPECT_EQ(snapshot->mtu[1], 1500);
  EXPECT_EQ(snapshot->rx_checksum[0], config::RxChecksum::kVerify);
  EXPECT_EQ(snapshot->rx_checksum[1], config::RxChecksum::kAbsent);
  EXPECT_EQ(snapshot->macs[1], state.macs[1]);
  EXPECT_EQ(snapshot->next_hops, state.next_hops);
  EXPECT_EQ(snapshot->node, sip::make_node_id("lb1"));
  EXPECT_EQ(snapshot->keys.slots, keys().slots);
}

TEST(Builder, BackendIdComesFromAddressOrExplicitId) {
  const auto snapshot =
      build(two_networks(backend("a", "10.0.0.11") + backend("b", "10.0.0.12:5080", "id = \"bravo\"")));
  const Pool& pool = snapshot->pools.at(0);
  EXPECT_EQ(pool.backends[0].id, sip::make_backend_id("10.0.0.11:5060"));
  EXPECT_EQ(pool.backends[1].id, sip::make_backend_id("bravo"));
}

TEST(Builder, BackendsOfANewProcessGetDifferentCells) {
  const auto snapshot = build(two_networks(kTwoBackends));
  EXPECT_NE(snapshot->pools[0].backends[0].cell, snapshot->pools[0].backends[1].cell);
}

TEST(Builder, BackendKeepsItsCellWhenOthersComeAndGo) {
  CounterCells cells;
  const auto first = build_snapshot(load(two_networks(kTwoBackends)), keys(), {}, cells, nullptr);
  const auto second = build_snapshot(load(two_networks(backend("c", "10.0.0.13") + backend("b", "10.0.0.12:5080"))),
                                     keys(), {}, cells, first->get());
  EXPECT_EQ((*second)->pools[0].backends[1].cell, (*first)->pools[0].backends[1].cell);
  EXPECT_NE((*second)->pools[0].backends[0].cell, (*first)->pools[0].backends[0].cell);
}

TEST(Builder, CellsRunOut) {
  CounterCells cells;
  for (std::uint32_t i = 0; i < kMaxBackendCells; ++i) ASSERT_TRUE(cells.cell_of(BackendId{i}).has_value());
  EXPECT_FALSE(cells.cell_of(BackendId{kMaxBackendCells}).has_value());
  EXPECT_EQ(cells.cell_of(BackendId{17}).value(), BackendCell{17});
}

TEST(Builder, StateFromTheFileDecidesWhoIsUsable) {
  const auto snapshot =
      build(two_networks(backend("a", "10.0.0.11") + backend("b", "10.0.0.12", "state = \"drain\"") +
                         backend("c", "10.0.0.13", "state = \"maint\"") + backend("d", "10.0.0.14", "weight = 0")));
  const Pool& pool = snapshot->pools[0];
  EXPECT_EQ(pool.usable_new, (std::vector<std::uint8_t>{1, 0, 0, 0}));
  EXPECT_EQ(pool.usable_existing, (std::vector<std::uint8_t>{1, 1, 0, 1}));
  EXPECT_TRUE(pool.any_usable);
}

TEST(Builder, CommandedStateWinsOverTheFile) {
  RuntimeState state;
  state.admin["sbc/a"] = config::AdminState::kMaint;
  state.admin["other/b"] = config::AdminState::kMaint;
  const auto snapshot = build(two_networks(kTwoBackends), state);
  EXPECT_EQ(snapshot->pools[0].usable_existing, (std::vector<std::uint8_t>{0, 1}));
}

TEST(Builder, BackendSeenDownGetsNothingNewButKeepsItsDialogs) {
  RuntimeState state;
  state.observed["sbc/a"].state = ObservedState::kDown;
  state.observed["sbc/b"].state = ObservedState::kDown;
  const auto snapshot = build(two_networks(kTwoBackends), state);
  const Pool& pool = snapshot->pools[0];
  EXPECT_EQ(pool.backends[0].observed, ObservedState::kDown);
  EXPECT_EQ(pool.usable_new, (std::vector<std::uint8_t>{0, 0}));
  EXPECT_EQ(pool.usable_existing, (std::vector<std::uint8_t>{1, 1}));
  EXPECT_FALSE(pool.any_usable);
}

TEST(Builder, TableMembersStandInTheOrderOfBackends) {
  const auto snapshot = build(two_networks(kTwoBackends));
  const Pool& pool = snapshot->pools[0];
  const auto members = pool.table->members();
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[0], (balance::Member{pool.backends[0].id, 100}));
  EXPECT_EQ(members[1], (balance::Member{pool.backends[1].id, 50}));
}

TEST(Builder, SharesTheTableWhenOnlyHealthChanged) {
  const auto first = build(two_networks(kTwoBackends));
  RuntimeState state;
  state.observed["sbc/a"].state = ObservedState::kDown;
  const auto second = build(two_networks(kTwoBackends), state, first.get());
  EXPECT_EQ(second->pools[0].table, first->pools[0].table);
}

TEST(Builder, BuildsTheTableAnewWhenAWeightChanged) {
  const auto first = build(two_networks(kTwoBackends));
  const auto second = build(two_networks(backend("a", "10.0.0.11") + backend("b", "10.0.0.12:5080")), {}, first.get());
  EXPECT_NE(second->pools[0].table, first->pools[0].table);
  EXPECT_NE(second->pools[0].table->checksum(), first->pools[0].table->checksum());
}

TEST(Builder, BuildsTheTableAnewWhenTheKeyChanged) {
  const auto first = build(two_networks(kTwoBackends));
  const auto second = build(two_networks(kTwoBackends), {}, first.get(), 2);
  EXPECT_NE(second->pools[0].table, first->pools[0].table);
}

TEST(Builder, CountsLoadsOfTheConfiguration) {
  CounterCells cells;
  const auto config = load(two_networks(kTwoBackends));
  const auto first = build_snapshot(config, keys(), {}, cells, nullptr);
  const auto same = build_snapshot(config, keys(), {}, cells, first->get());
  const auto other = build_snapshot(load(two_networks(kTwoBackends)), keys(), {}, cells, same->get());
  EXPECT_EQ((*first)->config_generation, 1u);
  EXPECT_EQ((*same)->config_generation, 1u);
  EXPECT_EQ((*other)->config_generation, 2u);
}

TEST(Builder, OneServerMayBeInTwoPools) {
  const auto snapshot =
      build(two_networks(kTwoBackends) + "[[pool]]\nname = \"emergency\"\n" + backend("x", "10.0.0.11:5060"));
  EXPECT_EQ(snapshot->pools[1].backends[0].id, snapshot->pools[0].backends[0].id);
  EXPECT_EQ(snapshot->pools[1].backends[0].cell, snapshot->pools[0].backends[0].cell);
  EXPECT_EQ(snapshot->find_source(IpAddress::v4(0x0a00000b))->pool, PoolIndex{0});
}

TEST(Builder, RefusesTwoServersWithOneId) {
  // The loader refuses equal explicit ids; a collision of digests looks the same to the builder.
  auto config = *load(two_networks(kTwoBackends));
  config.pools[0].backends[0].id = "same";
  config.pools[0].backends[1].id = "same";
  CounterCells cells;
  const auto result = build_snapshot(std::make_shared<const config::Config>(config), keys(), {}, cells, nullptr);
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().text.find("another `id`"), std::string::npos) << result.error().text;
  EXPECT_NE(result.error().text.find("10.0.0.12:5080"), std::string::npos) << result.error().text;
}

TEST(Builder, RefusesTwoListenersWithOneId) {
  auto config = *load(two_networks(kTwoBackends));
  config.listeners[1].address = config.listeners[0].address;
  CounterCells cells;
  const auto result = build_snapshot(std::make_shared<const config::Config>(config), keys(), {}, cells, nullptr);
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().text.find("listeners \"public\" and \"core\""), std::string::npos) << result.error().text;
}

}  // namespace
}  // namespace dialplane::snapshot
