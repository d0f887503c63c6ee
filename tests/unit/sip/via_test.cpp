// SPDX-License-Identifier: Apache-2.0
// Via values on literal rows. Test thread.
#include "messages.hpp"

#include <gtest/gtest.h>

namespace dialplane::sip {
namespace {

std::string one_via(std::string_view value) { return "X sip:a SIP/2.0\r\nVia: " + std::string(value) + "\r\n\r\n"; }

bool parses(std::string_view value) {
  const Parsed p(one_via(value));
  ViaView via;
  return top_via(p.message, via);
}

TEST(Via, ReadsEveryPart) {
  const Parsed p(one_via("SIP/2.0/UDP h.example:5070;branch=z9hG4bKx;rport=1;received=192.0.2.1;dps=ab;other"));
  ViaView via;
  ASSERT_TRUE(top_via(p.message, via));
  EXPECT_EQ(via.transport, "UDP");
  EXPECT_EQ(via.host, "h.example");
  EXPECT_EQ(via.port, 5070);
  EXPECT_EQ(via.branch, "z9hG4bKx");
  EXPECT_EQ(via.rport_value, "1");
  EXPECT_EQ(via.received, "192.0.2.1");
  EXPECT_EQ(via.dps, "ab");
  EXPECT_EQ(p.message.text.substr(via.rport_begin, via.rport_end - via.rport_begin), ";rport=1");
  EXPECT_EQ(p.message.text.substr(via.received_begin, via.received_end - via.received_begin), ";received=192.0.2.1");
  EXPECT_EQ(p.message.text.substr(via.begin, via.sent_by_end - via.begin), "SIP/2.0/UDP h.example:5070");
  EXPECT_TRUE(p.message.text.substr(0, via.end).ends_with(";other"));
  EXPECT_EQ(via.next, 0);
}

TEST(Via, AllowsWhiteSpaceRoundSeparators) {
  const Parsed p(one_via("SIP / 2.0\r\n / UDP first.example.com: 4000 ; BRANCH =\t z9hG4bKx ; rport , SIP/2.0/UDP b"));
  ViaView via;
  ASSERT_TRUE(top_via(p.message, via));
  EXPECT_EQ(via.host, "first.example.com");
  EXPECT_EQ(via.port, 4000);
  EXPECT_EQ(via.branch, "z9hG4bKx");
  EXPECT_TRUE(via.has_rport);
  EXPECT_EQ(via.rport_value, "");
  EXPECT_EQ(p.message.text[via.end - 1], 't');
}

TEST(Via, WalksCommasAndRows) {
  const Parsed p(
      "X sip:a SIP/2.0\r\nv: SIP/2.0/UDP a;x=\"1,2\", SIP/2.0/TCP b\r\nTo: t\r\nVia: SIP/2.0/WSS c.invalid\r\n\r\n");
  ViaView first;
  ViaView second;
  ViaView third;
  ASSERT_TRUE(top_via(p.message, first));
  ASSERT_TRUE(next_via(p.message, first, second));
  ASSERT_TRUE(next_via(p.message, second, third));
  EXPECT_EQ(second.host, "b");
  EXPECT_EQ(second.row, 0);
  EXPECT_EQ(third.host, "c.invalid");
  EXPECT_EQ(third.row, 2);
  EXPECT_FALSE(next_via(p.message, third, second));
}

TEST(Via, KeepsBracketsOfIpv6) {
  const Parsed p(one_via("SIP/2.0/UDP [2001:db8::9:1]:5061;received=2001:db8::9:255;branch=z9hG4bKx"));
  ViaView via;
  ASSERT_TRUE(top_via(p.message, via));
  EXPECT_EQ(via.host, "[2001:db8::9:1]");
  EXPECT_EQ(via.port, 5061);
  EXPECT_EQ(via.received, "2001:db8::9:255");
}

TEST(Via, RefusesWhatBreaksTheGrammar) {
  for (const auto* value : {"", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0 h", "SIP/2.0/UDPh", "SIP/2.0/UDP ;branch=a",
                            "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:65536", "SIP/2.0/UDP h:", "SIP/2.0/UDP h;;branch=a",
                            "SIP/2.0/UDP h;", "SIP/2.0/UDP h;branch=", "SIP/2.0/UDP h;x=\"a", "SIP/2.0/UDP h,",
                            "SIP/2.0/UDP h x", "SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP h;branch"}) {
    EXPECT_FALSE(parses(value)) << value;
  }
}

TEST(Via, RefusesParametersThatStandTwice) {
  EXPECT_FALSE(parses("SIP/2.0/UDP h;branch=a;Branch=a"));
  EXPECT_FALSE(parses("SIP/2.0/UDP h;rport;rport=1"));
  EXPECT_FALSE(parses("SIP/2.0/UDP h;received=192.0.2.1;received=192.0.2.2"));
  EXPECT_FALSE(parses("SIP/2.0/UDP h;dps=1;dps=1"));
  EXPECT_TRUE(parses("SIP/2.0/UDP h;x=1;x=1"));
}

TEST(Via, KnowsAMagicBranch) {
  ViaView via;
  via.branch = "z9hG4bK";
  EXPECT_FALSE(via.has_magic_branch());
  via.branch = "Z9HG4BKa";
  EXPECT_TRUE(via.has_magic_branch());
  via.branch = "1";
  EXPECT_FALSE(via.has_magic_branch());
}

}  // namespace
}  // namespace dialplane::sip
