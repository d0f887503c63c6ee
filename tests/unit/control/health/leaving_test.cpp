// SPDX-License-Identifier: Apache-2.0
// Who is leaving after a change of the file, and until when.
#include "health/leaving.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <string>

namespace dialplane::control {
namespace {

using namespace std::chrono_literals;
const SteadyTime kStart = SteadyTime(100h);

config::Config config_with(std::initializer_list<const char*> addresses, std::chrono::milliseconds linger = 4h) {
  config::Config config;
  config::Pool pool;
  pool.name = "sbc";
  pool.health.linger = linger;
  for (const auto* address : addresses) {
    config::Backend backend;
    backend.name = std::string("b") + address;
    backend.address = *Endpoint::parse(address, 5060);
    pool.backends.push_back(backend);
  }
  config.pools.push_back(pool);
  return config;
}

TEST(Leaving, IsWhoTheFileDoesNotNameAnyMore) {
  const auto leaving = leaving_after({}, config_with({"10.0.0.1", "10.0.0.2"}), config_with({"10.0.0.2"}), kStart);
  ASSERT_EQ(leaving.size(), 1u);
  EXPECT_EQ(leaving[0].pool, "sbc");
  EXPECT_EQ(leaving[0].backend.name, "b10.0.0.1");
  EXPECT_EQ(leaving[0].since, kStart);
  EXPECT_EQ(leaving[0].linger, 4h);
}

TEST(Leaving, StaysSoOverFurtherChanges) {
  const auto first = leaving_after({}, config_with({"10.0.0.1", "10.0.0.2"}), config_with({"10.0.0.2"}), kStart);
  const auto second = leaving_after(first, config_with({"10.0.0.2"}), config_with({"10.0.0.3"}), kStart + 1h);
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(second[0].since, kStart);
  EXPECT_EQ(second[1].backend.name, "b10.0.0.2");
}

TEST(Leaving, EndsWhenItComesBack) {
  const auto first = leaving_after({}, config_with({"10.0.0.1", "10.0.0.2"}), config_with({"10.0.0.2"}), kStart);
  EXPECT_TRUE(leaving_after(first, config_with({"10.0.0.2"}), config_with({"10.0.0.1", "10.0.0.2"}), kStart).empty());
}

TEST(Leaving, AnotherNameForTheSameServerIsNoDeparture) {
  auto renamed = config_with({"10.0.0.1"});
  renamed.pools[0].backends[0].name = "new";
  EXPECT_TRUE(leaving_after({}, config_with({"10.0.0.1"}), renamed, kStart).empty());
}

TEST(Leaving, EndsWithItsPool) {
  auto other = config_with({"10.0.0.1"});
  other.pools[0].name = "other";
  EXPECT_TRUE(leaving_after({}, config_with({"10.0.0.1"}), other, kStart).empty());
}

TEST(Leaving, KeepsTheStateThatACommandSet) {
  const auto before = config_with({"10.0.0.1", "10.0.0.2"});
  const auto after = config_with({"10.0.0.2"});
  const std::map<std::string, config::AdminState> commanded{{"sbc/b10.0.0.1", config::AdminState::kMaint}};
  const auto at_departure = leaving_after({}, before, after, kStart, commanded);
  ASSERT_EQ(at_departure.size(), 1u);
  EXPECT_EQ(at_departure[0].backend.state, config::AdminState::kMaint);
  const auto told_later = leaving_after(leaving_after({}, before, after, kStart), after, after, kStart, commanded);
  ASSERT_EQ(told_later.size(), 1u);
  EXPECT_EQ(told_later[0].backend.state, config::AdminState::kMaint);
}

TEST(Leaving, WhatIsToldOfAMemberWithItsNameIsNotAboutIt) {
  auto moved = config_with({"10.0.0.9"});
  moved.pools[0].backends[0].name = "b10.0.0.1";
  const auto leaving = leaving_after({}, config_with({"10.0.0.1"}), moved, kStart);
  const auto later = leaving_after(leaving, moved, moved, kStart, {{"sbc/b10.0.0.1", config::AdminState::kMaint}});
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].backend.state, config::AdminState::kReady);
}

TEST(Leaving, NotWithoutLinger) {
  EXPECT_TRUE(leaving_after({}, config_with({"10.0.0.1", "10.0.0.2"}, 0ms), config_with({"10.0.0.2"}), kStart).empty());
}

TEST(Leaving, EndsAfterLingerWhateverItHolds) {
  const LeavingBackends leaving{{"sbc", {}, kStart, 4h}};
  const auto holds = [](const snapshot::LeavingBackend&) { return false; };
  EXPECT_EQ(leaving_at(leaving, holds, kStart - 100h, kStart + 4h - 1ms).size(), 1u);
  EXPECT_TRUE(leaving_at(leaving, holds, kStart - 100h, kStart + 4h).empty());
}

TEST(Leaving, EndsEarlyWhenItHoldsNothing) {
  const LeavingBackends leaving{{"sbc", {}, kStart, 4h}};
  const auto nothing = [](const snapshot::LeavingBackend&) { return true; };
  EXPECT_EQ(leaving_at(leaving, nothing, kStart - 100h, kStart + 31s).size(), 1u) << "a transaction may be under way";
  EXPECT_TRUE(leaving_at(leaving, nothing, kStart - 100h, kStart + 32s).empty());
}

TEST(Leaving, CountsOfAYoungProcessDoNotEndIt) {
  const LeavingBackends leaving{{"sbc", {}, kStart, 4h}};
  const auto nothing = [](const snapshot::LeavingBackend&) { return true; };
  EXPECT_EQ(leaving_at(leaving, nothing, kStart - 1h, kStart + 2h).size(), 1u);
}

}  // namespace
}  // namespace dialplane::control
