// SPDX-License-Identifier: Apache-2.0
// Rules H1 to H15 of docs/sip-conformance.md: header syntax. Test thread.
#include "verdicts.hpp"

#include "dialplane/sip/keys.hpp"
#include "dialplane/sip/tokens.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace dialplane::sip {
namespace {

using namespace std::string_literals;

std::string call_id_of(std::string_view datagram) {
  const auto p = std::make_unique<Parsed>(datagram);
  EXPECT_EQ(p->fault, Fault::kNone);
  return std::string(p->facts.call_id);
}

Keyring keyring() {
  const std::array<Secret, 1> secrets{Secret{1, 2, 3}};
  return Keyring::derive(Secret{9}, secrets);
}

std::string branch_of(const Parsed& parsed) {
  std::string branch(kBranchLength, '?');
  write_branch(branch.data(), keyring(), parsed.message, parsed.facts);
  return branch;
}

TEST(Conformance, H1_CompactFormsAreTheirLongForms) {
  const Parsed p(
      "INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKa\r\nt: <sip:a@b>\r\nf: <sip:c@d>;tag=1\r\n"
      "i: x@y\r\nCSEQ: 1 INVITE\r\nl: 0\r\nm: <sip:c@e>\r\n\r\n");
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(p.facts.call_id, "x@y");
  EXPECT_EQ(p.value(HeaderId::kContact), "<sip:c@e>");
}

TEST(Conformance, H1_NamesAreReadInAnyCase) {
  EXPECT_EQ(torture_verdict("x-hname-case"), "accepted");
  EXPECT_EQ(torture_verdict("longreq"), "accepted");
  EXPECT_EQ(call_id_of(with(invite(), "Call-ID", "cALL-iD")), "7f3@192.0.2.77");
}

TEST(Conformance, H1_NamesThatOnlyStartAlikeAreOthers) {
  EXPECT_EQ(verdict(invite("From-Person: x\r\nCall-ID-2: y\r\nViable: z\r\nTo-: a\r\nCSeqs: b\r\nii: c\r\n")),
            "accepted");
  EXPECT_EQ(verdict(with(invite(), "Call-ID:", "Call-I:")), "refused with 400");
}

TEST(Conformance, H2_BlanksBeforeTheColonAreLegal) {
  EXPECT_EQ(torture_verdict("x-hname-space"), "accepted");
  EXPECT_EQ(call_id_of(with(invite(), "Call-ID:", "Call-ID \t :")), "7f3@192.0.2.77");
}

TEST(Conformance, H2_OtherBytesInANameAreRefused) {
  for (const auto& name : {"Call-ID\x0b"s, "Call-ID\x0c"s, "Call-ID\0"s, "\x01Subject"s, "Sub ject"s, "Sub\xc3\xa9t"s,
                           "Sub(ject"s, "Sub\x7fject"s, ""s}) {
    EXPECT_EQ(verdict(invite(name + ": x\r\n")), "refused with 400") << name;
  }
  EXPECT_EQ(torture_verdict("x-hname-empty"), "refused with 400");
  EXPECT_EQ(torture_verdict("x-hname-nocolon"), "refused with 400");
}

TEST(Conformance, H3_AFoldedCallIdIsTheUnfoldedOne) {
  EXPECT_EQ(call_id_of(torture_file("extras/x-fold-callid.dat")), "abc-FOLD@h");
  EXPECT_EQ(call_id_of(torture_file("extras/x-callid-ws.dat")), "abc-FOLD@h");
}

TEST(Conformance, H3_FoldsMayStandWhereverBlanksMay) {
  EXPECT_EQ(torture_verdict("wsinv"), "accepted");
  EXPECT_EQ(torture_verdict("esc01"), "accepted");
  const Parsed p(with(with(invite(), "CSeq: 1 INVITE", "CSeq:\r\n\t1\r\n INVITE\r\n "), ";tag=a1",
                      "\r\n ;\r\n\ttag\r\n =\r\n a1"));
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(p.facts.cseq.number, 1U);
  EXPECT_EQ(p.facts.from_tag, "a1");
}

TEST(Conformance, H3_FoldedAndUnfoldedRequestsShareABranch) {
  const Parsed folded(with(with(invite(), ": 7f3", ":\r\n\t 7f3"), "CSeq: 1 INVITE", "CSeq: 1\r\n INVITE"));
  const Parsed plain(invite());
  ASSERT_EQ(folded.fault, Fault::kNone);
  EXPECT_EQ(branch_of(folded), branch_of(plain));
}

std::vector<std::string> via_hosts(const Parsed& parsed) {
  std::vector<std::string> hosts;
  ViaView via;
  for (bool found = top_via(parsed.message, via); found;) {
    hosts.emplace_back(via.host);
    ViaView next;
    found = next_via(parsed.message, via, next);
    via = next;
  }
  return hosts;
}

TEST(Conformance, H4_ListsMixRowsAndCommas) {
  const Parsed p(
      with(invite(), "Max-Forwards", "v: SIP/2.0/UDP b , SIP/2.0/UDP c\r\nVIA: SIP/2.0/TCP d\r\nMax-Forwards"));
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(via_hosts(p), (std::vector<std::string>{"192.0.2.77", "b", "c", "d"}));
  EXPECT_EQ(torture_verdict("x-via-comma"), "accepted");
}

TEST(Conformance, H4_CommasInQuotesAndBracketsDoNotSplit) {
  const Parsed via(with(invite(), ";rport", ";x=\"a, SIP/2.0/UDP evil\", SIP/2.0/UDP b"));
  EXPECT_EQ(via_hosts(via), (std::vector<std::string>{"192.0.2.77", "b"}));
  const Parsed route(invite("Route: \"a, <sip:evil>\" <sip:u,v@h1;lr>;x=\",\" , <sip:h2;lr>\r\n"));
  EXPECT_EQ(route.fault, Fault::kNone);
  RouteCursor cursor(route.message);
  RouteView value;
  ASSERT_EQ(cursor.next(value), RouteCursor::Step::kValue);
  EXPECT_EQ(value.uri.host, "h1");
  ASSERT_EQ(cursor.next(value), RouteCursor::Step::kValue);
  EXPECT_EQ(value.uri.host, "h2");
  EXPECT_EQ(cursor.next(value), RouteCursor::Step::kEnd);
  EXPECT_EQ(torture_verdict("x-route-vip-name"), "accepted");
}

TEST(Conformance, H5_RowsKeepTheirOrder) {
  const Parsed p(invite("Contact: <sip:1>\r\nSubject: a\r\nm: <sip:2>\r\nContact: <sip:3>\r\n"));
  ASSERT_EQ(p.fault, Fault::kNone);
  std::string seen;
  for (const auto* row = p.message.find(HeaderId::kContact); row != nullptr; row = p.message.next(*row)) {
    seen += p.message.value(*row);
  }
  EXPECT_EQ(seen, "<sip:1><sip:2><sip:3>");
  for (std::size_t i = 1; i < p.message.row_count; ++i) {
    EXPECT_EQ(p.message.rows[i].offset, p.message.rows[i - 1].end);
  }
  EXPECT_EQ(torture_verdict("x-via-mixed-rows"), "accepted");
}

TEST(Conformance, H6_SingleHeadersStandOnce) {
  for (const auto* row : {"i: 7f3@192.0.2.77", "Call-ID: other@h", "f: <sip:alice@example.net>;tag=a1",
                          "To: <sip:bob@example.com>", "CSeq: 1 INVITE", "Max-Forwards: 70", "l: 0"}) {
    EXPECT_EQ(verdict(invite(row + "\r\n"s)), "refused with 400") << row;
    EXPECT_EQ(verdict(response(row + "\r\n"s)), "dropped") << row;
  }
  for (const auto* name : {"multi01", "mcl01", "x-dup-callid", "x-cl-dup-same"}) {
    EXPECT_EQ(torture_verdict(name), "refused with 400") << name;
  }
}

TEST(Conformance, H7_CallIdsAreComparedByteByByte) {
  EXPECT_NE(branch_of(Parsed(with(invite(), "7f3@", "ABC@"))), branch_of(Parsed(with(invite(), "7f3@", "abc@"))));
  EXPECT_EQ(call_id_of(with(invite(), "7f3@", "ABC@")), "ABC@192.0.2.77");
}

TEST(Conformance, H7_QuotesBracketsAndBackslashesArePlainThere) {
  EXPECT_EQ(call_id_of(with(invite(), "7f3@192.0.2.77", "\"<\\:>@(x)[y]{z}?/")), "\"<\\:>@(x)[y]{z}?/");
}

TEST(Conformance, H7_AnEmptyCallIdIsRefused) {
  EXPECT_EQ(torture_verdict("x-callid-empty"), "refused with 400");
  EXPECT_EQ(verdict(with(invite(), "7f3@192.0.2.77", "@")), "refused with 400");
  EXPECT_EQ(verdict(with(invite(), "7f3@192.0.2.77", "a b")), "refused with 400");
}

TEST(Conformance, H8_CSeqNumbersFit32Bits) {
  for (const auto* good : {"0", "4294967295", "0009", "2147483648"}) {
    EXPECT_EQ(verdict(with(invite(), "1 INVITE", good + " INVITE"s)), "accepted") << good;
  }
  for (const auto* bad : {"4294967296", "-1", "1x", "", "18446744073709551617"}) {
    EXPECT_EQ(verdict(with(invite(), "1 INVITE", bad + " INVITE"s)), "refused with 400") << bad;
  }
  EXPECT_EQ(torture_verdict("scalar02"), "refused with 400");
  EXPECT_EQ(torture_verdict("scalarlg"), "dropped");
}

TEST(Conformance, H8_TheCSeqMethodIsTheRequestsToTheLetter) {
  EXPECT_EQ(torture_verdict("mismatch01"), "refused with 400");
  EXPECT_EQ(torture_verdict("mismatch02"), "refused with 501");
  EXPECT_EQ(torture_verdict("x-cseq-case"), "refused with 400");
  EXPECT_EQ(verdict(with(invite(), "1 INVITE", "1\r\n\t INVITE")), "accepted");
}

TEST(Conformance, H9_MaxForwardsIsOneByteOfDigits) {
  for (const auto* good : {"1", "255", "0068", "070"}) {
    EXPECT_EQ(verdict(with(invite(), "Forwards: 70", "Forwards: "s + good)), "accepted") << good;
  }
  for (const auto* bad : {"256", "300", "-1", "+1", "7 0", "0x1", "", "4294967297"}) {
    EXPECT_EQ(verdict(with(invite(), "Forwards: 70", "Forwards: "s + bad)), "refused with 400") << bad;
  }
  EXPECT_EQ(torture_verdict("x-mf-000"), "refused with 483");
  EXPECT_EQ(torture_verdict("x-mf-neg"), "refused with 400");
}

TEST(Conformance, H10_ContentLengthIsDigitsAndNeverWraps) {
  for (const auto* bad : {"+0", "-0", "-999", "0x0", "0 0", "4294967296", "65536", "18446744073709551616", "", "0;x"}) {
    EXPECT_EQ(verdict(with(invite(), "Length: 0", "Length: "s + bad)), "refused with 400") << bad;
  }
  for (const auto* name : {"ncl", "x-cl-plus", "x-cl-wrap32"}) {
    EXPECT_EQ(torture_verdict(name), "refused with 400") << name;
  }
  EXPECT_EQ(verdict(with(invite(), "Length: 0", "Length: 0000000000000000000000000")), "accepted");
}

Parsed with_via(std::string_view value) {
  return Parsed(with(invite(), "SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKabc;rport", value));
}

TEST(Conformance, H11_BlanksMayStandRoundEverySeparator) {
  const auto p = with_via("SIP\r\n / 2.0 /\tUDP first.example.com : 4000 ; branch = z9hG4bKabc ;x = \"q;,\"");
  EXPECT_EQ(p.fault, Fault::kNone);
  EXPECT_EQ(p.facts.via.host, "first.example.com");
  EXPECT_EQ(p.facts.via.port, 4000);
  EXPECT_EQ(p.facts.via.branch, "z9hG4bKabc");
}

TEST(Conformance, H11_AViaThatDoesNotParseCannotBeAnswered) {
  for (const auto* bad :
       {"SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:65536", "SIP/2.0/UDP h:", "SIP/2.0/UDP h;;x",
        "SIP/2.0/UDP h;", "SIP/2.0/UDP h;=x", "SIP/2.0 UDP h", "SIP/2.0/UDP h,", "SIP/2.0/UDP [1::2",
        "SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP h;x=\"y", "SIP/2.0/UDP h;branch=a;branch=b"}) {
    const auto p = with_via(bad);
    EXPECT_EQ(p.fault, Fault::kVia) << bad;
    EXPECT_EQ(judge(p).decision, Decision::kDrop) << bad;
  }
  EXPECT_EQ(torture_verdict("badinv01"), "dropped");
  EXPECT_EQ(torture_verdict("x-via-port65536"), "dropped");
}

TEST(Conformance, H12_ATagIsAHeaderParameterOnly) {
  const auto to_tag = [](std::string_view to) {
    const auto p = std::make_unique<Parsed>(with(invite(), "<sip:bob@example.com>", to));
    EXPECT_EQ(p->fault, Fault::kNone) << to;
    return std::string(p->facts.to_tag);
  };
  EXPECT_EQ(to_tag("\"x;tag=q\" <sip:bob@example.com>"), "");
  EXPECT_EQ(to_tag("<sip:bob@example.com;tag=u>"), "");
  EXPECT_EQ(to_tag("<sip:bob;tag=u@example.com>;x=\";tag=q\""), "");
  EXPECT_EQ(to_tag("<sip:bob@example.com>;tag=t1"), "t1");
  EXPECT_EQ(to_tag("sip:bob@example.com;TAG = t1"), "t1");
  EXPECT_EQ(Parsed(torture_file("extras/x-to-tag-addrspec.dat")).facts.to_tag, "t1");
}

TEST(Conformance, H12_ATagThatStandsTwiceIsRefused) {
  EXPECT_EQ(verdict(with(invite(), ";tag=a1", ";tag=a1;tag=b")), "refused with 400");
  EXPECT_EQ(verdict(with(invite(), ";tag=a1", ";tag=a1;TAG=a1")), "refused with 400");
  EXPECT_EQ(verdict(with(invite(), ";tag=a1", ";tag=\"a1\"")), "refused with 400");
}

TEST(Conformance, H13_WhatAProxyDoesNotUseIsLeftAlone) {
  for (const auto* name : {"baddate", "regbadct", "badaspec", "invut", "regaut01", "esc02", "cparam01", "cparam02",
                           "regescrt", "sdp01", "unksm2", "x-method-lower"}) {
    EXPECT_EQ(torture_verdict(name), "accepted") << name;
  }
  EXPECT_EQ(verdict(invite("Contact: <<\r\nDate: x\r\nExpires: -1\r\nRequire: y\r\nRecord-Route: \"\r\nX:\r\n")),
            "accepted");
}

TEST(Conformance, H14_OwnTokensHaveOneCase) {
  const auto branch = branch_of(Parsed(invite()));
  const auto own = std::string_view(branch).substr(7);
  EXPECT_TRUE(std::ranges::all_of(own, [](char c) { return std::islower(c) != 0 || std::isdigit(c) != 0; })) << branch;
}

TEST(Conformance, H14_OwnTokensAreReadInAnyCase) {
  const auto keys = keyring();
  std::string dps(kMaxDpsText, '?');
  const ResponseRoute route{
      .sent_by_host = "h", .sent_by_port = 5060, .received = IpAddress::v4(0xc000024d), .rport = 9};
  auto branch = branch_of(Parsed(invite()));
  dps.resize(
      write_dps(dps.data(), keys, make_node_id("lb1"), make_listener_id("udp:192.0.2.1:5060"), branch, "c", route));
  const auto upper = [](std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
  };
  ASSERT_NE(upper(dps), dps);
  EXPECT_TRUE(read_dps(upper(dps), keys, upper(branch), "c", route));
  EXPECT_FALSE(read_dps(upper(dps), keys, upper(branch), "C", route));
}

TEST(Conformance, H15_RequestHeadersInAResponseMeanNothing) {
  EXPECT_EQ(verdict(with(response(), "Forwards: 70", "Forwards: 0")), "accepted");
  EXPECT_EQ(verdict(with(response(), "Forwards: 70", "Forwards: x")), "accepted");
  EXPECT_EQ(verdict(response("Proxy-Require: x\r\nRoute: broken\r\n")), "accepted");
}

}  // namespace
}  // namespace dialplane::sip
