// SPDX-License-Identifier: Apache-2.0
// The order of round-robin. Test thread.
#include "dialplane/balance/turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace dialplane::balance {
namespace {

std::vector<std::uint16_t> order(const std::vector<std::uint32_t>& weights) {
  std::vector<Member> members;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    members.push_back({BackendId{static_cast<std::uint32_t>(i + 1)}, weights[i]});
  }
  const auto turns = Turns::build(members);
  std::vector<std::uint16_t> result;
  for (std::uint32_t turn = 0; turn < turns->size(); ++turn) result.push_back(turns->at(turn));
  return result;
}

TEST(Turns, EqualWeightsTakeTurns) { EXPECT_EQ(order({100, 100, 100}), (std::vector<std::uint16_t>{0, 1, 2})); }

TEST(Turns, AHeavyMemberIsSpreadOverTheRound) {
  EXPECT_EQ(order({10, 20, 10}), (std::vector<std::uint16_t>{1, 0, 2, 1}));
}

TEST(Turns, WeightZeroHasNoTurn) { EXPECT_EQ(order({0, 7, 0, 7}), (std::vector<std::uint16_t>{1, 3})); }

TEST(Turns, NobodyHasNoTurns) {
  EXPECT_TRUE(order({}).empty());
  EXPECT_TRUE(order({0, 0}).empty());
}

TEST(Turns, ALongRoundIsRoundedAndForgetsNobody) {
  const auto turns = order({4'294'967'295U, 4'294'967'291U, 1});
  EXPECT_EQ(std::count(turns.begin(), turns.end(), 2), 1);
  EXPECT_NEAR(static_cast<double>(std::count(turns.begin(), turns.end(), 0)), 32'768, 2);
  EXPECT_NEAR(static_cast<double>(turns.size()), 65'536, 2);
}

TEST(Turns, TurnsGoOnAfterTheRound) {
  const std::vector<Member> members = {{BackendId{1}, 1}, {BackendId{2}, 1}};
  const auto turns = Turns::build(members);
  EXPECT_EQ(turns->at(0), turns->at(2));
  EXPECT_EQ(turns->at(1), turns->at(0xffff'ffff));
}

}  // namespace
}  // namespace dialplane::balance
