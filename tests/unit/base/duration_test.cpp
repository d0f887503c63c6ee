// SPDX-License-Identifier: Apache-2.0
// Durations as people write them.
#include "dialplane/base/duration.hpp"

#include <gtest/gtest.h>

namespace dialplane {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2s"), 2s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("4h"), 4h);
  EXPECT_EQ(parse_duration("1d"), 24h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, RefusesWhatIsNoDuration) {
  for (const auto* text : {"", "s", "ms", "5", "5 s", "-5s", "1.5s", "5S", "5sec", "1h30m", "s5"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, RefusesMoreThanAThousandDays) {
  EXPECT_EQ(parse_duration("1000d"), 24000h);
  EXPECT_EQ(parse_duration("1001d"), std::nullopt);
  EXPECT_EQ(parse_duration("99999999999999999999ms"), std::nullopt);
}

TEST(Duration, WritesTheLargestUnitThatFits) {
  EXPECT_EQ(format_duration(0ms), "0ms");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(120s), "2m");
  EXPECT_EQ(format_duration(4h), "4h");
  EXPECT_EQ(format_duration(48h), "2d");
}

}  // namespace
}  // namespace dialplane
