// SPDX-License-Identifier: Apache-2.0
// What health, departures and a drain of the node make of a snapshot.
#include "configs.hpp"

#include <gtest/gtest.h>

namespace dialplane::snapshot {
namespace {

using testing::backend;
using testing::build;
using testing::load;
using testing::two_networks;

const std::string kBackends = backend("a", "10.0.0.11") + backend("b", "10.0.0.12");

/// `name` at `address`, gone from pool "sbc".
LeavingBackend leaving(const std::string& name, const std::string& address) {
  config::Backend gone;
  gone.name = name;
  gone.address = *Endpoint::parse(address, 5060);
  return {"sbc", gone, {}, std::chrono::hours(4)};
}

TEST(HealthSnapshot, OneInPanicIsUsedThoughDown) {
  RuntimeState state;
  state.observed["sbc/a"] = {ObservedState::kDown, true, balance::kWholeShare};
  const auto snapshot = build(two_networks(kBackends), state);
  EXPECT_EQ(snapshot->pools[0].usable_new, (std::vector<std::uint8_t>{1, 1}));
  EXPECT_EQ(snapshot->pools[0].backends[0].observed, ObservedState::kDown);
}

TEST(HealthSnapshot, SharesAreFullUnlessToldOtherwise) {
  RuntimeState state;
  state.observed["sbc/b"] = {ObservedState::kUp, false, 64};
  const auto snapshot = build(two_networks(kBackends), state);
  EXPECT_EQ(snapshot->pools[0].share, (std::vector<std::uint16_t>{balance::kWholeShare, 64}));
}

TEST(HealthSnapshot, OneThatLeavesStandsBehindTheTable) {
  const auto before = build(two_networks(kBackends));
  RuntimeState state;
  state.leaving.push_back(leaving("gone", "10.0.0.13"));
  const auto snapshot = build(two_networks(kBackends), state, before.get());
  const Pool& pool = snapshot->pools[0];
  EXPECT_EQ(pool.table, before->pools[0].table);
  ASSERT_EQ(pool.backends.size(), 3u);
  EXPECT_TRUE(pool.backends[2].is_leaving);
  EXPECT_EQ(pool.usable_new, (std::vector<std::uint8_t>{1, 1, 0}));
  EXPECT_EQ(pool.usable_existing, (std::vector<std::uint8_t>{1, 1, 1}));
  EXPECT_EQ(pool.find(pool.backends[2].id), 2);
  EXPECT_EQ(pool.find(*Endpoint::parse("10.0.0.13:5060")), 2);
  ASSERT_NE(snapshot->find_source(*IpAddress::parse("10.0.0.13")), nullptr) << "its requests come from inside";
}

TEST(HealthSnapshot, NoPolicyPicksOneThatLeaves) {
  RuntimeState state;
  state.leaving.push_back(leaving("gone", "10.0.0.13"));
  for (const std::string policy : {"rendezvous", "maglev", "round-robin", "least-calls", "two-choices", "priority"}) {
    const auto snapshot = build(two_networks("policy = \"" + policy + "\"\n" + kBackends), state);
    const Pool& pool = snapshot->pools[0];
    ASSERT_EQ(pool.cells.size(), 3u) << policy;
    const balance::Standing standing{pool.usable_new, pool.share, pool.cells, *snapshot->backend_states};
    balance::PoolMemory memory;
    for (std::uint64_t i = 1; i <= 1000; ++i) {
      const auto hash = i * 0x9e3779b97f4a7c15U;
      const auto picked = balance::pick(pool.plan, standing, hash, balance::PickMode::kWhole, i, memory);
      ASSERT_LT(picked.position, 2) << policy << ", hash " << hash;
    }
  }
}

TEST(HealthSnapshot, OneThatLeavesKeepsItsCell) {
  CounterCells cells;
  const auto with = build_snapshot(load(two_networks(kBackends)), testing::keys(), {}, cells, nullptr);
  RuntimeState state;
  state.leaving.push_back(leaving("b", "10.0.0.12"));
  const auto without =
      build_snapshot(load(two_networks(backend("a", "10.0.0.11"))), testing::keys(), state, cells, nullptr);
  EXPECT_EQ((*without)->pools[0].backends[1].cell, (*with)->pools[0].backends[1].cell);
}

TEST(HealthSnapshot, OneThatCameBackIsNotLeaving) {
  RuntimeState state;
  state.leaving.push_back(leaving("old-name", "10.0.0.12"));
  const auto snapshot = build(two_networks(kBackends), state);
  EXPECT_EQ(snapshot->pools[0].backends.size(), 2u);
}

TEST(HealthSnapshot, MaintenanceEndsADeparture) {
  RuntimeState state;
  state.leaving.push_back(leaving("gone", "10.0.0.13"));
  state.admin["sbc/gone"] = config::AdminState::kMaint;
  const auto snapshot = build(two_networks(kBackends), state);
  EXPECT_EQ(snapshot->pools[0].usable_existing, (std::vector<std::uint8_t>{1, 1, 0}));
}

TEST(HealthSnapshot, MaintenanceOfAMemberIsNotThatOfWhoHadItsName) {
  RuntimeState state;
  state.leaving.push_back(leaving("a", "10.0.0.13"));
  state.admin["sbc/a"] = config::AdminState::kMaint;
  const auto snapshot = build(two_networks(kBackends), state);
  EXPECT_EQ(snapshot->pools[0].usable_existing, (std::vector<std::uint8_t>{0, 1, 1}));
}

TEST(HealthSnapshot, WhatIsObservedOfAMemberIsNotAboutWhoHadItsName) {
  RuntimeState state;
  state.leaving.push_back(leaving("a", "10.0.0.13"));
  state.observed["sbc/a"] = {ObservedState::kDown, true};
  const auto snapshot = build(two_networks(kBackends), state);
  EXPECT_EQ(snapshot->pools[0].backends[0].observed, ObservedState::kDown);
  EXPECT_EQ(snapshot->pools[0].backends[2].observed, ObservedState::kUnknown);
  EXPECT_FALSE(snapshot->pools[0].backends[2].in_panic);
}

TEST(HealthSnapshot, ProbesLeaveFromTheInsideListener) {
  const auto snapshot = build(two_networks(kBackends));
  EXPECT_TRUE(snapshot->is_probe_source(*Endpoint::parse("10.0.0.1:5059")));
  EXPECT_FALSE(snapshot->is_probe_source(*Endpoint::parse("10.0.0.1:5070"))) << "the listener itself";
  EXPECT_FALSE(snapshot->is_probe_source(*Endpoint::parse("198.51.100.10:5059"))) << "the outside";
  EXPECT_TRUE(snapshot->is_probe_ip(*IpAddress::parse("10.0.0.1")));
}

TEST(HealthSnapshot, ProbesLeaveFromWhereTheFileSays) {
  auto text = two_networks(kBackends);
  text.insert(text.find("name = \"lb1\"\n"), "probe_source = [\"10.0.0.3:5061\"]\n");
  const auto snapshot = build(text);
  EXPECT_TRUE(snapshot->is_probe_source(*Endpoint::parse("10.0.0.3:5061")));
  EXPECT_FALSE(snapshot->is_probe_source(*Endpoint::parse("10.0.0.1:5059")));
}

}  // namespace
}  // namespace dialplane::snapshot
