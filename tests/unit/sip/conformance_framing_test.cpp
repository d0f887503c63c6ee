// SPDX-License-Identifier: Apache-2.0
// Rules F1 to F10 of docs/sip-conformance.md: datagrams, framing, start lines. Test thread.
#include "verdicts.hpp"

#include <gtest/gtest.h>

namespace dialplane::sip {
namespace {

using namespace std::string_literals;

std::string body_of(std::string_view datagram) {
  const auto p = std::make_unique<Parsed>(datagram);
  EXPECT_EQ(p->fault, Fault::kNone);
  return p->bytes.substr(p->message.skipped + p->message.body_offset,
                         static_cast<std::size_t>(p->message.body_end - p->message.body_offset));
}

TEST(Conformance, F1_TheBodyIsContentLengthOctetsOfOneDatagram) {
  EXPECT_EQ(body_of(with(invite(), "Length: 0", "Length: 3") + "abcdef"), "abc");
  EXPECT_EQ(body_of(torture_file("dblreq.dat")), "");
}

TEST(Conformance, F1_SurplusOctetsAreNeverRead) {
  const Parsed p(torture_file("dblreq.dat"));
  EXPECT_EQ(p.message.method, Method::kRegister);
  EXPECT_EQ(p.message.count(HeaderId::kCallId), 1);
  EXPECT_EQ(p.message.text.size() - p.message.body_end, 450U);
}

TEST(Conformance, F1_TooFewOctetsAreRefusedAndAResponseDropped) {
  EXPECT_EQ(torture_verdict("clerr"), "refused with 400");
  EXPECT_EQ(verdict(with(invite(), "Length: 0", "Length: 7") + "abcdef"), "refused with 400");
  EXPECT_EQ(verdict(with(response(), "Length: 0", "Length: 7") + "abcdef"), "dropped");
}

TEST(Conformance, F1_WithoutContentLengthTheBodyRunsToTheEnd) {
  EXPECT_EQ(body_of(with(invite(), "Content-Length: 0\r\n", "") + "abcdef"), "abcdef");
  EXPECT_EQ(torture_verdict("x-cl-none"), "accepted");
}

TEST(Conformance, F2_TheLargestDatagramIsRead) {
  const auto head = with(request("OPTIONS"), "Content-Length: 0\r\n", "");
  const std::string body(65507 - head.size(), 'b');
  EXPECT_EQ(body_of(head + body).size(), body.size());
}

TEST(Conformance, F2_OffsetsReachTheLastByteThatUdpCanCarry) {
  const auto head = with(request("OPTIONS"), "Content-Length: 0\r\n", "");
  const Parsed p(head + std::string(65535 - head.size(), 'b'));
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(p.message.body_end, 65535);
}

TEST(Conformance, F3_StunIsNeverTakenForSip) {
  for (const auto* name : {"x-stun-bind", "x-stun-badlen", "x-stun-nomagic"}) {
    const auto bytes = torture_file("extras/"s + name + ".dat");
    ASSERT_EQ(bytes.size(), 20U) << name;
    EXPECT_EQ(fault_of(bytes), Fault::kNotSip) << name;
    EXPECT_EQ(verdict(bytes), "dropped") << name;
  }
}

TEST(Conformance, F3_AMethodThatStartsBelow0x40IsStillSip) {
  EXPECT_EQ(torture_file("intmeth.dat")[0], '!');
  EXPECT_EQ(torture_verdict("intmeth"), "accepted");
  for (const char first : "!%*+-.0123456789"s) {
    EXPECT_EQ(verdict(request(std::string(1, first) + "x")), "accepted") << first;
  }
}

TEST(Conformance, F4_KeepalivesAreDroppedAndNeverAnswered) {
  for (const auto& bytes : {"\r\n"s, "\r\n\r\n"s, ""s, "\0"s, "\0\0\0\0"s, "\r\n\0"s}) {
    EXPECT_EQ(fault_of(bytes), Fault::kNotSip);
    EXPECT_EQ(verdict(bytes), "dropped");
  }
}

TEST(Conformance, F5_CrlfBeforeTheStartLineIsSkipped) {
  const Parsed p("\r\n\r\n" + invite());
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(p.message.skipped, 4);
  EXPECT_TRUE(p.message.text.starts_with("INVITE "));
  EXPECT_EQ(torture_verdict("x-lead-crlf"), "accepted");
}

TEST(Conformance, F5_NothingElseMayPrecedeTheStartLine) {
  for (const auto* before : {" ", "\t", "\n", "\r", "\r\n ", "\r\n\n"}) {
    EXPECT_EQ(verdict(before + invite()), "dropped") << before;
  }
}

TEST(Conformance, F6_OnlyCrlfEndsALine) {
  EXPECT_EQ(verdict(invite("Subject: a\nRoute: <sip:evil.example.com;lr>\r\n")), "refused with 400");
  EXPECT_EQ(verdict(invite("Subject: a\rRoute: <sip:evil.example.com;lr>\r\n")), "refused with 400");
  EXPECT_EQ(verdict(invite("Subject: a\r\r\n")), "refused with 400");
  EXPECT_EQ(verdict(invite("Subject: a\n\r\n")), "refused with 400");
  EXPECT_EQ(verdict(invite("Subject: a\n b\r\n")), "refused with 400");
  EXPECT_EQ(verdict(with(invite(), "bob@example.com SIP", "bob@example.com\n SIP")), "refused with 400");
}

TEST(Conformance, F6_AMessageOfLineFeedsHasNoHeadersToAnswerWith) {
  EXPECT_EQ(fault_of(torture_file("extras/x-barelf.dat")), Fault::kBareLineEnd);
  EXPECT_EQ(torture_verdict("x-barelf"), "dropped");
}

TEST(Conformance, F6_ABareLineEndInAQuotedStringIsRefusedToo) {
  EXPECT_EQ(verdict(invite("Subject: \"a\nb\"\r\n")), "refused with 400");
  EXPECT_EQ(verdict(invite("Subject: \"a\\\nb\"\r\n")), "refused with 400");
}

TEST(Conformance, F7_ALineOfBlanksIsAFoldAndNotTheEmptyLine) {
  const Parsed p(invite("Subject: a\r\n \t\r\n"));
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(p.message.body_offset, p.message.text.size());
  EXPECT_EQ(verdict(invite("Subject: a\r\n \r\n\t\r\n b\r\n")), "accepted");
}

TEST(Conformance, F7_AContinuationBeforeTheFirstHeaderIsRefused) {
  EXPECT_EQ(torture_verdict("x-fold-first"), "refused with 400");
  EXPECT_EQ(verdict(with(invite(), "Via:", " folded\r\nVia:")), "refused with 400");
}

TEST(Conformance, F7_WithoutTheEmptyLineThereIsNoMessage) {
  auto text = invite();
  text.resize(text.size() - 2);
  EXPECT_EQ(fault_of(text), Fault::kUnterminated);
  EXPECT_EQ(verdict(text), "dropped");
}

TEST(Conformance, F8_ARequestLineHasSingleSpacesAndNoneAtItsEnd) {
  for (const auto* name : {"lwsstart", "trws", "lwsruri", "ltgtruri"}) {
    EXPECT_EQ(torture_verdict(name), "refused with 400") << name;
  }
  for (const auto* line : {"INVITE\tsip:bob@example.com SIP/2.0", "INVITE sip:bob@example.com\tSIP/2.0",
                           "INVITE sip:bob@example.com SIP/2.0 ", "INVITE sip:bob@example.com", "INVITE  SIP/2.0"}) {
    EXPECT_NE(verdict(with(invite(), "INVITE sip:bob@example.com SIP/2.0", line)), "accepted") << line;
  }
}

TEST(Conformance, F8_TheVersionIsReadInAnyCaseAndOthersAre505) {
  EXPECT_EQ(verdict(with(invite(), "com SIP/2.0", "com sIp/2.0")), "accepted");
  EXPECT_EQ(torture_verdict("x-ver-lower"), "accepted");
  EXPECT_EQ(torture_verdict("badvers"), "refused with 505");
  EXPECT_EQ(torture_verdict("x-ver-21"), "refused with 505");
  EXPECT_EQ(verdict(with(invite(), "com SIP/2.0", "com HTTP/1.1")), "refused with 400");
}

TEST(Conformance, F8_AStatusHasThreeDigitsFrom100To699) {
  const auto with_status = [](std::string_view status) { return verdict(with(response(), "200", status)); };
  EXPECT_EQ(with_status("100"), "accepted");
  EXPECT_EQ(with_status("699"), "accepted");
  for (const auto* bad : {"099", "700", "20", "2000", "4294967496", "2x0", "+20", ""}) {
    EXPECT_EQ(with_status(bad), "dropped") << bad;
  }
  EXPECT_EQ(torture_verdict("bigcode"), "dropped");
}

TEST(Conformance, F8_AnEmptyReasonKeepsItsSpace) {
  EXPECT_EQ(torture_verdict("noreason"), "accepted");
  EXPECT_EQ(verdict(with(response(), "200 OK", "200")), "dropped");
}

TEST(Conformance, F8_AMethodThatStartsLikeAVersionIsARequest) {
  EXPECT_EQ(verdict(request("SIPX")), "accepted");
  EXPECT_TRUE(Parsed(request("SIP")).message.is_request);
}

TEST(Conformance, F9_AControlByteIsAllowedInAQuotedPairOnly) {
  EXPECT_EQ(verdict(invite("Subject: \"a\\\0b\"\r\n"s)), "accepted");
  EXPECT_EQ(verdict(invite("Subject: \"a\0b\"\r\n"s)), "refused with 400");
  EXPECT_EQ(verdict(invite("Subject: a\\\0b\r\n"s)), "refused with 400");
  EXPECT_EQ(verdict(invite("Subject: \"a\\\0b\r\n"s)), "refused with 400");
  EXPECT_EQ(verdict(invite("Subject: a\x01\r\n")), "refused with 400");
}

TEST(Conformance, F9_AQuotedPairInACommentCountsWhereThereAreComments) {
  EXPECT_EQ(verdict(invite("User-Agent: x (a \\\x01 b)\r\n")), "accepted");
  EXPECT_EQ(verdict(invite("Server: (a (b \\\0) \" c)\r\n"s)), "accepted");
  EXPECT_EQ(verdict(invite("Retry-After: 5 (\\\x01\r\n )\r\n")), "accepted");
  EXPECT_EQ(verdict(invite("Subject: (a \\\x01)\r\n")), "refused with 400");
  EXPECT_EQ(verdict(invite("User-Agent: x (a \x01)\r\n")), "refused with 400");
  EXPECT_EQ(verdict(invite("User-Agent: x (a \\\x01\r\n")), "refused with 400");
  EXPECT_EQ(verdict(invite("User-Agent: x (a (\\\x01)\r\n")), "refused with 400");
  EXPECT_EQ(verdict(invite("User-Agent: \"(\" \\\x01)\r\n")), "refused with 400");
}

TEST(Conformance, F9_IntmethKeepsItsNulInTheIndex) {
  const Parsed p(torture_file("intmeth.dat"));
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_NE(p.value(HeaderId::kTo).find("\\\0"s), std::string_view::npos);
}

TEST(Conformance, F9_ACallIdHasNoControlBytesAtAll) {
  EXPECT_EQ(verdict(with(invite(), "7f3@", "7f\0003@"s)), "refused with 400");
  EXPECT_EQ(verdict(with(invite(), "7f3@", "\"\\\0\"@"s)), "refused with 400");
}

TEST(Conformance, F9_ABodyMayHoldAnything) {
  EXPECT_EQ(body_of(with(invite(), "Length: 0", "Length: 6") + "\0\r\n\n\r\x7f"s), "\0\r\n\n\r\x7f"s);
  EXPECT_EQ(torture_verdict("mpart01"), "accepted");
}

TEST(Conformance, F10_128ViasAnd16KibOfHeadersAreTaken) {
  std::string vias;
  for (int i = 0; i < 127; ++i) vias += "Via: SIP/2.0/UDP h" + std::to_string(i) + ";branch=z9hG4bKx\r\n";
  EXPECT_EQ(verdict(with(invite(), "Max-Forwards", vias + "Max-Forwards")), "accepted");
  EXPECT_EQ(verdict(invite("Subject: " + std::string(16 * 1024, 's') + "\r\n")), "accepted");
  EXPECT_EQ(torture_verdict("longreq"), "accepted");
}

TEST(Conformance, F10_BeyondTheLimitsTheAnswerIs513) {
  std::string rows;
  for (std::size_t i = 0; i < kMaxHeaderRows; ++i) rows += "X: y\r\n";
  EXPECT_EQ(verdict(invite(rows)), "refused with 513");
  EXPECT_EQ(verdict(invite("Subject: " + std::string(kMaxHeaderBytes, 's') + "\r\n")), "refused with 513");
  EXPECT_EQ(verdict(response("Subject: " + std::string(kMaxHeaderBytes, 's') + "\r\n")), "dropped");
}

}  // namespace
}  // namespace dialplane::sip
