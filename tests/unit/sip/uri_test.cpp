// SPDX-License-Identifier: Apache-2.0
// URIs on literal text. Test thread.
#include "dialplane/sip/uri.hpp"

#include "guarded_buffer.hpp"

#include <gtest/gtest.h>

namespace dialplane::sip {
namespace {

TEST(Uri, ReadsEveryPart) {
  const auto plain = parse_uri("SIP:alice:secret@Example.com:5070;lr;x=y?Subject=z");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->scheme, Scheme::kSip);
  EXPECT_EQ(plain->scheme_text, "SIP");
  EXPECT_EQ(plain->user, "alice");
  EXPECT_EQ(plain->host, "Example.com");
  EXPECT_EQ(plain->port, 5070);
  EXPECT_EQ(plain->parameters, ";lr;x=y");
  EXPECT_TRUE(plain->has_headers);
}

TEST(Uri, ReadsTheShortestForm) {
  const auto uri = parse_uri("sips:h");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme, Scheme::kSips);
  EXPECT_FALSE(uri->has_user);
  EXPECT_EQ(uri->host, "h");
  EXPECT_EQ(uri->port, 0);
  EXPECT_EQ(uri->parameters, "");
  EXPECT_FALSE(uri->has_headers);
}

TEST(Uri, UserPartMayHoldSemicolonsAndQuestionMarks) {
  const auto uri = parse_uri("sip:a;b=c?d/e@h;lr");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user, "a;b=c?d/e");
  EXPECT_EQ(uri->host, "h");
  EXPECT_EQ(uri->parameters, ";lr");
  EXPECT_FALSE(uri->has_headers);
}

TEST(Uri, KeepsBracketsOfIpv6Hosts) {
  const auto uri = parse_uri("sip:[2001:db8::10]:5070");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->host, "[2001:db8::10]");
  EXPECT_EQ(uri->port, 5070);
  EXPECT_EQ(uri->numeric_host(), IpAddress::parse("2001:db8::10"));
}

TEST(Uri, AcceptsTheTripleColonOfTheGrammar) { EXPECT_TRUE(parse_uri("sip:user@[2001:db8:::192.0.2.1]")); }

TEST(Uri, ReadsTelAndUrn) {
  const auto tel = parse_uri("tel:+1-201-555-0123;phone-context=example.com");
  ASSERT_TRUE(tel);
  EXPECT_EQ(tel->scheme, Scheme::kTel);
  EXPECT_EQ(tel->user, "+1-201-555-0123");
  EXPECT_EQ(tel->parameters, ";phone-context=example.com");
  const auto urn = parse_uri("urn:service:sos.fire");
  ASSERT_TRUE(urn);
  EXPECT_EQ(urn->scheme, Scheme::kUrn);
}

TEST(Uri, OtherSchemesAreNamed) {
  const auto uri = parse_uri("soap.beep://192.0.2.103:3002");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme, Scheme::kOther);
  EXPECT_EQ(uri->scheme_text, "soap.beep");
}

TEST(Uri, RefusesWhatIsNotWellFormed) {
  for (const auto* text : {"",
                           "sip",
                           ":h",
                           "1sip:h",
                           "sip:",
                           "sip:@h",
                           "sip:a@b@h",
                           "sip:h:",
                           "sip:h:0",
                           "sip:h:65536",
                           "sip:h:5o60",
                           "sip:2001:db8::10",
                           "sip:[2001:db8::10",
                           "sip:[192.0.2.1]",
                           "sip:[::1]x",
                           "sip:[]",
                           "sip:a b@h",
                           "<sip:h>",
                           "sip:h\t",
                           "sip:a\x7f@h",
                           "sip:h/path"}) {
    EXPECT_FALSE(parse_uri(text)) << text;
  }
}

TEST(Uri, FindsParametersByNameInAnyCase) {
  EXPECT_EQ(find_parameter(";lr;Transport=udp;dp=ab", "transport"), "udp");
  EXPECT_EQ(find_parameter(";lr;dp=ab", "LR"), "");
  EXPECT_EQ(find_parameter(" ; a = \"x;lr\\\"\" ; b = c", "a"), "x;lr\\\"");
  EXPECT_EQ(find_parameter(" ; a = \"x;lr\\\"\" ; b = c", "b"), "c");
  EXPECT_FALSE(find_parameter(";a=\"x;lr\"", "lr"));
  EXPECT_FALSE(find_parameter(";lrx", "lr"));
  EXPECT_FALSE(find_parameter("", "lr"));
}

TEST(Uri, FindsParametersInLongTexts) {
  const std::string_view long_text = ";lr;r2=on;dp=eabcdefghijklmnopqrstuvwxyz234567;transport=UDP";
  EXPECT_EQ(find_parameter(long_text, "lr"), "");
  EXPECT_EQ(find_parameter(long_text, "R2"), "on");
  EXPECT_EQ(find_parameter(long_text, "dp"), "eabcdefghijklmnopqrstuvwxyz234567");
  EXPECT_EQ(find_parameter(long_text, "transport"), "UDP");
  EXPECT_FALSE(find_parameter(long_text, "l"));
  EXPECT_FALSE(find_parameter(long_text, "transports"));
  EXPECT_FALSE(find_parameter(long_text, "dp=eabc"));
}

/// A blank between the parameters leaves their values alone, and takes the text another way through the code.
TEST(Uri, FindsTheSameParametersWithAndWithoutBlanks) {
  constexpr std::string_view kNames[] = {"a", "lr", "dp", "transport", "xyzzy"};
  constexpr std::string_view kValues[] = {"", "=1", "=udp", "=a=b", "=[2001:db8::1]:5060", "=%41bcdefghijklmnopq"};
  unsigned seed = 1;
  const auto draw = [&seed](std::size_t bound) { return (seed = seed * 1103515245 + 12345) / 65536 % bound; };
  for (int round = 0; round < 5000; ++round) {
    std::string tight;
    std::string loose;
    for (auto left = 1 + draw(6); left > 0; --left) {
      const auto part = std::string(kNames[draw(5)]) + std::string(kValues[draw(6)]);
      tight += ";" + part;
      loose += " ;" + part;
    }
    const test::GuardedBuffer buffer(tight);
    for (const auto name : kNames) EXPECT_EQ(find_parameter(buffer.text(), name), find_parameter(loose, name)) << tight;
  }
}

TEST(Uri, FindsNothingBehindAMalformedParameter) {
  EXPECT_EQ(find_parameter(";first=1;;second=2;third=3", "first"), "1");
  EXPECT_FALSE(find_parameter(";first=1;;second=2;third=3", "second"));
  EXPECT_FALSE(find_parameter(";first=;second=2;third=33", "second"));
  EXPECT_FALSE(find_parameter("first=1;second=2;third=33", "second"));
}

}  // namespace
}  // namespace dialplane::sip
