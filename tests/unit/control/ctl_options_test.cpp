// SPDX-License-Identifier: Apache-2.0
// The command line of dialplanectl.
#include "options.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dialplane::ctl {
namespace {

Result<Options> parse(std::vector<std::string> args) { return parse_options(args); }

TEST(CtlOptions, PassesWordsOnAsTheyAre) {
  const auto options = parse({"reload", "--dry-run"});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->words, (std::vector<std::string>{"reload", "--dry-run"}));
  EXPECT_EQ(options->socket, "/run/dialplane/control.sock");
}

TEST(CtlOptions, TakesItsOwnOptionsBehindTheWords) {
  const auto options = parse({"show", "info", "--json", "--watch", "2"});
  ASSERT_TRUE(options.has_value());
  EXPECT_TRUE(options->is_json);
  EXPECT_EQ(options->watch, std::chrono::milliseconds(2000));
  EXPECT_EQ(options->words.size(), 2U);
}

TEST(CtlOptions, WatchesEverySecondUnlessTold) {
  const auto options = parse({"--watch", "show", "info"});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->watch, std::chrono::milliseconds(1000));
  EXPECT_EQ(options->words.front(), "show");
}

TEST(CtlOptions, FindsTheSocketByInstanceName) {
  const auto options = parse({"-n", "lb2", "show", "info"});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->socket, "/run/lb2/control.sock");
}

TEST(CtlOptions, RefusesAnUnknownOptionBeforeTheWords) { EXPECT_FALSE(parse({"--colour", "show"}).has_value()); }
TEST(CtlOptions, RefusesAMissingValue) { EXPECT_FALSE(parse({"show", "info", "--socket"}).has_value()); }
TEST(CtlOptions, RefusesNoWords) { EXPECT_FALSE(parse({"--json"}).has_value()); }
TEST(CtlOptions, WaitsForAnEndUnlessATimeIsGiven) {
  EXPECT_GE(parse({"node", "drain", "--wait"})->timeout, std::chrono::hours(24));
  EXPECT_EQ(parse({"--timeout", "5", "node", "drain", "--wait"})->timeout, std::chrono::seconds(5));
  EXPECT_EQ(parse({"node", "drain"})->timeout, std::chrono::seconds(10));
}
TEST(CtlOptions, RefusesATimeoutThatIsNoNumber) { EXPECT_FALSE(parse({"--timeout", "soon", "show"}).has_value()); }
TEST(CtlOptions, TakesATimeoutAsLongAsTheLongestWait) {
  EXPECT_EQ(parse({"--timeout", "2592000", "show"})->timeout, std::chrono::hours(24 * 30));
  EXPECT_FALSE(parse({"--timeout", "2592001", "show"}).has_value());
}

}  // namespace
}  // namespace dialplane::ctl
