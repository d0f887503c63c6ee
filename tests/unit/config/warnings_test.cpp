// SPDX-License-Identifier: Apache-2.0
// What is allowed and warned of. Test thread.
#include "document.hpp"

#include <gtest/gtest.h>

namespace dialplane::config {
namespace {

using testing::document;

std::vector<Problem> warnings_for(const std::string& text) {
  const auto config = load_text(text);
  if (config) return warnings_of(*config);
  ADD_FAILURE() << format_problem("text", config.error().front());
  return {};
}

TEST(Warnings, AUsualConfigurationHasNone) { EXPECT_TRUE(warnings_for(document()).empty()); }

TEST(Warnings, ALimitBelowWhatOccursIsNamedWithItsListener) {
  const auto warnings = warnings_for(document({{15, "max_vias = 127\n[[listener]]"}}));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(
      format_warning("f.toml", warnings[0]),
      "f.toml:9:1: warning: listener \"public\": max_vias = 127 refuses messages that are legal and do occur; give "
      "at least 128 unless the peers are known");
}

TEST(Warnings, LimitsThatAdmitTheLongestUsualMessageAreQuiet) {
  EXPECT_TRUE(warnings_for(document({{15,
                                      "max_header_bytes = 16384\nmax_header_rows = 160\nmax_vias = 128\n"
                                      "max_call_id_bytes = 256\n[[listener]]"}}))
                  .empty());
}

TEST(Warnings, EachLimitIsJudgedAlone) {
  EXPECT_EQ(warnings_for(document({{15,
                                    "max_header_bytes = 16383\nmax_header_rows = 159\nmax_vias = 127\n"
                                    "max_call_id_bytes = 255\n[[listener]]"}}))
                .size(),
            4U);
}

TEST(Warnings, MetricsOnLoopbackAreQuiet) {
  EXPECT_TRUE(warnings_for(document({}, "[control]\nmetrics = \"127.0.0.1:9494\"\n")).empty());
}

TEST(Warnings, MetricsForEveryoneAreWarnedOf) {
  const auto warnings = warnings_for(document({}, "[control]\nmetrics = \"0.0.0.0:9494\"\n"));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].location.line, 26U);
  EXPECT_NE(warnings[0].text.find("0.0.0.0:9494"), std::string::npos);
}

TEST(Warnings, AnInviteKeyThatCancelDoesNotRepeatIsWarnedOf) {
  const auto warnings = warnings_for(document({{21, "name = \"sbc\"\nkey = \"header X-Account\""}}));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].location.line, 22U);
  EXPECT_NE(warnings[0].text.find("`header X-Account`, which ACK and CANCEL need not repeat"), std::string::npos);
}

TEST(Warnings, AKeyThatCancelRepeatsIsQuiet) {
  EXPECT_TRUE(
      warnings_for(document({{21, "name = \"sbc\"\nkey = { REGISTER = \"to-user\", INVITE = \"request-user\" }"}}))
          .empty());
}

TEST(Warnings, AHeaderKeyOfAnotherMethodIsQuiet) {
  EXPECT_TRUE(warnings_for(document({{21, "name = \"sbc\"\nkey = { MESSAGE = \"header X-Account\" }"}})).empty());
}

TEST(Warnings, AUserKeyWithoutRecordRouteIsWarnedOf) {
  const auto warnings = warnings_for(
      document({{13, "pool = \"sbc\"\nrecord_route = false"}, {21, "name = \"sbc\"\nkey = \"request-user\""}}));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].text.find("writes no Record-Route"), std::string::npos);
}

}  // namespace
}  // namespace dialplane::config
