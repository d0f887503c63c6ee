// SPDX-License-Identifier: Apache-2.0
// The scanner on literal datagrams. Test thread.
#include "messages.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dialplane::sip {
namespace {

using namespace std::string_view_literals;

Fault scan_fault(std::string_view datagram) { return Parsed(datagram).scan_fault; }

TEST(Scanner, IndexesARequest) {
  const Parsed p(invite() + "body");
  EXPECT_EQ(p.scan_fault, Fault::kNone);
  EXPECT_TRUE(p.message.is_request);
  EXPECT_EQ(p.message.method, Method::kInvite);
  EXPECT_EQ(p.message.method_text(), "INVITE");
  EXPECT_EQ(p.message.request_uri(), "sip:bob@example.com");
  EXPECT_EQ(p.message.row_count, 7);
  EXPECT_EQ(p.value(HeaderId::kCallId), "7f3@192.0.2.77");
  EXPECT_EQ(p.message.text.substr(p.message.headers_offset, 4), "Via:");
  EXPECT_EQ(p.message.text.substr(p.message.body_offset), "body");
  EXPECT_EQ(p.message.text.substr(p.message.headers_end, 2), "\r\n");
}

TEST(Scanner, IndexesAResponse) {
  const Parsed p("SIP/2.0 180 Ringing now\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n\r\n");
  EXPECT_EQ(p.scan_fault, Fault::kNone);
  EXPECT_FALSE(p.message.is_request);
  EXPECT_EQ(p.message.status, 180);
  EXPECT_EQ(p.message.request_uri(), "Ringing now");
}

TEST(Scanner, AcceptsAnEmptyReasonPhrase) { EXPECT_EQ(scan_fault("SIP/2.0 200 \r\nX: y\r\n\r\n"), Fault::kNone); }

TEST(Scanner, RowsSpanNameToLineEnd) {
  const Parsed p("OPTIONS sip:a SIP/2.0\r\nSubject :  two\r\n\twords \r\nX: y\r\n\r\n");
  ASSERT_EQ(p.scan_fault, Fault::kNone);
  const auto& row = p.message.rows[0];
  EXPECT_EQ(p.message.text.substr(row.offset, row.end - row.offset), "Subject :  two\r\n\twords \r\n");
  EXPECT_EQ(p.message.value(row), "two\r\n\twords");
  EXPECT_EQ(row.name_length, 7);
  EXPECT_EQ(row.id, HeaderId::kSubject);
}

TEST(Scanner, FindsEveryHeaderByLongNameInAnyCase) {
  for (std::size_t i = 0; i + 1 < kHeaderCount; ++i) {
    const auto id = static_cast<HeaderId>(i);
    std::string name(header_name(id));
    for (auto& c : name) c = static_cast<char>(i % 2 == 0 ? std::toupper(c) : std::tolower(c));
    const Parsed p("X sip:a SIP/2.0\r\n" + name + ": v\r\n\r\n");
    EXPECT_EQ(p.value(id), "v") << name;
  }
}

TEST(Scanner, FindsCompactNamesInAnyCase) {
  const Parsed p("X sip:a SIP/2.0\r\nV: 1\r\nf: 2\r\nT: 3\r\ni: 4\r\nL: 5\r\nm: 6\r\nK: 7\r\nd: 8\r\ny: 9\r\n\r\n");
  EXPECT_EQ(p.value(HeaderId::kVia), "1");
  EXPECT_EQ(p.value(HeaderId::kFrom), "2");
  EXPECT_EQ(p.value(HeaderId::kTo), "3");
  EXPECT_EQ(p.value(HeaderId::kCallId), "4");
  EXPECT_EQ(p.value(HeaderId::kContentLength), "5");
  EXPECT_EQ(p.value(HeaderId::kContact), "6");
  EXPECT_EQ(p.value(HeaderId::kSupported), "7");
  EXPECT_EQ(p.value(HeaderId::kRequestDisposition), "8");
  EXPECT_EQ(p.value(HeaderId::kIdentity), "9");
}

TEST(Scanner, NamesThatOnlyStartAlikeAreOther) {
  const Parsed p("X sip:a SIP/2.0\r\nFrom-Person: 1\r\nVi: 2\r\nTo1: 3\r\n!: 4\r\nCall_ID: 5\r\n\r\n");
  EXPECT_EQ(p.scan_fault, Fault::kNone);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(p.message.rows[i].id, HeaderId::kOther) << i;
}

TEST(Scanner, RowsOfUnknownHeadersAreNotChained) {
  const Parsed p("X sip:a SIP/2.0\r\nX-A: 1\r\nVia: 1\r\nOrganization: 2\r\nX-A: 3\r\nVia: 2\r\n\r\n");
  ASSERT_EQ(p.scan_fault, Fault::kNone);
  for (const std::size_t i : {0, 2, 3}) {
    EXPECT_EQ(p.message.rows[i].id, HeaderId::kOther) << i;
    EXPECT_EQ(p.message.next(p.message.rows[i]), nullptr) << i;
  }
  EXPECT_EQ(p.message.find(HeaderId::kOther), &p.message.rows[0]);
  EXPECT_EQ(p.message.count(HeaderId::kVia), 2);
}

TEST(Scanner, ChainsRowsOfOneHeader) {
  const Parsed p("X sip:a SIP/2.0\r\nVia: 1\r\nX: -\r\nv: 2\r\nVIA: 3\r\n\r\n");
  const auto* first = p.message.find(HeaderId::kVia);
  ASSERT_NE(first, nullptr);
  const auto* second = p.message.next(*first);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(p.message.value(*second), "2");
  EXPECT_EQ(p.message.value(*p.message.next(*second)), "3");
  EXPECT_EQ(p.message.next(*p.message.next(*second)), nullptr);
}

TEST(Scanner, KeepsTheLengthOfLongNamesAtTheLimit) {
  const Parsed p("X sip:a SIP/2.0\r\n" + std::string(300, 'h') + ": v\r\n\r\n");
  EXPECT_EQ(p.scan_fault, Fault::kNone);
  EXPECT_EQ(p.message.rows[0].name_length, 255);
}

TEST(Scanner, SkipsLeadingLineEnds) {
  const Parsed p("\r\n\r\n" + invite());
  EXPECT_EQ(p.scan_fault, Fault::kNone);
  EXPECT_EQ(p.message.skipped, 4);
  EXPECT_TRUE(p.message.text.starts_with("INVITE"));
}

TEST(Scanner, RejectsWhatDoesNotStartLikeSip) {
  EXPECT_EQ(scan_fault(""), Fault::kNotSip);
  EXPECT_EQ(scan_fault("\r\n\r\n"), Fault::kNotSip);
  EXPECT_EQ(scan_fault("\0\0\0\0"sv), Fault::kNotSip);
  EXPECT_EQ(scan_fault("\x80\x60 rtp"), Fault::kNotSip);
  EXPECT_EQ(scan_fault("INVITE"), Fault::kNotSip);
}

TEST(Scanner, RejectsWrongRequestLines) {
  for (const auto* line :
       {"INVITE  sip:a SIP/2.0", "INVITE sip:a  SIP/2.0", "INVITE sip:a SIP/2.0 ", "INVITE sip:a",
        "INVITE sip:a b SIP/2.0", "INVITE sip:a HTTP/1.1", "INVITE sip:a SIP/2.x", "INVITE sip:a SIP/"}) {
    EXPECT_EQ(scan_fault(std::string(line) + "\r\nX: y\r\n\r\n"), Fault::kStartLine) << line;
  }
}

TEST(Scanner, RejectsOtherVersions) {
  EXPECT_EQ(scan_fault("INVITE sip:a SIP/2.1\r\nX: y\r\n\r\n"), Fault::kVersion);
  EXPECT_EQ(scan_fault("SIP/3.0 200 OK\r\nX: y\r\n\r\n"), Fault::kVersion);
}

TEST(Scanner, VersionHasNoCase) {
  EXPECT_EQ(scan_fault("INVITE sip:a sip/2.0\r\nX: y\r\n\r\n"), Fault::kNone);
  EXPECT_EQ(scan_fault("sip/2.0 200 OK\r\nX: y\r\n\r\n"), Fault::kNone);
}

TEST(Scanner, RejectsStatusCodesOutOfRange) {
  for (const auto* line : {"SIP/2.0 099 x", "SIP/2.0 700 x", "SIP/2.0 2000 x", "SIP/2.0 20 x", "SIP/2.0 2x0 x"}) {
    EXPECT_EQ(scan_fault(std::string(line) + "\r\nX: y\r\n\r\n"), Fault::kStatus) << line;
  }
  EXPECT_EQ(scan_fault("SIP/2.0 200\r\nX: y\r\n\r\n"), Fault::kStartLine);
  EXPECT_EQ(scan_fault("SIP/2.0  200 x\r\nX: y\r\n\r\n"), Fault::kStartLine);
}

TEST(Scanner, RejectsBareLineFeed) {
  const Parsed p(with(invite(), "70\r\n", "70\nCall-ID: b@c\r\n"));
  EXPECT_EQ(p.scan_fault, Fault::kBareLineEnd);
  EXPECT_NE(p.message.headers_end, 0);
}

TEST(Scanner, RejectsBareCarriageReturn) {
  EXPECT_EQ(scan_fault(with(invite(), "70\r\n", "70\rCall-ID: b@c\r\n")), Fault::kBareLineEnd);
  EXPECT_EQ(scan_fault(with(invite(), "70\r\n", "70\r\r\n")), Fault::kBareLineEnd);
}

TEST(Scanner, LeavesTheBodyAlone) { EXPECT_EQ(scan_fault(invite() + "\n\r\x01"), Fault::kNone); }

TEST(Scanner, RejectsControlBytes) {
  EXPECT_EQ(scan_fault(with(invite(), "sip:bob@example.com>", "sip:b\x01@example.com>")), Fault::kControlByte);
  EXPECT_EQ(scan_fault(with(invite(), "7f3@", "7\x0b@")), Fault::kControlByte);
  EXPECT_EQ(scan_fault(with(invite(), "sip:bob@", "sip:b\x01@")), Fault::kControlByte);
}

TEST(Scanner, AllowsControlBytesAsQuotedPairs) {
  EXPECT_EQ(scan_fault(with(invite(), "To: ", "To: \"a\\\x01\" ")), Fault::kNone);
  EXPECT_EQ(scan_fault(with(invite(), "To: ", "To: \"a\x01\" ")), Fault::kControlByte);
  EXPECT_EQ(scan_fault(with(invite(), "To: ", "To: a\\\x01 ")), Fault::kControlByte);
  EXPECT_EQ(scan_fault(invite("Subject: \"a\\\x01\r\n")), Fault::kControlByte);
}

TEST(Scanner, CallIdHasNoQuotedPairs) {
  EXPECT_EQ(scan_fault(with(invite(), "7f3@", "\"\\\x01\"@")), Fault::kControlByte);
}

TEST(Scanner, AllowsTabs) { EXPECT_EQ(scan_fault(invite("Subject:\ta\tb\r\n")), Fault::kNone); }

TEST(Scanner, RejectsContinuationBeforeTheFirstRow) {
  const Parsed p(with(invite(), "Via:", " folded\r\nVia:"));
  EXPECT_EQ(p.scan_fault, Fault::kFoldFirst);
  EXPECT_EQ(p.message.row_count, 7);
}

TEST(Scanner, ABlankContinuationIsNoEmptyLine) {
  const Parsed p(with(invite(), "70\r\n", "70\r\n \t\r\n"));
  EXPECT_EQ(p.scan_fault, Fault::kNone);
  EXPECT_EQ(p.value(HeaderId::kMaxForwards), "70");
  EXPECT_EQ(p.message.row_count, 7);
}

TEST(Scanner, RejectsRowsWithoutNameOrColon) {
  EXPECT_EQ(scan_fault(invite(": v\r\n")), Fault::kHeaderName);
  EXPECT_EQ(scan_fault(invite("NoColon\r\n")), Fault::kHeaderName);
  EXPECT_EQ(scan_fault(invite("Folded\r\n : v\r\n")), Fault::kHeaderName);
  EXPECT_EQ(scan_fault(invite("Two words: v\r\n")), Fault::kHeaderName);
  EXPECT_EQ(scan_fault(invite("Sub\x0bject: v\r\n")), Fault::kHeaderName);
  EXPECT_EQ(scan_fault(invite("Subject\x0b: v\r\n")), Fault::kHeaderName);
}

TEST(Scanner, RejectsDuplicatesButKeepsTheIndex) {
  const Parsed p(invite("i: 7f3@192.0.2.77\r\n"));
  EXPECT_EQ(p.scan_fault, Fault::kDuplicate);
  EXPECT_EQ(p.message.row_count, 8);
  EXPECT_NE(p.message.headers_end, 0);
}

TEST(Scanner, RejectsAnUnterminatedSection) {
  EXPECT_EQ(scan_fault("INVITE sip:a SIP/2.0"), Fault::kUnterminated);
  EXPECT_EQ(scan_fault("INVITE sip:a SIP/2.0\r\n"), Fault::kUnterminated);
  EXPECT_EQ(scan_fault("INVITE sip:a SIP/2.0\r\nVia: x\r\n"), Fault::kUnterminated);
  EXPECT_EQ(scan_fault("INVITE sip:a SIP/2.0\r\nVia: x\r\n\r"), Fault::kUnterminated);
}

TEST(Scanner, TakesTheMostRowsButNotOneMore) {
  std::string rows;
  for (std::size_t i = 0; i < kMaxHeaderRows; ++i) rows += "X: y\r\n";
  const Parsed full("X sip:a SIP/2.0\r\n" + rows + "\r\n");
  EXPECT_EQ(full.scan_fault, Fault::kNone);
  EXPECT_EQ(full.message.row_count, kMaxHeaderRows);
  const Parsed over("X sip:a SIP/2.0\r\n" + rows + "X: y\r\n\r\n");
  EXPECT_EQ(over.scan_fault, Fault::kTooLarge);
  EXPECT_EQ(over.message.headers_end, 0);
}

TEST(Scanner, TakesTheLongestSectionButNotOneByteMore) {
  const std::string start = "X sip:a SIP/2.0\r\nX: ";
  const std::string end = "\r\n\r\n";
  const std::string fill(kMaxHeaderBytes - start.size() - end.size(), 'y');
  EXPECT_EQ(scan_fault(start + fill + end), Fault::kNone);
  EXPECT_EQ(scan_fault(start + fill + "y" + end), Fault::kTooLarge);
}

TEST(Scanner, ASecondScanForgetsTheFirst) {
  Message message;
  const auto first = invite();
  EXPECT_EQ(scan(first, message), Fault::kNone);
  EXPECT_EQ(scan("SIP/2.0 200 OK\r\nX: y\r\n\r\n", message), Fault::kNone);
  EXPECT_FALSE(message.is_request);
  EXPECT_EQ(message.find(HeaderId::kVia), nullptr);
  EXPECT_EQ(message.row_count, 1);
}

}  // namespace
}  // namespace dialplane::sip
