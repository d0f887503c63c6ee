// SPDX-License-Identifier: Apache-2.0
#include "stamp.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace dialplane::gen {
namespace {

TEST(Stamp, IsWrittenAsTwentyEightLowerCaseHexDigits) {
  std::array<char, kStampDigits> out{};
  write_stamp(out.data(), {0xabcd, 0x01020304, 0x1122334455667788});
  EXPECT_EQ(std::string(out.data(), out.size()), "abcd010203041122334455667788");
}

TEST(Stamp, IsFoundInTheSecondVia) {
  const auto found = find_stamp(
      "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKd0123456789abcdef\r\n"
      "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKdg00010000002a00000000000000ff;rport\r\n\r\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->run, 1);
  EXPECT_EQ(found->sequence, 42U);
  EXPECT_EQ(found->tsc, 255U);
}

TEST(Stamp, IsNotFoundInAForeignBranch) { EXPECT_FALSE(find_stamp("Via: SIP/2.0/UDP h;branch=z9hG4bK776asdhds\r\n")); }

TEST(Stamp, IsNotFoundWhenCutOff) { EXPECT_FALSE(find_stamp("z9hG4bKdg00010000002a00000000000000f")); }

TEST(Stamp, IsNotFoundWhenADigitIsNoHexDigit) { EXPECT_FALSE(find_stamp("z9hG4bKdg00010000002a00000000000000fg")); }

TEST(Slot, CallIdsOfTwoMessagesAndTwoRunsDiffer) {
  const auto call = [](std::uint16_t run, std::uint32_t sequence) {
    std::string out(kCallDigits, '?');
    fill_slot(out.data(), SlotKind::kCall, {run, sequence, 0});
    return out;
  };
  EXPECT_NE(call(1, 5), call(1, 6));
  EXPECT_NE(call(1, 5), call(2, 5));
  EXPECT_EQ(call(1, 5), call(1, 5));
}

}  // namespace
}  // namespace dialplane::gen
