// SPDX-License-Identifier: Apache-2.0
// To, From and Contact values and their tags. Test thread.
#include "dialplane/sip/fields.hpp"

#include <gtest/gtest.h>

namespace dialplane::sip {
namespace {

TEST(NameAddr, ReadsAQuotedDisplayName) {
  const auto value = parse_name_addr("\"a, <b>\\\"\" <sip:x@h;lr> ; tag=1 , <sip:y@h>");
  ASSERT_TRUE(value);
  EXPECT_TRUE(value->bracketed);
  EXPECT_EQ(value->uri, "sip:x@h;lr");
  EXPECT_EQ(value->parameters, "; tag=1");
  EXPECT_EQ(value->end, 32U);
}

TEST(NameAddr, ReadsAnUnquotedDisplayName) {
  const auto value = parse_name_addr("Bob  The\r\n Man<sip:x@h>");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->uri, "sip:x@h");
  EXPECT_EQ(value->parameters, "");
}

TEST(NameAddr, ParametersOfAnAddrSpecAreTheHeaders) {
  const auto value = parse_name_addr("sip:x@h;tag=1");
  ASSERT_TRUE(value);
  EXPECT_FALSE(value->bracketed);
  EXPECT_EQ(value->uri, "sip:x@h");
  EXPECT_EQ(value->parameters, ";tag=1");
}

TEST(NameAddr, StopsAtTheCommaBetweenValues) {
  const auto value = parse_name_addr("sip:x@h , sip:y@h");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->uri, "sip:x@h");
  EXPECT_EQ(value->end, 8U);
}

TEST(NameAddr, RefusesWhatIsUnbalanced) {
  for (const auto* text :
       {"", " ", "\"a <sip:x@h>", "\"a\" sip:x@h", "<sip:x@h", "sip:x@h>", "<sip:<x>@h>", "<>", "Bell, Alex <sip:x@h>",
        "a;b <sip:x@h>", "a \"b\" <sip:x@h>", "<sip:x@h> junk;tag=1", "<sip:x@h>;a=\"b", "<sip:x@h>;a=<b>"}) {
    EXPECT_FALSE(parse_name_addr(text)) << text;
  }
}

TEST(Tag, IsFoundOnlyAmongHeaderParameters) {
  EXPECT_EQ(parse_tag("<sip:x@h>;tag=1"), "1");
  EXPECT_EQ(parse_tag("sip:x@h;TAG = t1"), "t1");
  EXPECT_EQ(parse_tag("<sip:x@h;tag=1>"), "");
  EXPECT_EQ(parse_tag("\";tag=1\" <sip:x@h>"), "");
  EXPECT_EQ(parse_tag("<sip:x@h>;a=\";tag=1\""), "");
  EXPECT_EQ(parse_tag("<sip:x@h>;a=\";tag=1\" ;\r\n tag\t=2"), "2");
  EXPECT_EQ(parse_tag("\"Watson, Thomas\" < sip:t.watson@example.org >"), "");
}

TEST(Tag, RefusesWhatWouldBeAGuess) {
  for (const auto* text : {"<sip:x@h>;tag=1;tag=2", "<sip:x@h>;tag", "<sip:x@h>;tag=", "<sip:x@h>;tag=\"1\"",
                           "<sip:x@h>;;tag=1", "<sip:x@h>, <sip:y@h>;tag=1", "sip:x@h tag=1", "<sip:x@h>;a b;tag=1"}) {
    EXPECT_FALSE(parse_tag(text)) << text;
  }
}

}  // namespace
}  // namespace dialplane::sip
