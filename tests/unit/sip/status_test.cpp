// SPDX-License-Identifier: Apache-2.0
// The response code registry. Test thread.
#include "dialplane/sip/status.hpp"

#include <gtest/gtest.h>

namespace dialplane::sip {
namespace {

TEST(Status, FindsFirstLastAndRareCodes) {
  EXPECT_EQ(status_reason(100), "Trying");
  EXPECT_EQ(status_reason(204), "No Notification");
  EXPECT_EQ(status_reason(481), "Call/Transaction Does Not Exist");
  EXPECT_EQ(status_reason(555), "Push Notification Service Not Supported");
  EXPECT_EQ(status_reason(608), "Rejected");
}

TEST(Status, UnregisteredCodesHaveNoReason) {
  EXPECT_TRUE(status_reason(99).empty());
  EXPECT_TRUE(status_reason(299).empty());
  EXPECT_TRUE(status_reason(700).empty());
}

TEST(Status, CodesAreDistinctAndInRange) {
  std::uint16_t last = 99;
  for (const auto& status : status_codes()) {
    EXPECT_GT(status.code, last);
    EXPECT_LT(status.code, 700);
    EXPECT_FALSE(status.reason.empty());
    last = status.code;
  }
}

}  // namespace
}  // namespace dialplane::sip
