// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include <gtest/gtest.h>

namespace dialplane::gen {
namespace {

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 10; ++value) histogram.add(value);
  EXPECT_EQ(histogram.quantile(0.5), 6U);
  EXPECT_EQ(histogram.min(), 1U);
  EXPECT_EQ(histogram.max(), 10U);
  EXPECT_DOUBLE_EQ(histogram.mean(), 5.5);
}

TEST(Histogram, LargeValuesAreKnownToThreePercent) {
  for (std::uint64_t value = 33; value < 4'000'000'000'000; value = value * 5 / 3) {
    Histogram histogram;
    histogram.add(value);
    histogram.add(100'000'000'000'000);
    const auto found = static_cast<double>(histogram.quantile(0.25));
    EXPECT_GE(found, static_cast<double>(value));
    EXPECT_LE(found, static_cast<double>(value) * 1.032);
  }
}

TEST(Histogram, QuantileNeverExceedsTheLargestValue) {
  Histogram histogram;
  histogram.add(1000);
  EXPECT_EQ(histogram.quantile(0.999), 1000U);
}

TEST(Histogram, IsZeroWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0U);
  EXPECT_EQ(histogram.min(), 0U);
}

TEST(Histogram, HugeValueLandsInTheLastBucket) {
  Histogram histogram;
  histogram.add(~std::uint64_t{0});
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_GT(histogram.quantile(0.0), std::uint64_t{1} << 47);
}

}  // namespace
}  // namespace dialplane::gen
