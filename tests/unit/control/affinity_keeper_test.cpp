// SPDX-License-Identifier: Apache-2.0
// The pace of the audit: a round of the table takes what it promises, whatever the table's size and the loop's turns.
#include "affinity_keeper.hpp"

#include "round_pace.hpp"

#include <gtest/gtest.h>

namespace dialplane::control {
namespace {

constexpr std::uint64_t kRound_ms = 30'000;
constexpr std::uint64_t kMost = 16'384;

/// How long a round of `size` places takes in steps of this length.
std::uint64_t length_of_round(std::uint64_t size, std::uint64_t step_ms) {
  RoundPace pace(kRound_ms, kMost);
  std::uint64_t time_ms = 0;
  for (std::uint64_t gone = 0; gone < size; time_ms += step_ms) gone += pace.step(size, step_ms);
  return time_ms;
}

TEST(RoundPace, ARoundTakesNoLongerThanPromisedInAnySizeOfTable) {
  for (const std::uint64_t entries : {1024ULL, 32'768ULL, 65'536ULL, 1'048'576ULL, 268'435'456ULL}) {
    for (const std::uint64_t step_ms : {10ULL, 11ULL, 13ULL}) {
      // The last step ends the round, and may begin before its end.
      EXPECT_LT(length_of_round(entries / 8, step_ms), kRound_ms + step_ms) << entries << " in steps of " << step_ms;
    }
  }
}

TEST(RoundPace, ALargeTableIsNotWalkedFasterThanPromised) {
  EXPECT_EQ(length_of_round(65'536 / 8, 10), 30'000U);
  EXPECT_EQ(length_of_round(268'435'456 / 8, 10), 30'000U);
}

TEST(RoundPace, WhatALongTurnHeldUpIsMadeUpForInBoundedSteps) {
  RoundPace pace(kRound_ms, kMost);
  EXPECT_EQ(pace.step(30'000'000, 100), kMost);
  std::uint64_t gone = kMost;
  for (int i = 0; i < 100; ++i) gone += pace.step(30'000'000, 10);
  EXPECT_EQ(gone, 1'100'000U);
}

TEST(RoundPace, OwesNoMoreThanOneRound) {
  RoundPace pace(kRound_ms, kMost);
  EXPECT_EQ(pace.step(3000, 3'600'000), 3000U);
  EXPECT_EQ(pace.step(3000, 10), 1U);
}

TEST(AffinityKeeper, LooksAtATableOf65536EntriesTwiceAMinute) {
  AffinityKeeper keeper(balance::AffinityTable::make(65'536), std::make_shared<balance::BackendStates>(1));
  const balance::AffinityAges ages({200, 3600, 600});
  for (std::uint64_t now_ms = 1000; now_ms <= 61'000; now_ms += 10) keeper.turn(now_ms, ages);
  EXPECT_EQ(keeper.figures().rounds, 2U);
}

}  // namespace
}  // namespace dialplane::control
