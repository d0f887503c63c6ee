// SPDX-License-Identifier: Apache-2.0
// Every torture message, whole and cut after every byte, against the action its index names. Test thread.
#include "guarded_buffer.hpp"
#include "verdicts.hpp"

#include "dialplane/sip/response.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace dialplane::sip {
namespace {

struct Case {
  std::string name;
  std::string file;
  std::string rfc_class;
  std::string action;
  std::string alternative;
  std::size_t size = 0;
  std::string call_id;
};

std::vector<Case> read_index() {
  std::vector<Case> cases;
  std::istringstream index(torture_file("index.tsv"));
  std::string line;
  std::getline(index, line);
  while (std::getline(index, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '\t');) cells.push_back(cell);
    // A short row must not be left out in silence.
    if (cells.size() < 10) {
      ADD_FAILURE() << "row with " << cells.size() << " cells: " << line;
      continue;
    }
    cases.push_back({cells[0], cells[1], cells[3], cells[4], cells[5], std::stoul(cells[7]), cells[9]});
  }
  return cases;
}

/// The verdict in the words of the index. An accepted response is no "forward": whose Via it is, is not known here.
std::string decide(const Parsed& parsed) {
  const auto judged = judge(parsed);
  if (judged.decision == Decision::kRefuse) return "answer " + std::to_string(judged.status);
  if (judged.decision == Decision::kDrop) return "drop";
  return parsed.message.is_request ? "forward" : "accept response";
}

struct Deviation {
  std::string_view verdict;
  std::string_view argument;
};

constexpr std::string_view kForeignVia =
    "well formed; whether the Vias lead to us and on to a permitted address is judged by who knows our addresses";
constexpr std::string_view kNoTopVia = "an answer goes where the top Via says, and this one does not parse";

/// Every message whose verdict is not the first choice of its index, and why. Nothing else may differ.
const std::map<std::string, Deviation>& deviations() {
  static const std::map<std::string, Deviation> table = {
      {"unreason", {"accept response", kForeignVia}},
      {"noreason", {"accept response", kForeignVia}},
      {"bcast", {"accept response", kForeignVia}},
      {"x-resp-foreign", {"accept response", kForeignVia}},
      {"x-resp-forged-branch", {"accept response", kForeignVia}},
      {"x-resp-single-via", {"accept response", kForeignVia}},
      {"x-resp-next-mcast", {"accept response", kForeignVia}},
      {"x-resp-next-zero", {"accept response", kForeignVia}},
      {"x-resp-next-loop", {"accept response", kForeignVia}},
      {"badinv01", {"drop", kNoTopVia}},
      {"x-via-port0", {"drop", kNoTopVia}},
      {"x-via-port65536", {"drop", kNoTopVia}},
      {"baddn", {"drop", "the header section has no end, so that an answer might lack Vias"}},
      {"test", {"drop", "no URI can be told from a version: has no readable top Via either"}},
      {"x-barelf", {"drop", "without CRLF there is no header row, hence no Via to answer by"}},
      {"x-callid-long", {"forward", "8 KiB are within the published limit of the header section"}},
      {"x-via-maddr", {"answer 483", "Max-Forwards is 0; the answer goes to the packet's source, never to maddr"}},
      {"x-options-vip", {"forward", "which addresses are ours is configuration: the pipeline answers"}},
      {"x-options-vip-scanner", {"forward", "which addresses are ours is configuration: the pipeline answers"}},
      {"x-stun-bind",
       {"drop", "no SIP: answered before the parser, see tests/golden/cases/stun-binding-answered.case"}},
  };
  return table;
}

