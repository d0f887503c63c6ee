// SPDX-License-Identifier: Apache-2.0
// CSeq values. Test thread.
#include "dialplane/sip/fields.hpp"

#include <gtest/gtest.h>

namespace dialplane::sip {
namespace {

TEST(CSeq, ReadsNumberAndMethod) {
  const auto cseq = parse_cseq("0009\r\n INVITE");
  ASSERT_TRUE(cseq);
  EXPECT_EQ(cseq->number, 9U);
  EXPECT_EQ(cseq->method, "INVITE");
}

TEST(CSeq, TakesTheWholeRangeOf32Bits) {
  EXPECT_EQ(parse_cseq("4294967295 X")->number, 4294967295U);
  EXPECT_FALSE(parse_cseq("4294967296 X"));
  EXPECT_FALSE(parse_cseq("36893488147419103233 X"));
}

TEST(CSeq, RefusesWhatIsNotNumberBlankMethod) {
  for (const auto* text : {"", "1", "1 ", "INVITE", "1INVITE", "-1 INVITE", "+1 INVITE", "1 INVITE x", "1 IN,VITE"}) {
    EXPECT_FALSE(parse_cseq(text)) << text;
  }
}

}  // namespace
}  // namespace dialplane::sip
