// SPDX-License-Identifier: Apache-2.0
// Inline answers and response targets, byte for byte. Test thread.
#include "dialplane/sip/response.hpp"

#include "messages.hpp"

#include <gtest/gtest.h>

#include <array>

namespace dialplane::sip {
namespace {

Endpoint source() { return *Endpoint::parse("192.0.2.77:40000"); }

std::string answer(const Parsed& p, const ResponseSpec& spec) {
  std::array<char, 4096> out;
  return {out.data(), write_response(out, p.message, p.facts, spec)};
}

ResponseSpec spec_483() {
  return {.status = 483, .reason = "Too Many Hops", .to_tag = "d1tag", .extra_rows = {}, .source = source()};
}

TEST(Response, CopiesWhatTheRfcNamesAndNothingElse) {
  const Parsed p(
      "INVITE sip:bob@example.com SIP/2.0\r\n"
      "v: SIP/2.0/UDP 192.0.2.77;rport;branch=z9hG4bKabc, SIP/2.0/UDP m2\r\n"
      "Max-Forwards: 0\r\n"
      "f: <sip:alice@example.net>;tag=a1\r\n"
      "Via: SIP/2.0/UDP m3;x=y\r\n"
      "To: <sip:bob@example.com> \r\n"
      "i: 7f3@192.0.2.77\r\n"
      "CSeq:  1\r\n INVITE\r\n"
      "Subject: no\r\n\r\nbody");
  EXPECT_EQ(answer(p, spec_483()),
            "SIP/2.0 483 Too Many Hops\r\n"
            "v: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKabc;rport=40000;received=192.0.2.77, SIP/2.0/UDP m2\r\n"
            "Via: SIP/2.0/UDP m3;x=y\r\n"
            "f: <sip:alice@example.net>;tag=a1\r\n"
            "To: <sip:bob@example.com>;tag=d1tag \r\n"
            "i: 7f3@192.0.2.77\r\n"
            "CSeq:  1\r\n INVITE\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(Response, ReplacesReceivedAndRportOfTheClient) {
  const Parsed p(with(invite(), ";branch=z9hG4bKabc;rport", ";received=198.51.100.66;branch=z9hG4bKabc;rport=9;ttl=1"));
  EXPECT_NE(answer(p, spec_483())
                .find("Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKabc;ttl=1;rport=40000;received=192.0.2.77\r\n"),
            std::string::npos);
}

TEST(Response, LeavesNoLineOfBlanksWhereTheClientsReceivedStood) {
  const Parsed p(with(with(invite(), "192.0.2.77:5070", "192.0.2.77"), ";branch=z9hG4bKabc;rport",
                      ";branch=z9hG4bKabc\r\n ;received=198.51.100.66\r\n\t;ttl=1"));
  EXPECT_NE(answer(p, spec_483()).find("Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKabc\r\n\t;ttl=1\r\n"),
            std::string::npos);
}

TEST(Response, KeepsAToTagThatIsThere) {
  const Parsed p(with(invite(), "<sip:bob@example.com>", "<sip:bob@example.com>;tag=t1"));
  EXPECT_NE(answer(p, spec_483()).find("To: <sip:bob@example.com>;tag=t1\r\n"), std::string::npos);
}

TEST(Response, KeepsAToTagThatWasNotValidatedYet) {
  const Parsed p(with(with(invite(), "<sip:bob@example.com>", "<sip:bob@example.com>;tag=t1"), "1 INVITE", "x"));
  ASSERT_EQ(p.fault, Fault::kCSeq);
  EXPECT_NE(answer(p, spec_483()).find("To: <sip:bob@example.com>;tag=t1\r\n"), std::string::npos);
}

std::string unsupported_in_420(std::string_view rows) {
  const auto text = answer(Parsed(invite(rows)), {.status = 420, .reason = "Bad Extension", .source = source()});
  const auto at = text.find("Unsupported");
  return at == std::string::npos ? "none" : text.substr(at, text.find("Content-Length") - at);
}

TEST(Response, Lists420TagsOfEveryProxyRequire) {
  EXPECT_EQ(unsupported_in_420("Proxy-Require: a, b\r\nSubject: s\r\nproxy-require : \r\nPROXY-REQUIRE: c\r\n"),
            "Unsupported: a, b, c\r\n");
  EXPECT_EQ(unsupported_in_420("Require: d\r\nProxy-Require: a\r\n"), "Unsupported: a\r\n");
}

TEST(Response, Lists420TagsOfRequireWhereNothingIsAskedOfAProxy) {
  EXPECT_EQ(unsupported_in_420("Require: a\r\nProxy-Require:\r\nrequire: b, c\r\n"), "Unsupported: a, b, c\r\n");
  EXPECT_EQ(unsupported_in_420("Supported: a\r\n"), "none");
}

TEST(Response, ListsNoTagThatCouldSplitARow) {
  EXPECT_EQ(unsupported_in_420("Proxy-Require: a\nb\r\nProxy-Require: c\r\n"), "Unsupported: c\r\n");
}

TEST(Response, ListsNothingThatIsNoTag) {
  using namespace std::string_view_literals;
  EXPECT_EQ(unsupported_in_420("Proxy-Require: \"\r\nProxy-Require: b: \"\\\0\"\r\nProxy-Require: c\r\n"sv),
            "Unsupported: c\r\n");
  EXPECT_EQ(unsupported_in_420("Proxy-Require: a b,\r\n\tc\r\n"), "Unsupported: a b,\r\n\tc\r\n");
}

TEST(Response, OtherAnswersListNoTags) {
  EXPECT_EQ(answer(Parsed(invite("Proxy-Require: a\r\n")), spec_483()).find("Unsupported"), std::string::npos);
}

TEST(Response, AddsExtraRows) {
  auto spec = spec_483();
  spec.extra_rows = "Unsupported: a, b\r\n";
  EXPECT_TRUE(answer(Parsed(invite()), spec).ends_with("\r\nUnsupported: a, b\r\nContent-Length: 0\r\n\r\n"));
}

TEST(Response, LeavesOutRowsWithBareLineEndsOrNul) {
  const Parsed p(with(invite(), "Call-ID: 7f3", "Call-ID: 7\rVia: evil"));
  ASSERT_EQ(p.fault, Fault::kBareLineEnd);
  const auto text = answer(p, spec_483());
  EXPECT_NE(text, "");
  EXPECT_EQ(text.find("evil"), std::string::npos);
  EXPECT_EQ(text.find("Call-ID"), std::string::npos);
  const Parsed quoted(with(invite(), "Call-ID: 7f3", "Call-ID: \"\\\x01\""));
  EXPECT_EQ(answer(quoted, spec_483()).find("Call-ID"), std::string::npos);
}

TEST(Response, IsNotWrittenIfAViaIsUnclean) {
  EXPECT_EQ(answer(Parsed(invite("Via: SIP/2.0/UDP a\nb\r\n")), spec_483()), "");
}

TEST(Response, IsNotWrittenWithoutATopVia) { EXPECT_EQ(answer(Parsed(with(invite(), "5070", "0")), spec_483()), ""); }

TEST(Response, FitsOrIsNotWritten) {
  const Parsed p(invite());
  const auto whole = answer(p, spec_483());
  std::string out(whole.size(), '?');
  EXPECT_EQ(write_response(out, p.message, p.facts, spec_483()), whole.size());
  EXPECT_EQ(out, whole);
  out.resize(whole.size() - 1);
  EXPECT_EQ(write_response(out, p.message, p.facts, spec_483()), 0U);
}

TEST(Response, OfARequestWithMissingRowsStillHasItsVia) {
  const Parsed p("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n");
  EXPECT_EQ(answer(p, spec_483()),
            "SIP/2.0 483 Too Many Hops\r\nVia: SIP/2.0/UDP h;received=192.0.2.77\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n");
}

std::string received(std::string_view via_value, std::string_view from, bool force_rport = false) {
  const Parsed p("X sip:a SIP/2.0\r\nVia: " + std::string(via_value) + "\r\n\r\n");
  std::array<char, 80> out;
  return {out.data(), write_received(out.data(), p.facts.via, *Endpoint::parse(from), force_rport)};
}

TEST(Received, IsAddedForNamesAndOtherAddresses) {
  EXPECT_EQ(received("SIP/2.0/UDP host1.example.com", "192.0.2.77:40000"), ";received=192.0.2.77");
  EXPECT_EQ(received("SIP/2.0/UDP 10.1.1.5", "192.0.2.77:40000"), ";received=192.0.2.77");
  EXPECT_EQ(received("SIP/2.0/UDP 192.0.2.77", "192.0.2.77:40000"), "");
}

TEST(Received, RportBringsBoth) {
  EXPECT_EQ(received("SIP/2.0/UDP 192.0.2.77:40000;rport", "192.0.2.77:40000"), ";rport=40000;received=192.0.2.77");
  EXPECT_EQ(received("SIP/2.0/UDP 192.0.2.77", "192.0.2.77:40000", true), ";rport=40000;received=192.0.2.77");
}

TEST(Received, ComparesAddressesInBinary) {
  EXPECT_EQ(received("SIP/2.0/UDP [2001:DB8:0::1]", "[2001:db8::1]:5060"), "");
  EXPECT_EQ(received("SIP/2.0/UDP [::ffff:192.0.2.77]", "192.0.2.77:5060"), "");
  EXPECT_EQ(received("SIP/2.0/UDP [2001:db8::2]", "[2001:db8::1]:5060"), ";received=2001:db8::1");
}

std::optional<Endpoint> target(std::string_view via_value) {
  const Parsed p("X sip:a SIP/2.0\r\nVia: " + std::string(via_value) + "\r\n\r\n");
  return response_target(p.facts.via);
}

TEST(ResponseTarget, FollowsReceivedRportAndSentBy) {
  EXPECT_EQ(target("SIP/2.0/UDP h:5070;received=192.0.2.1;rport=6000"), Endpoint::parse("192.0.2.1:6000"));
  EXPECT_EQ(target("SIP/2.0/UDP h:5070;received=192.0.2.1"), Endpoint::parse("192.0.2.1:5070"));
  EXPECT_EQ(target("SIP/2.0/UDP h;received=[2001:db8::1]"), Endpoint::parse("[2001:db8::1]:5060"));
  EXPECT_EQ(target("SIP/2.0/UDP 192.0.2.9"), Endpoint::parse("192.0.2.9:5060"));
  EXPECT_EQ(target("SIP/2.0/UDP 192.0.2.9;maddr=198.51.100.66"), Endpoint::parse("192.0.2.9:5060"));
}

TEST(ResponseTarget, IsNoneWithoutANumericAddressOrPort) {
  EXPECT_FALSE(target("SIP/2.0/UDP h"));
  EXPECT_FALSE(target("SIP/2.0/UDP 192.0.2.9;received=h"));
  EXPECT_FALSE(target("SIP/2.0/UDP h;received=192.0.2.1;rport=0"));
  EXPECT_FALSE(target("SIP/2.0/UDP h;received=192.0.2.1;rport=65536"));
}

}  // namespace
}  // namespace dialplane::sip