/// Why each refused message is refused: a right code for a wrong reason would hide a bug.
const std::map<std::string, Fault>& faults() {
  static const std::map<std::string, Fault> table = {
      {"badinv01", Fault::kVia},
      {"clerr", Fault::kContentLength},
      {"ncl", Fault::kContentLength},
      {"scalar02", Fault::kCSeq},
      {"scalarlg", Fault::kCSeq},
      {"quotbal", Fault::kNameAddr},
      {"ltgtruri", Fault::kRequestUri},
      {"lwsruri", Fault::kStartLine},
      {"lwsstart", Fault::kStartLine},
      {"trws", Fault::kStartLine},
      {"escruri", Fault::kRequestUri},
      {"baddn", Fault::kUnterminated},
      {"baddn-terminated", Fault::kNameAddr},
      {"badvers", Fault::kVersion},
      {"mismatch01", Fault::kCSeqMethod},
      {"mismatch02", Fault::kCSeqMethodUnknown},
      {"bigcode", Fault::kStatus},
      {"insuf", Fault::kMissingHeader},
      {"unkscm", Fault::kScheme},
      {"novelsc", Fault::kScheme},
      {"bext01", Fault::kProxyRequire},
      {"multi01", Fault::kDuplicate},
      {"mcl01", Fault::kDuplicate},
      {"test", Fault::kStartLine},
      {"x-dup-callid", Fault::kDuplicate},
      {"x-callid-empty", Fault::kMissingHeader},
      {"x-hname-nocolon", Fault::kHeaderName},
      {"x-hname-empty", Fault::kHeaderName},
      {"x-via-nohost", Fault::kVia},
      {"x-via-port0", Fault::kVia},
      {"x-via-port65536", Fault::kVia},
      {"x-via-none", Fault::kMissingHeader},
      {"x-fold-first", Fault::kFoldFirst},
      {"x-barelf", Fault::kBareLineEnd},
      {"x-cl-plus", Fault::kContentLength},
      {"x-cl-wrap32", Fault::kContentLength},
      {"x-cl-dup-same", Fault::kDuplicate},
      {"x-mf-neg", Fault::kMaxForwards},
      {"x-cseq-case", Fault::kCSeqMethod},
      {"x-ver-21", Fault::kVersion},
      {"x-uri-sips", Fault::kScheme},
      {"x-ka-crlfcrlf", Fault::kNotSip},
      {"x-ka-crlf", Fault::kNotSip},
      {"x-ka-zero4", Fault::kNotSip},
      {"x-ka-empty", Fault::kNotSip},
      {"x-stun-bind", Fault::kNotSip},
      {"x-stun-badlen", Fault::kNotSip},
      {"x-stun-nomagic", Fault::kNotSip},
      {"x-bin-64k", Fault::kNotSip},
  };
  return table;
}

TEST(Torture, EveryMessageIsDecidedAsItsIndexSays) {
  std::size_t deviating = 0;
  std::size_t refused = 0;
  const auto cases = read_index();
  ASSERT_EQ(cases.size(), 113U);
  for (const auto& c : cases) {
    const auto bytes = torture_file(c.file);
    ASSERT_EQ(bytes.size(), c.size) << c.name;
    const auto parsed = std::make_unique<Parsed>(bytes);
    const auto decision = decide(*parsed);
    const auto deviation = deviations().find(c.name);
    if (deviation == deviations().end()) {
      EXPECT_EQ(decision, c.action) << c.name;
    } else {
      ++deviating;
      EXPECT_EQ(decision, deviation->second.verdict) << c.name;
      EXPECT_NE(decision, c.action) << c.name << " deviates no more";
      EXPECT_FALSE(deviation->second.argument.empty()) << c.name;
    }
    const auto fault = faults().find(c.name);
    refused += fault != faults().end() ? 1 : 0;
    EXPECT_EQ(fault_name(parsed->fault), fault_name(fault == faults().end() ? Fault::kNone : fault->second)) << c.name;
  }
  EXPECT_EQ(deviating, deviations().size()) << "a deviation names no message of the index";
  EXPECT_EQ(refused, faults().size()) << "a fault names no message of the index";
}

TEST(Torture, WhatTheRfcCallsValidIsNeverFaulty) {
  // Valid as messages, and still not forwarded by a proxy of this kind.
  const std::set<std::string> policy = {"unkscm",    "novelsc",    "bext01",     "x-uri-sips", "x-ka-crlfcrlf",
                                        "x-ka-crlf", "x-ka-zero4", "x-ka-empty", "x-stun-bind"};
  std::size_t spared = 0;
  for (const auto& c : read_index()) {
    if (c.rfc_class != "valid") continue;
    spared += policy.contains(c.name) ? 1 : 0;
    const auto fault = fault_of(torture_file(c.file));
    EXPECT_EQ(fault == Fault::kNone, !policy.contains(c.name)) << c.name << ": " << fault_name(fault);
  }
  EXPECT_EQ(spared, policy.size());
}

