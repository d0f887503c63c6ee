// SPDX-License-Identifier: Apache-2.0
// Names of things and of hosts.
#include "names.hpp"

#include "dialplane/config/loader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dialplane::config {
namespace {

TEST(Names, TakesLettersDigitsDashUnderscoreDot) { EXPECT_TRUE(is_name("Edge-0_a.b")); }
TEST(Names, RefusesEmpty) { EXPECT_FALSE(is_name("")); }
TEST(Names, RefusesDotsAlone) {
  EXPECT_FALSE(is_name("."));
  EXPECT_FALSE(is_name(".."));
  EXPECT_TRUE(is_name("..a"));
}
TEST(Names, RefusesBlankAndSlash) {
  EXPECT_FALSE(is_name("a b"));
  EXPECT_FALSE(is_name("a/b"));
}
TEST(Names, TakesAtMost63) {
  EXPECT_TRUE(is_name(std::string(63, 'a')));
  EXPECT_FALSE(is_name(std::string(64, 'a')));
}

TEST(HostNames, TakesLabels) { EXPECT_TRUE(is_host_name("sip.carrier-1.example")); }
TEST(HostNames, TakesNumericAddress) { EXPECT_TRUE(is_host_name("198.51.100.10")); }
TEST(HostNames, RefusesEmptyLabel) {
  EXPECT_FALSE(is_host_name("sip..example"));
  EXPECT_FALSE(is_host_name(".example"));
  EXPECT_FALSE(is_host_name("example."));
  EXPECT_FALSE(is_host_name(""));
}
TEST(HostNames, RefusesDashAtTheEdgeOfALabel) {
  EXPECT_FALSE(is_host_name("-sip.example"));
  EXPECT_FALSE(is_host_name("sip-.example"));
}
TEST(HostNames, RefusesPort) { EXPECT_FALSE(is_host_name("sip.example:5060")); }

TEST(HostNames, OwnOneIsFitForANodeName) { EXPECT_TRUE(is_name(host_name())); }

}  // namespace
}  // namespace dialplane::config
