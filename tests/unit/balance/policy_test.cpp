// SPDX-License-Identifier: Apache-2.0
// What every policy promises, and what only some do. Test thread.
#include "dialplane/balance/policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace dialplane::balance {
namespace {

constexpr SipKey kKey = {0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
constexpr std::size_t kMessages = 100'000;

std::uint64_t hash_of(std::size_t message) {
  return SipHash13::of(kKey, "call-" + std::to_string(message) + "@host.example");
}

/// A pool of one worker as the pipeline sees it.
class Bench {
 public:
  Bench(Policy policy, const std::vector<std::uint32_t>& weights, std::uint32_t load_permille = 0) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      members.push_back({BackendId{static_cast<std::uint32_t>(i + 1) * 0x9e3779b1U}, weights[i]});
      cells.push_back(BackendCell(static_cast<std::uint16_t>(i)));
    }
    tiers.assign(weights.size(), 1);
    usable.assign(weights.size(), 1);
    for (std::size_t i = 0; i < weights.size(); ++i) usable[i] = weights[i] != 0 ? 1 : 0;
    policy_ = policy;
    load_permille_ = load_permille;
  }
  void prepare() { plan = make_plan({policy_, members, tiers, 65'536, load_permille_}, kKey, {}); }
  Pick pick_one(std::uint64_t hash, PickMode mode = PickMode::kWhole) {
    if (plan.tables.empty()) prepare();
    return pick(plan, {usable, share, cells, states}, hash, mode, ++now_ms, memories.of(0, hash));
  }
  /// Picks and opens a dialog there.
  std::uint16_t open(std::uint64_t hash) {
    const Pick picked = pick_one(hash);
    if (picked.position != kNoIndex) {
      states.note_opened(StatesWriter(0), cells[picked.position], Holding::kDialogs);
    }
    return picked.position;
  }
  /// By id, so that benches of another order can be compared.
  std::vector<std::uint32_t> open_many(std::size_t messages = kMessages) {
    std::vector<std::uint32_t> ids;
    for (std::size_t i = 0; i < messages; ++i) {
      const std::uint16_t at = open(hash_of(i));
      ids.push_back(at == kNoIndex ? 0 : members[at].id.value);
    }
    return ids;
  }

  std::vector<Member> members;
  std::vector<std::uint16_t> tiers;
  std::vector<std::uint8_t> usable;
  std::vector<std::uint16_t> share;
  std::vector<BackendCell> cells;
  BackendStates states{1};
  Plan plan;
  PoolMemories memories;
  std::uint64_t now_ms = 0;

 private:
  Policy policy_ = Policy::kRendezvous;
  std::uint32_t load_permille_ = 0;
};

std::map<std::uint32_t, std::size_t> count(const std::vector<std::uint32_t>& ids) {
  std::map<std::uint32_t, std::size_t> counts;
  for (const std::uint32_t id : ids) ++counts[id];
  return counts;
}

class EveryPolicy : public ::testing::TestWithParam<Policy> {};
class EveryHashPolicy : public ::testing::TestWithParam<Policy> {};

std::string name_of(const ::testing::TestParamInfo<Policy>& info) {
  std::string name(policy_name(info.param));
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Policies, EveryPolicy,
                         ::testing::Values(Policy::kRendezvous, Policy::kMaglev, Policy::kRoundRobin,
                                           Policy::kLeastCalls, Policy::kTwoChoices, Policy::kPriority),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Policies, EveryHashPolicy,
                         ::testing::Values(Policy::kRendezvous, Policy::kMaglev, Policy::kPriority), name_of);

TEST_P(EveryPolicy, EqualWeightsGiveEvenShares) {
  Bench bench(GetParam(), std::vector<std::uint32_t>(16, 100));
  const auto shares = count(bench.open_many());
  EXPECT_EQ(shares.size(), 16U);
  for (const auto& [id, calls] : shares) EXPECT_LE(static_cast<double>(calls) / (kMessages / 16.0), 1.06) << id;
}

TEST_P(EveryPolicy, WeightsAreHonoured) {
  Bench bench(GetParam(), {1, 2, 3, 4});
  const auto shares = count(bench.open_many());
  for (const Member& m : bench.members) {
    const double ideal = kMessages * m.weight / 10.0;
    EXPECT_NEAR(static_cast<double>(shares.at(m.id.value)), ideal, 0.03 * ideal) << m.weight;
  }
}

TEST_P(EveryPolicy, LargeWeightsAreHonoured) {
  Bench bench(GetParam(), {4'000'000'000U, 2'000'000'001U});
  const auto shares = count(bench.open_many(30'000));
  EXPECT_NEAR(static_cast<double>(shares.at(bench.members[0].id.value)), 20'000, 600);
}

TEST_P(EveryPolicy, WeightZeroGetsNothing) {
  Bench bench(GetParam(), {100, 0, 100});
  bench.usable[1] = 1;
  EXPECT_FALSE(count(bench.open_many(5'000)).contains(bench.members[1].id.value));
}

TEST_P(EveryPolicy, NobodyUsableIsNobody) {
  Bench bench(GetParam(), {100, 100, 100});
  bench.usable = {0, 0, 0};
  EXPECT_EQ(bench.pick_one(1).position, kNoIndex);
  EXPECT_EQ(bench.pick_one(1, PickMode::kMessageOnly).position, kNoIndex);
}

TEST_P(EveryPolicy, AnEmptyPoolIsNobody) {
  Bench bench(GetParam(), {});
  EXPECT_EQ(bench.pick_one(1).position, kNoIndex);
}

TEST_P(EveryPolicy, OneUsableGetsEverything) {
  Bench bench(GetParam(), std::vector<std::uint32_t>(8, 100));
  bench.usable.assign(8, 0);
  bench.usable[5] = 1;
  const auto shares = count(bench.open_many(2'000));
  EXPECT_EQ(shares.size(), 1U);
  EXPECT_EQ(shares.at(bench.members[5].id.value), 2'000U);
}

TEST_P(EveryPolicy, WhatIsNotUsableGetsNothingAndTheRestShareIt) {
  Bench bench(GetParam(), std::vector<std::uint32_t>(8, 100));
  bench.usable[2] = bench.usable[3] = 0;
  const auto shares = count(bench.open_many(60'000));
  EXPECT_EQ(shares.size(), 6U);
  for (const auto& [id, calls] : shares) EXPECT_LE(calls, 11'000U) << id;
}

TEST_P(EveryPolicy, TheSameCallsGoTheSameWay) {
  Bench one(GetParam(), {1, 2, 3, 4, 5});
  Bench other(GetParam(), {1, 2, 3, 4, 5});
  EXPECT_EQ(one.open_many(5'000), other.open_many(5'000));
}

TEST_P(EveryPolicy, TablesAreEqualWhateverTheOrderOfTheFile) {
  Bench bench(GetParam(), {7, 1, 5, 3, 9, 2});
  bench.tiers = {1, 2, 1, 2, 1, 2};
  bench.prepare();
  const std::uint64_t checksum = bench.plan.checksum();
  std::vector<std::size_t> order(6);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(1);  // NOLINT: the same permutations in every run
  for (int i = 0; i < 5; ++i) {
    std::shuffle(order.begin(), order.end(), random);
    Bench shuffled(GetParam(), {7, 1, 5, 3, 9, 2});
    for (std::size_t at = 0; at < order.size(); ++at) {
      shuffled.members[at] = bench.members[order[at]];
      shuffled.tiers[at] = bench.tiers[order[at]];
    }
    shuffled.prepare();
    ASSERT_EQ(shuffled.plan.checksum(), checksum);
  }
}

TEST_P(EveryPolicy, ChecksumsTellPoliciesWeightsAndLimitsApart) {
  Bench bench(GetParam(), {1, 1, 1});
  Bench heavier(GetParam(), {1, 1, 2});
  Bench bounded(GetParam(), {1, 1, 1}, 1'250);
  Bench other(GetParam() == Policy::kMaglev ? Policy::kPriority : Policy::kMaglev, {1, 1, 1});
  for (Bench* each : {&bench, &heavier, &bounded, &other}) each->prepare();
  EXPECT_NE(bench.plan.checksum(), heavier.plan.checksum());
  EXPECT_NE(bench.plan.checksum(), bounded.plan.checksum());
  EXPECT_NE(bench.plan.checksum(), other.plan.checksum());
}

TEST_P(EveryPolicy, MessageOnlyIsAFunctionOfTheMessage) {
  Bench bench(GetParam(), std::vector<std::uint32_t>(8, 100), 1'100);
  std::vector<std::uint16_t> before;
  for (std::size_t i = 0; i < 2'000; ++i) {
    before.push_back(bench.pick_one(hash_of(i), PickMode::kMessageOnly).position);
  }
  bench.open_many(3'000);
  bench.states.note_latency(StatesWriter(0), bench.cells[3], 900'000, 1);
  for (std::size_t i = 0; i < 2'000; ++i) {
    ASSERT_EQ(bench.pick_one(hash_of(i), PickMode::kMessageOnly).position, before[i]) << i;
  }
}

TEST_P(EveryPolicy, AMemberThatStartsSlowlyTakesItsShareOfItsShare) {
  Bench bench(GetParam(), {100, 100, 100, 100});
  bench.share = {kWholeShare, kWholeShare, kWholeShare / 4, kWholeShare};
  std::map<std::uint16_t, std::size_t> picked;
  // Without open calls, so that no policy makes up for the pause.
  for (std::size_t i = 0; i < kMessages; ++i) ++picked[bench.pick_one(hash_of(i)).position];
  // A quarter of its slots, or of its turns, which is a thirteenth of all turns then.
  EXPECT_GE(picked[2], kMessages * 9 / 10 / 16);
  EXPECT_LE(picked[2], kMessages * 11 / 10 / 13);
  EXPECT_GT(picked[0], kMessages / 4);
}

TEST_P(EveryPolicy, AMemberThatStartsSlowlyIsUsedIfItIsTheLast) {
  Bench bench(GetParam(), {100, 100});
  bench.usable[0] = 0;
  bench.share = {kWholeShare, 1};
  EXPECT_EQ(count(bench.open_many(500)).at(bench.members[1].id.value), 500U);
}

TEST_P(EveryHashPolicy, OneThatFailsMovesOnlyItsOwn) {
  Bench bench(GetParam(), std::vector<std::uint32_t>(8, 100));
  const auto before = bench.open_many(20'000);
  bench.usable[4] = 0;
  const auto after = bench.open_many(20'000);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != bench.members[4].id.value) {
      ASSERT_EQ(after[i], before[i]) << i;
    }
  }
}

TEST_P(EveryHashPolicy, OneThatStartsSlowlyMovesOnlyItsOwn) {
  Bench bench(GetParam(), std::vector<std::uint32_t>(8, 100));
  const auto before = bench.open_many(20'000);
  bench.share.assign(8, kWholeShare);
  bench.share[4] = 300;
  const auto after = bench.open_many(20'000);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != bench.members[4].id.value) {
      ASSERT_EQ(after[i], before[i]) << i;
    }
  }
}

TEST_P(EveryHashPolicy, BoundedLoadHoldsWhenAllCallsHaveOneKey) {
  Bench bench(GetParam(), {100, 200, 100}, 1'250);
  for (int i = 0; i < 4'000; ++i) bench.open(hash_of(1));
  const auto calls = [&](std::size_t at) { return static_cast<double>(bench.states.open_dialogs(bench.cells[at])); };
  EXPECT_LE(calls(0), 1'251);
  EXPECT_LE(calls(1), 2'501);
  EXPECT_LE(calls(2), 1'251);
  EXPECT_EQ(calls(0) + calls(1) + calls(2), 4'000);
}

TEST_P(EveryHashPolicy, BoundedLoadMovesLittleWhenCallsAreEven) {
  Bench bounded(GetParam(), std::vector<std::uint32_t>(8, 100), 1'500);
  Bench free(GetParam(), std::vector<std::uint32_t>(8, 100));
  const auto one = bounded.open_many(20'000);
  const auto other = free.open_many(20'000);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < one.size(); ++i) moved += one[i] != other[i] ? 1 : 0;
  EXPECT_LE(moved, 200U);
}

TEST_P(EveryHashPolicy, BoundedLoadKeepsItsWordWithinOneMillisecond) {
  Bench bench(GetParam(), std::vector<std::uint32_t>(4, 100), 1'250);
  for (std::size_t i = 0; i < 1'000; ++i) {
    bench.now_ms = 7;
    bench.open(hash_of(1));
  }
  for (const BackendCell cell : bench.cells) EXPECT_LE(bench.states.open_dialogs(cell), 313U);
}

TEST(Rendezvous, MemberThatLeavesMovesOnlyItsOwn) {
  Bench bench(Policy::kRendezvous, std::vector<std::uint32_t>(10, 100));
  const auto before = bench.open_many(20'000);
  Bench fewer(Policy::kRendezvous, std::vector<std::uint32_t>(9, 100));
  const auto after = fewer.open_many(20'000);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != bench.members[9].id.value) {
      ASSERT_EQ(after[i], before[i]) << i;
    }
  }
}

TEST(Maglev, MemberThatLeavesMovesLittleElse) {
  Bench bench(Policy::kMaglev, std::vector<std::uint32_t>(10, 100));
  const auto before = bench.open_many(20'000);
  Bench fewer(Policy::kMaglev, std::vector<std::uint32_t>(9, 100));
  const auto after = fewer.open_many(20'000);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    moved += before[i] != bench.members[9].id.value && after[i] != before[i] ? 1 : 0;
  }
  EXPECT_LE(moved, 600U);
}

TEST(RoundRobin, TakesTurns) {
  Bench bench(Policy::kRoundRobin, {100, 100, 100, 100});
  const auto ids = bench.open_many(8);
  EXPECT_EQ(count({ids.begin(), ids.begin() + 4}).size(), 4U);
  EXPECT_TRUE(std::equal(ids.begin(), ids.begin() + 4, ids.begin() + 4));
}

TEST(LeastCalls, TheOneWithFewestCallsGetsTheNext) {
  Bench bench(Policy::kLeastCalls, {100, 100, 100});
  for (const std::size_t at : {0U, 0U, 1U, 1U, 1U, 2U}) {
    bench.states.note_opened(StatesWriter(0), bench.cells[at], Holding::kDialogs);
  }
  for (std::size_t i = 0; i < 50; ++i) ASSERT_EQ(bench.pick_one(hash_of(i)).position, 2);
}

TEST(LeastCalls, CallsAreWeighed) {
  Bench bench(Policy::kLeastCalls, {100, 1'000});
  for (int i = 0; i < 5; ++i) bench.states.note_opened(StatesWriter(0), bench.cells[1], Holding::kDialogs);
  bench.states.note_opened(StatesWriter(0), bench.cells[0], Holding::kDialogs);
  EXPECT_EQ(bench.pick_one(hash_of(1)).position, 1);
}

TEST(TwoChoices, PicksOnlyAmongTheTwoOfTheSlot) {
  Bench bench(Policy::kTwoChoices, std::vector<std::uint32_t>(8, 100));
  bench.prepare();
  const SlotTable& table = *bench.plan.tables.front();
  for (std::size_t i = 0; i < 5'000; ++i) {
    const auto [first, second] = table.choices(table.slot_of(hash_of(i)));
    const std::uint16_t at = bench.open(hash_of(i));
    ASSERT_TRUE(at == first || at == second) << i;
  }
}

TEST(TwoChoices, ASlowMemberLosesItsSlotsToTheOtherChoice) {
  Bench bench(Policy::kTwoChoices, std::vector<std::uint32_t>(4, 100));
  for (const BackendCell cell : bench.cells) bench.states.note_latency(StatesWriter(0), cell, 1'000, 1);
  bench.states.note_latency(StatesWriter(0), bench.cells[2], 60'000'000, 1);
  EXPECT_LE(count(bench.open_many(5'000))[bench.members[2].id.value], 50U);
}

TEST(TwoChoices, SmallDifferencesOfLatencyDoNotMatter) {
  Bench bench(Policy::kTwoChoices, {100, 100});
  bench.states.note_latency(StatesWriter(0), bench.cells[0], 200, 1);
  bench.states.note_latency(StatesWriter(0), bench.cells[1], 400, 1);
  const auto shares = count(bench.open_many(10'000));
  EXPECT_NEAR(static_cast<double>(shares.at(bench.members[0].id.value)), 5'000, 250);
}

TEST(CountPolicies, GiveWayToTheMessageWhereResponsesReturnToOtherNodes) {
  for (const Policy policy : {Policy::kLeastCalls, Policy::kTwoChoices}) {
    Bench bench(policy, {100, 100, 100, 100});
    bench.states.note_heard(bench.cells[0], 1);
    for (int i = 0; i < 1'000; ++i) {
      bench.states.note_response(StatesWriter(0), bench.cells[0], 2, i % 2 == 0);
      bench.states.note_opened(StatesWriter(0), bench.cells[1], Holding::kDialogs);
    }
    bench.states.renew_ratios();
    for (std::size_t i = 0; i < 500; ++i) {
      const std::uint16_t by_message = bench.pick_one(hash_of(i), PickMode::kMessageOnly).position;
      ASSERT_EQ(bench.open(hash_of(i)), by_message) << policy_name(policy) << i;
    }
  }
}

TEST(Priority, TheLowestTierGetsEverything) {
  Bench bench(Policy::kPriority, {100, 100, 100, 100});
  bench.tiers = {2, 1, 2, 1};
  const auto shares = count(bench.open_many(4'000));
  EXPECT_EQ(shares.size(), 2U);
  EXPECT_NEAR(static_cast<double>(shares.at(bench.members[1].id.value)), 2'000, 200);
  EXPECT_TRUE(shares.contains(bench.members[3].id.value));
}

TEST(Priority, SpillsOverWhenATierHasNobody) {
  Bench bench(Policy::kPriority, {100, 100, 100, 100});
  bench.tiers = {7, 1, 2, 1};
  bench.usable[1] = bench.usable[3] = 0;
  EXPECT_EQ(count(bench.open_many(500)).at(bench.members[2].id.value), 500U);
  bench.usable[2] = 0;
  EXPECT_EQ(count(bench.open_many(500)).at(bench.members[0].id.value), 500U);
}

TEST(Priority, ATierThatComesBackSlowlySharesWithTheNext) {
  Bench bench(Policy::kPriority, {100, 100});
  bench.tiers = {1, 2};
  bench.share = {kWholeShare / 2, kWholeShare};
  const auto shares = count(bench.open_many(10'000));
  EXPECT_NEAR(static_cast<double>(shares.at(bench.members[0].id.value)), 5'000, 300);
}

TEST(Plans, ShareTablesThatWouldComeOutTheSame) {
  Bench bench(Policy::kPriority, {1, 2, 3, 4});
  bench.tiers = {1, 1, 2, 2};
  bench.prepare();
  const Plan* earlier[] = {&bench.plan};
  auto heavier = bench.members;
  heavier[3].weight = 9;
  const Plan next = make_plan({Policy::kPriority, heavier, bench.tiers, 65'536}, kKey, earlier);
  EXPECT_EQ(next.tables[0], bench.plan.tables[0]);
  EXPECT_NE(next.tables[1], bench.plan.tables[1]);
}

TEST(Plans, StickyByTableOnlyIsWhatDependsOnMoreThanTheMessage) {
  for (const Policy policy : {Policy::kRendezvous, Policy::kMaglev, Policy::kPriority}) {
    EXPECT_FALSE(make_plan({policy, {}, {}}, kKey, {}).is_sticky_by_table_only());
    EXPECT_TRUE(make_plan({policy, {}, {}, 0, 1'250}, kKey, {}).is_sticky_by_table_only());
  }
  for (const Policy policy : {Policy::kRoundRobin, Policy::kLeastCalls, Policy::kTwoChoices}) {
    EXPECT_TRUE(make_plan({policy, {}, {}}, kKey, {}).is_sticky_by_table_only());
  }
}

}  // namespace
}  // namespace dialplane::balance
