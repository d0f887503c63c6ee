// SPDX-License-Identifier: Apache-2.0
#include "arrivals.hpp"

#include <gtest/gtest.h>

namespace dialplane::gen {
namespace {

TEST(Arrivals, SecondArrivalIsNotTheFirst) {
  Arrivals arrivals;
  EXPECT_TRUE(arrivals.add(0));
  EXPECT_TRUE(arrivals.add(7));
  EXPECT_FALSE(arrivals.add(7));
  EXPECT_FALSE(arrivals.add(0));
}

TEST(Arrivals, OrderDoesNotMatter) {
  Arrivals arrivals;
  EXPECT_TRUE(arrivals.add(1000));
  EXPECT_TRUE(arrivals.add(3));
  EXPECT_TRUE(arrivals.add(999));
  EXPECT_FALSE(arrivals.add(3));
}

TEST(Arrivals, PlaceOfAnOldMessageIsReusedByANewOne) {
  Arrivals arrivals;
  EXPECT_TRUE(arrivals.add(100));
  for (std::uint32_t sequence = 0; sequence <= 2 * Arrivals::kWindow; sequence += 4096) arrivals.add(sequence);
  EXPECT_TRUE(arrivals.add(2 * Arrivals::kWindow + 100));
  EXPECT_FALSE(arrivals.add(2 * Arrivals::kWindow + 100));
}

TEST(Arrivals, OneOlderThanTheWindowCountsAsRepeated) {
  Arrivals arrivals;
  arrivals.add(Arrivals::kWindow + 500);
  EXPECT_FALSE(arrivals.add(10));
}

TEST(Arrivals, SequenceMayWrapRound) {
  Arrivals arrivals;
  std::uint32_t sequence = 0;
  for (int i = 0; i < 6; ++i) arrivals.add(sequence += 0x2aaaaaaaU);
  EXPECT_TRUE(arrivals.add(0xfffffffeU));
  EXPECT_TRUE(arrivals.add(0xffffffffU));
  EXPECT_TRUE(arrivals.add(0));
  EXPECT_FALSE(arrivals.add(0xffffffffU));
  EXPECT_FALSE(arrivals.add(0));
}

}  // namespace
}  // namespace dialplane::gen
