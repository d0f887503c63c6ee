// SPDX-License-Identifier: Apache-2.0
// The form of an audit line, whatever bytes a client sends.
#include "audit.hpp"

#include "log_capture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace dialplane::control {
namespace {

using namespace std::string_literals;

rpc::Outcome refusal(std::string message) { return rpc::refuse(rpc::kRefused, std::move(message)); }

TEST(Quoted, LeavesPrintableTextAsItIs) {
  EXPECT_EQ(log_quoted("no backend `sbc/sbc9`; see 'show backends'"), "\"no backend `sbc/sbc9`; see 'show backends'\"");
}

TEST(Quoted, PutsABackslashBeforeQuotesAndBackslashes) {
  EXPECT_EQ(log_quoted(R"(a" result=done reason="\)"), R"("a\" result=done reason=\"\\")");
}

TEST(Quoted, WritesLineEndsAndTabsAsLetters) { EXPECT_EQ(log_quoted("a\nb\r\tc"), R"("a\nb\r\tc")"); }

TEST(Quoted, WritesEveryOtherByteAsItsNumber) {
  EXPECT_EQ(log_quoted("\0\x1b[2J\x7f"s), R"("\x00\x1b[2J\x7f")");
  EXPECT_EQ(log_quoted("\xc3\xa9 \xff \xe2\x80\xae"), R"("\xc3\xa9 \xff \xe2\x80\xae")")
      << "letters, no text, a reversal";
}

TEST(Quoted, ALineOfAllBytesIsPrintableAscii) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const auto text = log_quoted(all);
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f'; })) << text;
}

TEST(Quoted, CutsWhatWouldMakeTwoLinesOfOne) {
  const auto text = log_quoted(std::string(100'000, '"'));
  EXPECT_LE(text.size(), kMostQuotedBytes + 32);
  EXPECT_TRUE(text.ends_with("\\\"... (100000 bytes)\"")) << text.substr(text.size() - 40);
}

TEST(Audit, SaysWhoAskedForWhatAndThatItIsDone) {
  const LogCapture log;
  AuditLine({1000, 77}, "config save").answered(Json());
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_EQ(log.lines()[0], R"(info audit uid=1000 pid=77 command="config save" result=done)");
}

TEST(Audit, ARefusalHasItsReasonAndAllProblems) {
  const LogCapture log;
  AuditLine({}, "SIGHUP").answered(rpc::refuse(rpc::kRefused, "not taken over", {"line 3: \"x\"", "line 4"}));
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_EQ(log.lines()[0], R"(warning audit uid=0 pid=0 command="SIGHUP" result=refused )"
                            R"(reason="not taken over; line 3: \"x\"; line 4")");
}

TEST(Audit, AChangeThatHoldsHasItsFactsAndTheWorkersThatAreLate) {
  const LogCapture log;
  AuditLine line({0, 5}, "node drain");
  line.holds("generation=7 old=ready new=drain");
  line.tell("worker 1 (CPU 2)");
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_EQ(log.lines()[0],
            R"(warning audit uid=0 pid=5 command="node drain" result=late generation=7 old=ready new=drain )"
            "late=\"worker 1 (CPU 2)\"");
}

TEST(Audit, AnAnswerAfterTheLineWritesNoOther) {
  const LogCapture log;
  AuditLine line({}, "backend set sbc/sbc1 state drain --wait");
  line.holds("generation=7 old=ready new=drain");
  line.tell("");
  line.answered(refusal("set to ready before its drain had ended"));
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_NE(log.lines()[0].find("result=done"), std::string::npos);
}

TEST(Audit, NoCommandAndNoReasonForgesALine) {
  const std::string forged = "x\" result=done\n<6>dialplane: audit uid=0 pid=1 command=\"reload\" result=done\r\x1b[1A";
  const LogCapture log;
  AuditLine({1000, 77}, forged).answered(refusal(forged));
  ASSERT_EQ(log.lines().size(), 1U);
  const auto escaped = R"("x\" result=done\n<6>dialplane: audit uid=0 pid=1 command=\"reload\" result=done\r\x1b[1A")"s;
  EXPECT_EQ(log.lines()[0], "warning audit uid=1000 pid=77 command=" + escaped + " result=refused reason=" + escaped);
}

TEST(Audit, TheEndOfTheProcessIsTold) {
  const LogCapture log;
  { const AuditLine line({}, "reload"); }
  {
    AuditLine line({}, "node ready");
    line.holds("generation=9 old=drain new=ready");
  }
  ASSERT_EQ(log.lines().size(), 2U);
  EXPECT_EQ(log.lines()[0], R"(warning audit uid=0 pid=0 command="reload" result=unknown reason="the process ends")");
  EXPECT_NE(log.lines()[1].find(R"(result=late generation=9 old=drain new=ready late="not known, the process ends")"),
            std::string::npos)
      << log.lines()[1];
}

}  // namespace
}  // namespace dialplane::control
