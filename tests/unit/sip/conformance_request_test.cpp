// SPDX-License-Identifier: Apache-2.0
// Rules V1 to V10 of docs/sip-conformance.md: the checks of a request. Test thread.
#include "verdicts.hpp"

#include "dialplane/sip/keys.hpp"
#include "dialplane/sip/tokens.hpp"

#include <gtest/gtest.h>

#include <array>

namespace dialplane::sip {
namespace {

using namespace std::string_literals;

std::string to_uri(std::string_view uri) { return with(invite(), "sip:bob@example.com", uri); }

TEST(Conformance, V1_EveryFaultOfARequestHasItsCode) {
  EXPECT_EQ(verdict(to_uri("sip:bob@")), "refused with 400");
  EXPECT_EQ(verdict(to_uri("gopher://x")), "refused with 416");
  EXPECT_EQ(verdict(invite("Proxy-Require: x\r\n")), "refused with 420");
  EXPECT_EQ(verdict(with(invite(), "Forwards: 70", "Forwards: 0")), "refused with 483");
  EXPECT_EQ(verdict(with(request("NEW"), "1 NEW", "1 INVITE")), "refused with 501");
  EXPECT_EQ(verdict(with(invite(), "com SIP/2.0", "com SIP/3.0")), "refused with 505");
}

TEST(Conformance, V1_AnAckIsNeverAnswered) {
  for (const auto& broken :
       {with(request("ACK"), "Forwards: 70", "Forwards: x"), with(request("ACK"), "7f3@192.0.2.77", "@"),
        with(request("ACK"), "sip:bob@example.com", "gopher://x"), with(request("ACK"), "com SIP/2.0", "com SIP/3.0"),
        request("ACK", "i: again\r\n"), with(request("ACK"), "1 ACK", "1 INVITE")}) {
    EXPECT_EQ(verdict(broken), "dropped") << broken;
  }
}

TEST(Conformance, V1_TheFirstFaultInTheOrderOfTheRfcDecides) {
  // Syntax before scheme before Max-Forwards before Proxy-Require.
  EXPECT_EQ(verdict(with(with(invite("Proxy-Require: x\r\n"), "sip:bob@example.com", "gopher://x"), "1 INVITE", "x")),
            "refused with 400");
  EXPECT_EQ(verdict(with(invite("Proxy-Require: x\r\n"), "sip:bob@example.com", "gopher://x")), "refused with 416");
  EXPECT_EQ(verdict(with(invite("Proxy-Require: x\r\n"), "Forwards: 70", "Forwards: 0")), "refused with 483");
}

TEST(Conformance, V2_OnlyTheTopViaIsJudged) {
  EXPECT_EQ(verdict(with(invite(), "Max-Forwards", "Via: SIP/2.0/UDP broken:::::;;\r\nMax-Forwards")), "accepted");
  EXPECT_EQ(torture_verdict("transports"), "accepted");
}

TEST(Conformance, V2_EveryPartThatIsUsedIsJudged) {
  EXPECT_EQ(verdict(with(invite(), "<sip:bob@example.com>", "\"open <sip:bob@example.com>")), "refused with 400");
  EXPECT_EQ(verdict(invite("Route: <sip:a;lr>, b\r\n")), "refused with 400");
  EXPECT_EQ(torture_verdict("quotbal"), "refused with 400");
}

TEST(Conformance, V3_FiveHeadersAreRequired) {
  for (const auto* row : {"From: <sip:alice@example.net>;tag=a1\r\n", "To: <sip:bob@example.com>\r\n",
                          "Call-ID: 7f3@192.0.2.77\r\n", "CSeq: 1 INVITE\r\n"}) {
    EXPECT_EQ(verdict(with(invite(), row, "")), "refused with 400") << row;
  }
  EXPECT_EQ(torture_verdict("insuf"), "refused with 400");
  EXPECT_EQ(torture_verdict("x-via-none"), "dropped");
}

TEST(Conformance, V3_MaxForwardsAndTheFromTagMayBeMissing) {
  EXPECT_EQ(torture_verdict("inv2543"), "accepted");
  EXPECT_EQ(torture_verdict("x-from-notag"), "accepted");
  EXPECT_EQ(torture_verdict("x-mf-missing"), "accepted");
  EXPECT_FALSE(Parsed(torture_file("inv2543.dat")).facts.has_max_forwards);
}

TEST(Conformance, V4_UnknownSchemesAre416) {
  for (const auto* uri : {"http://example.com", "mailto:bob@example.com", "sips:bob@example.com", "x:y"}) {
    EXPECT_EQ(verdict(to_uri(uri)), "refused with 416") << uri;
  }
  EXPECT_EQ(torture_verdict("unkscm"), "refused with 416");
  EXPECT_EQ(torture_verdict("novelsc"), "refused with 416");
}

TEST(Conformance, V4_SipTelAndUrnAreKnownInAnyCase) {
  for (const auto* uri : {"SIP:bob@example.com", "tel:+12015550123", "TEL:7042;phone-context=h", "urn:service:sos"}) {
    EXPECT_EQ(verdict(to_uri(uri)), "accepted") << uri;
  }
  EXPECT_EQ(torture_verdict("x-uri-tel"), "accepted");
  EXPECT_EQ(torture_verdict("x-uri-urn-sos"), "accepted");
}

TEST(Conformance, V5_MaxForwards0EndsARequest) {
  EXPECT_EQ(torture_verdict("zeromf"), "refused with 483");
  EXPECT_EQ(torture_verdict("x-mf0-cancel"), "refused with 483");
  EXPECT_EQ(torture_verdict("x-mf0-ack"), "dropped");
  EXPECT_EQ(torture_verdict("x-mf-10-to-9"), "accepted");
}

TEST(Conformance, V6_OwnAddressesAreNotTheParsersBusiness) {
  // That a request would come back to us is known after routing only: inside-no-next-hop-500.case.
  EXPECT_EQ(verdict(to_uri("sip:203.0.113.10:5060")), "accepted");
}

TEST(Conformance, V7_ProxyRequireIs420WhateverItNames) {
  EXPECT_EQ(torture_verdict("bext01"), "refused with 420");
  EXPECT_EQ(verdict(invite("Proxy-Require: a\r\nSubject: s\r\nproxy-require : b, c\r\n")), "refused with 420");
  EXPECT_EQ(verdict(invite("Proxy-Require: \r\n")), "accepted");
}

TEST(Conformance, V7_AckAndCancelAreSpared) {
  EXPECT_EQ(torture_verdict("x-proxy-require-ack"), "accepted");
  EXPECT_EQ(verdict(request("ACK", "Proxy-Require: a\r\n")), "accepted");
  EXPECT_EQ(verdict(request("CANCEL", "Proxy-Require: a\r\n")), "accepted");
}

TEST(Conformance, V7_RequireIsTheUsersBusiness) {
  EXPECT_EQ(verdict(invite("Require: nothing-we-know\r\n")), "accepted");
}

TEST(Conformance, V8_MergedRequestsAreTwoRequests) {
  const Parsed one(invite());
  const Parsed other(with(invite(), "z9hG4bKabc", "z9hG4bKabd"));
  ASSERT_EQ(one.fault, Fault::kNone);
  ASSERT_EQ(other.fault, Fault::kNone);
  const std::array<Secret, 1> secrets{Secret{1}};
  const auto keys = Keyring::derive(Secret{2}, secrets);
  std::array<std::string, 2> branches{std::string(kBranchLength, '?'), std::string(kBranchLength, '?')};
  write_branch(branches[0].data(), keys, one.message, one.facts);
  write_branch(branches[1].data(), keys, other.message, other.facts);
  EXPECT_NE(branches[0], branches[1]);
}

TEST(Conformance, V9_HeadersInARequestUriAreRefused) {
  EXPECT_EQ(torture_verdict("escruri"), "refused with 400");
  EXPECT_EQ(verdict(to_uri("sip:bob@example.com?")), "refused with 400");
  EXPECT_EQ(verdict(to_uri("sip:bob@example.com;lr?Route=%3Csip:evil%3E")), "refused with 400");
  EXPECT_EQ(verdict(to_uri("sip:who?@example.com")), "accepted");
}

TEST(Conformance, V10_AnIpv6HostNeedsBrackets) {
  EXPECT_EQ(verdict(to_uri("sip:2001:db8::10")), "refused with 400");
  EXPECT_EQ(verdict(to_uri("sip:[2001:db8::10")), "refused with 400");
  EXPECT_EQ(verdict(to_uri("sip:[2001:db8::10:5070]")), "accepted");
  EXPECT_EQ(verdict(to_uri("sip:[2001:db8::10]:5070")), "accepted");
  EXPECT_EQ(verdict(to_uri("sip:bob@[2001:db8::9:1]")), "accepted");
}

TEST(Conformance, V10_MappedAddressesAndTripleColonsAreRead) {
  EXPECT_EQ(verdict(to_uri("sip:bob@[::ffff:192.0.2.10]:19823")), "accepted");
  EXPECT_EQ(verdict(to_uri("sip:bob@[2001:db8:::192.0.2.1]")), "accepted");
  EXPECT_EQ(Parsed(to_uri("sip:bob@[::ffff:192.0.2.10]")).facts.request_uri.numeric_host(), IpAddress::v4(0xc000020a));
}

TEST(Conformance, V10_Ipv6InAViaIsReadWithAndWithoutBracketsInReceived) {
  for (const auto* via : {"SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111",
                          "SIP/2.0/UDP [2001:db8::9:1]:6050;received=2001:db8::9:255;branch=z9hG4bKas3",
                          "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19"}) {
    EXPECT_EQ(verdict(with(invite(), "SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKabc;rport", via)), "accepted") << via;
  }
}

}  // namespace
}  // namespace dialplane::sip