constexpr std::size_t kLongestListed = 60;  // the index cuts longer Call-IDs there

/// The index writes a backslash twice.
std::string unescape(std::string text) {
  for (auto at = text.find("\\\\"); at != std::string::npos; at = text.find("\\\\", at + 1)) text.erase(at, 1);
  return text;
}

TEST(Torture, EveryAcceptedMessageHasTheCallIdOfTheIndex) {
  std::size_t compared = 0;
  for (const auto& c : read_index()) {
    const auto parsed = std::make_unique<Parsed>(torture_file(c.file));
    // "-": whoever wrote the index took the CRLFs before the start line for the end of the headers.
    if (parsed->fault != Fault::kNone || c.call_id == "-") continue;
    ++compared;
    EXPECT_TRUE(parsed->facts.call_id.starts_with(unescape(c.call_id))) << c.name << ": " << parsed->facts.call_id;
    const bool cut_short = c.call_id.size() == kLongestListed;
    EXPECT_TRUE(cut_short || parsed->facts.call_id.size() == unescape(c.call_id).size()) << c.name;
  }
  EXPECT_EQ(compared, 63U);
}

TEST(Torture, EveryFileOfTheFolderIsInTheIndex) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(DP_TORTURE_FOLDER)) {
    files += entry.path().extension() == ".dat" ? 1 : 0;
  }
  EXPECT_EQ(files, read_index().size());
}

TEST(Torture, NoPrefixReadsPastItsEnd) {
  const auto message = std::make_unique<Message>();
  Facts facts;
  for (const auto& c : read_index()) {
    const auto bytes = torture_file(c.file);
    // Past the header section a cut changes nothing that is read, so the longest files need not be cut everywhere.
    const auto longest = std::min<std::size_t>(bytes.size(), 4096);
    test::GuardedBuffer buffer(longest);
    for (std::size_t length = 0; length <= longest; ++length) {
      const auto room = buffer.last(length);
      std::copy_n(bytes.begin(), length, room.begin());
      scan({reinterpret_cast<const char*>(room.data()), length}, *message);
      validate(*message, facts);
      ASSERT_LE(message->body_end, length) << c.name;
      ASSERT_LE(message->headers_end, length) << c.name;
    }
  }
}

TEST(Torture, APrefixOfTheHeaderSectionIsNeverForwarded) {
  for (const auto& c : read_index()) {
    const auto bytes = torture_file(c.file);
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string::npos || end > 4096) continue;
    const auto message = std::make_unique<Message>();
    for (std::size_t length = 0; length < end + 4; ++length) {
      ASSERT_NE(scan(std::string_view(bytes).substr(0, length), *message), Fault::kNone)
          << c.name << " cut at " << length;
    }
  }
}

TEST(Torture, AnswersToDamagedMessagesAreWellFormed) {
  std::mt19937 random(20240608);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  const auto message = std::make_unique<Message>();
  const auto answer_index = std::make_unique<Message>();
  std::vector<char> answer(8192);
  std::size_t answered = 0;
  for (const auto& c : read_index()) {
    const auto bytes = torture_file(c.file);
    if (bytes.empty() || bytes.size() > answer.size() / 2) continue;
    for (int round = 0; round < 300; ++round) {
      auto damaged = bytes;
      for (std::size_t i = 0; i <= below(4); ++i)
        damaged[below(damaged.size())] = "\r\n\t\0 :;,\"<>\\@[]=a9\x01"[below(19)];
      const test::GuardedBuffer buffer(damaged);
      scan(buffer.text(), *message);
      Facts facts;
      validate(*message, facts);
      const ResponseSpec spec{.status = 400,
                              .reason = "Bad Request",
                              .to_tag = "d1",
                              .extra_rows = {},
                              .source = *Endpoint::parse("192.0.2.77:40000")};
      const auto length = write_response(answer, *message, facts, spec);
      if (length == 0) continue;
      ++answered;
      const std::string_view text(answer.data(), length);
      ASSERT_EQ(scan(text, *answer_index), Fault::kNone) << c.name << "\n" << text;
      ASSERT_FALSE(answer_index->is_request);
    }
  }
  EXPECT_GT(answered, 5000U);
}

}  // namespace
}  // namespace dialplane::sip
