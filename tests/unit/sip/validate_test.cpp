// SPDX-License-Identifier: Apache-2.0
// The checks of RFC 3261 §16.3 on literal messages. Test thread.
#include "messages.hpp"

#include <gtest/gtest.h>

namespace dialplane::sip {
namespace {

Fault fault_of(std::string_view datagram) { return Parsed(datagram).fault; }

std::string with_method(std::string_view method, std::string_view extra_rows = "") {
  auto text = with(invite(extra_rows), "INVITE", method);
  return with(text, "1 INVITE", "1 " + std::string(method));
}

std::string response(std::string_view extra_rows = "") {
  return with(invite(extra_rows), "INVITE sip:bob@example.com SIP/2.0", "SIP/2.0 200 OK");
}

TEST(Validate, ReadsTheFactsOfARequest) {
  const Parsed p(invite());
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_TRUE(p.facts.has_via);
  EXPECT_EQ(p.facts.via.host, "192.0.2.77");
  EXPECT_EQ(p.facts.call_id, "7f3@192.0.2.77");
  EXPECT_EQ(p.facts.from_tag, "a1");
  EXPECT_EQ(p.facts.to_tag, "");
  EXPECT_EQ(p.facts.cseq.number, 1U);
  EXPECT_TRUE(p.facts.has_max_forwards);
  EXPECT_EQ(p.facts.max_forwards, 70);
  EXPECT_EQ(p.facts.request_uri.host, "example.com");
}

TEST(Validate, AResponseHasTheMethodOfItsCSeq) {
  const Parsed p(response());
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(p.message.method, Method::kInvite);
}

TEST(Validate, ResponsesAreNotJudgedByRequestHeaders) {
  EXPECT_EQ(fault_of(response("Proxy-Require: x\r\nRoute: broken\r\n")), Fault::kNone);
  EXPECT_EQ(fault_of(with(response(), "Forwards: 70", "Forwards: none")), Fault::kNone);
}

TEST(Validate, RequiresFiveHeaders) {
  for (const auto* row :
       {"Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKabc;rport\r\n", "From: <sip:alice@example.net>;tag=a1\r\n",
        "To: <sip:bob@example.com>\r\n", "Call-ID: 7f3@192.0.2.77\r\n", "CSeq: 1 INVITE\r\n"}) {
    EXPECT_EQ(fault_of(with(invite(), row, "")), Fault::kMissingHeader) << row;
  }
  EXPECT_EQ(fault_of(with(invite(), "7f3@192.0.2.77", "")), Fault::kMissingHeader);
}

TEST(Validate, TheTopViaComesFirst) {
  const Parsed p(with(with(invite(), "7f3@192.0.2.77", "a b"), "CSeq: 1 INVITE", "CSeq: x"));
  EXPECT_EQ(p.fault, Fault::kCallId);
  EXPECT_TRUE(p.facts.has_via);
  EXPECT_EQ(fault_of(with(with(invite(), ":5070", ":0"), "7f3@192.0.2.77", "a b")), Fault::kVia);
}

TEST(Validate, OnlyTheTopViaIsJudged) { EXPECT_EQ(fault_of(invite("Via: nonsense\r\n")), Fault::kNone); }

TEST(Validate, CallIdIsAWord) {
  for (const auto* good : {"a", "a@b", "\"<\\:>\"[]?{}()/@x", "%+`'~!*_-."}) {
    EXPECT_EQ(fault_of(with(invite(), "7f3@192.0.2.77", good)), Fault::kNone) << good;
  }
  for (const auto* bad : {"a@", "@b", "a@b@c", "a b", "a,b", "a;b", "a=b", "\xc3\xa9"}) {
    EXPECT_EQ(fault_of(with(invite(), "7f3@192.0.2.77", bad)), Fault::kCallId) << bad;
  }
}

TEST(Validate, CSeqMethodEqualsTheRequests) {
  EXPECT_EQ(fault_of(with(invite(), "1 INVITE", "1 invite")), Fault::kCSeqMethod);
  EXPECT_EQ(fault_of(with(with_method("NEWMETHOD"), "1 NEWMETHOD", "1 INVITE")), Fault::kCSeqMethodUnknown);
  EXPECT_EQ(fault_of(with_method("NEWMETHOD")), Fault::kNone);
  EXPECT_EQ(fault_of(with(invite(), "1 INVITE", "4294967296 INVITE")), Fault::kCSeq);
}

TEST(Validate, TagsAreReadBeforeTheCSeqIsRefused) {
  const Parsed p(with(invite(), "1 INVITE", "1 BYE"));
  EXPECT_EQ(p.fault, Fault::kCSeqMethod);
  EXPECT_EQ(p.facts.from_tag, "a1");
}

TEST(Validate, TagsAreNeverGuessed) {
  EXPECT_EQ(fault_of(with(invite(), "To: <", "To: \"x <")), Fault::kNameAddr);
  EXPECT_EQ(fault_of(with(invite(), ";tag=a1", ";tag=a1;tag=b")), Fault::kNameAddr);
  EXPECT_EQ(Parsed(with(invite(), "<sip:bob@example.com>", "sip:bob@example.com;TAG = t1")).facts.to_tag, "t1");
}

TEST(Validate, SchemesAndRequestUris) {
  const auto uri_fault = [](std::string_view uri) { return fault_of(with(invite(), "sip:bob@example.com", uri)); };
  EXPECT_EQ(uri_fault("tel:+12015550123"), Fault::kNone);
  EXPECT_EQ(uri_fault("urn:service:sos"), Fault::kNone);
  EXPECT_EQ(uri_fault("sips:bob@example.com"), Fault::kScheme);
  EXPECT_EQ(uri_fault("http://example.com"), Fault::kScheme);
  EXPECT_EQ(uri_fault("sip:bob@example.com?Route=x"), Fault::kRequestUri);
  EXPECT_EQ(uri_fault("<sip:bob@example.com>"), Fault::kRequestUri);
  EXPECT_EQ(uri_fault("sip:2001:db8::10"), Fault::kRequestUri);
}

TEST(Validate, MaxForwardsIsOneByte) {
  EXPECT_EQ(Parsed(with(invite(), "Forwards: 70", "Forwards: 0068")).facts.max_forwards, 68);
  EXPECT_EQ(Parsed(with(invite(), "Forwards: 70", "Forwards: 255")).fault, Fault::kNone);
  for (const auto* bad : {"256", "-1", "7x", ""}) {
    EXPECT_EQ(fault_of(with(invite(), "Forwards: 70", "Forwards: " + std::string(bad))), Fault::kMaxForwards) << bad;
  }
  const Parsed p(with(invite(), "Max-Forwards: 70\r\n", ""));
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_FALSE(p.facts.has_max_forwards);
}

TEST(Validate, ContentLengthCutsTheBody) {
  const Parsed p(with(invite(), "Content-Length: 0", "Content-Length: 003") + "abcdef");
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(p.message.body_end - p.message.body_offset, 3);
}

TEST(Validate, WithoutContentLengthTheBodyRunsToTheEnd) {
  const Parsed p(with(invite(), "Content-Length: 0\r\n", "") + "abcdef");
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(p.message.body_end, p.message.text.size());
}

TEST(Validate, RefusesWrongContentLengths) {
  for (const auto* bad :
       {"7", "-1", "+4", "0x4", "4294967300", "18446744073709551617", "99999999999999999999999", ""}) {
    EXPECT_EQ(fault_of(with(invite(), "Content-Length: 0", "Content-Length: " + std::string(bad)) + "abcdef"),
              Fault::kContentLength)
        << bad;
  }
}

TEST(Validate, ProxyRequireIsRefusedButForAckAndCancel) {
  EXPECT_EQ(fault_of(invite("Proxy-Require: foo\r\n")), Fault::kProxyRequire);
  EXPECT_EQ(fault_of(with_method("ACK", "Proxy-Require: foo\r\n")), Fault::kNone);
  EXPECT_EQ(fault_of(with_method("CANCEL", "Proxy-Require: foo\r\n")), Fault::kNone);
}

TEST(Validate, EveryRouteValueParses) {
  EXPECT_EQ(fault_of(invite("Route: <sip:a;lr>, <sip:b>\r\n")), Fault::kNone);
  EXPECT_EQ(fault_of(invite("Route: <sip:a;lr>\r\nRoute: <sip:b\r\n")), Fault::kRoute);
}

TEST(Validate, LeavesUnusedHeadersAlone) {
  EXPECT_EQ(fault_of(invite("Date: nonsense\r\nContact: <<>\r\nExpires: -5\r\nRequire: x\r\n")), Fault::kNone);
}

}  // namespace
}  // namespace dialplane::sip
