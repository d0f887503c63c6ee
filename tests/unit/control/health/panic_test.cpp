// SPDX-License-Identifier: Apache-2.0
// The panic rule and the slow start, as functions.
#include "health/panic.hpp"

#include "dialplane/snapshot/snapshot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace dialplane::control {
namespace {

using namespace std::chrono_literals;
const PanicRule::Time kStart = PanicRule::Time(1h);

/// `healthy` members that are up and `silent` that are down because they do not answer.
std::vector<PanicMember> members(std::size_t healthy, std::size_t silent) {
  std::vector<PanicMember> list(healthy);
  list.resize(healthy + silent, PanicMember{true, true, false, false});
  return list;
}

std::size_t in_panic(const std::vector<PanicMember>& list) {
  return static_cast<std::size_t>(std::ranges::count(list, true, &PanicMember::in_panic));
}

TEST(Panic, BeginsAtTheShare) {
  PanicRule rule;
  auto few = members(3, 7);
  rule.judge({}, few, kStart);
  EXPECT_EQ(in_panic(few), 7u);
  EXPECT_EQ(rule.since(), kStart);
}

TEST(Panic, NotAboveTheShare) {
  PanicRule rule;
  auto enough = members(4, 6);
  rule.judge({}, enough, kStart);
  EXPECT_EQ(in_panic(enough), 0u);
}

TEST(Panic, NotWhereNoneIsHealthy) {
  PanicRule rule;
  auto none = members(0, 4);
  rule.judge({}, none, kStart);
  EXPECT_EQ(in_panic(none), 0u);
}

TEST(Panic, NeverForThoseThatSaidTheyAreUnwell) {
  PanicRule rule;
  auto list = members(1, 3);
  list.back().is_silent = false;
  rule.judge({}, list, kStart);
  EXPECT_EQ(in_panic(list), 2u);
  EXPECT_FALSE(list.back().in_panic);
}

TEST(Panic, EndsAfterItsTime) {
  PanicRule rule;
  auto list = members(1, 3);
  rule.judge({}, list, kStart);
  rule.judge({}, list, kStart + 9999ms);
  EXPECT_EQ(in_panic(list), 3u);
  rule.judge({}, list, kStart + 10s);
  EXPECT_EQ(in_panic(list), 0u);
}

TEST(Panic, GoesOnForThoseThatAnswerTraffic) {
  PanicRule rule;
  auto list = members(1, 3);
  rule.judge({}, list, kStart);
  list.back().answers_traffic = true;
  rule.judge({}, list, kStart + 1min);
  EXPECT_EQ(in_panic(list), 1u);
  EXPECT_TRUE(list.back().in_panic);
}

TEST(Panic, BeginsAnewOnlyAfterARecovery) {
  PanicRule rule;
  auto list = members(1, 3);
  rule.judge({}, list, kStart);
  auto well = members(4, 0);
  rule.judge({}, well, kStart + 20s);
  rule.judge({}, list, kStart + 30s);
  EXPECT_EQ(in_panic(list), 3u);
}

TEST(Panic, ShareOfNoughtTurnsItOff) {
  PanicRule rule;
  config::Health off;
  off.panic = 0;
  auto list = members(1, 9);
  rule.judge(off, list, kStart);
  EXPECT_EQ(in_panic(list), 0u);
}

TEST(SlowStart, GrowsInSixteenthsToTheFullShare) {
  EXPECT_EQ(share_after(0s, 16s), 64);
  EXPECT_EQ(share_after(999ms, 16s), 64);
  EXPECT_EQ(share_after(1s, 16s), 128);
  EXPECT_EQ(share_after(15s, 16s), balance::kWholeShare);
  EXPECT_EQ(share_after(1h, 16s), balance::kWholeShare);
}

TEST(SlowStart, OfNoLengthIsNone) { EXPECT_EQ(share_after(0s, 0s), balance::kWholeShare); }

}  // namespace
}  // namespace dialplane::control
