// SPDX-License-Identifier: Apache-2.0
// What a second of traffic says.
#include "health/signals.hpp"

#include "health/rtt.hpp"

#include <gtest/gtest.h>

namespace dialplane::control {
namespace {

TEST(TrafficSignals, TheFirstSecondSaysNothing) {
  TrafficSignals signals;
  EXPECT_FALSE(signals.look({1000, 0, 1000, 0, 1000}).has_value());
}

TEST(TrafficSignals, AnsweredTrafficIsFine) {
  TrafficSignals signals;
  signals.look({0, 0, 0, 0, 0});
  EXPECT_FALSE(signals.look({100, 150, 0, 1000, 0}).has_value());
}

TEST(TrafficSignals, NothingComesBack) {
  TrafficSignals signals;
  signals.look({100, 100, 0, 0, 0});
  EXPECT_EQ(signals.look({103, 100, 0, 0, 8}), "nothing comes from it");
}

TEST(TrafficSignals, AFewUnansweredMessagesSayNothing) {
  TrafficSignals signals;
  signals.look({100, 100, 0, 0, 0});
  EXPECT_FALSE(signals.look({107, 100, 0, 0, 7}).has_value());
}

TEST(TrafficSignals, FewResponses) {
  TrafficSignals signals;
  signals.look({0, 0, 0, 0, 0});
  EXPECT_EQ(signals.look({10, 4, 0, 0, 0}), "few responses");
}

TEST(TrafficSignals, ManyRetransmissions) {
  TrafficSignals signals;
  signals.look({0, 0, 0, 0, 0});
  EXPECT_EQ(signals.look({10, 10, 3, 0, 0}), "many retransmissions");
}

TEST(TrafficSignals, SlowerThanUsual) {
  TrafficSignals signals;
  signals.look({0, 0, 0, 100'000, 0});
  EXPECT_FALSE(signals.look({20, 20, 0, 100'000, 0}).has_value());
  EXPECT_EQ(signals.look({40, 40, 0, 600'000, 0}), "slow first responses");
}

TEST(TrafficSignals, SlowAsUsualIsFine) {
  TrafficSignals signals;
  signals.look({0, 0, 0, 700'000, 0});
  EXPECT_FALSE(signals.look({20, 20, 0, 700'000, 0}).has_value());
}

TEST(RoundTrips, AreEmptyAtFirst) {
  const RoundTrips times;
  EXPECT_TRUE(times.empty());
  EXPECT_EQ(times.average_us(), 0u);
  EXPECT_EQ(times.percentile_us(99), 0u);
}

TEST(RoundTrips, GiveAverageAndPercentiles) {
  RoundTrips times;
  for (std::uint32_t us = 100; us >= 1; --us) times.add(us);
  EXPECT_EQ(times.last_us(), 1u);
  EXPECT_EQ(times.average_us(), 50u);
  EXPECT_EQ(times.percentile_us(50), 50u);
  EXPECT_EQ(times.percentile_us(99), 99u);
  EXPECT_EQ(times.percentile_us(100), 100u);
}

TEST(RoundTrips, ForgetTheOldest) {
  RoundTrips times;
  for (std::size_t i = 0; i < RoundTrips::kKept; ++i) times.add(1'000'000);
  for (std::size_t i = 0; i < RoundTrips::kKept; ++i) times.add(10);
  EXPECT_EQ(times.average_us(), 10u);
}

}  // namespace
}  // namespace dialplane::control
