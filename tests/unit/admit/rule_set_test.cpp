// SPDX-License-Identifier: Apache-2.0
// Which rule decides: fields, rows, order. Test thread.
#include "rules.hpp"

#include <thread>

namespace dialplane::admit {
namespace {

constexpr std::uint16_t kHit = 0;
constexpr std::uint16_t kMiss = kNoIndex;

TEST(RuleSet, MatchesAHeaderValue) {
  const Request request("User-Agent: friendly-scanner\r\n");
  EXPECT_EQ(verdict("user-agent", "friendly-scanner", request), kHit);
  EXPECT_EQ(verdict("user-agent", "sipvicious", request), kMiss);
}

TEST(RuleSet, LooksAtNoOtherField) {
  const Request request("User-Agent: pplsip\r\nSubject: friendly-scanner\r\n");
  EXPECT_EQ(verdict("user-agent", "friendly-scanner", request), kMiss);
}

TEST(RuleSet, ReadsCaseAsTheExpressionSays) {
  const Request request("User-Agent: Friendly-Scanner\r\n");
  EXPECT_EQ(verdict("user-agent", "friendly-scanner", request), kMiss);
  EXPECT_EQ(verdict("user-agent", "(?i)friendly-scanner", request), kHit);
}

TEST(RuleSet, AnchorsStandAtTheEndsOfTheValue) {
  const Request request("User-Agent: friendly-scanner \r\n");
  EXPECT_EQ(verdict("user-agent", "^friendly-scanner$", request), kHit);
  EXPECT_EQ(verdict("user-agent", "^scanner", request), kMiss);
}

TEST(RuleSet, AbsentAndEmptyHeadersMatchNothing) {
  EXPECT_EQ(verdict("user-agent", ".+", Request()), kMiss);
  EXPECT_EQ(verdict("user-agent", ".+", Request("User-Agent:\r\n")), kMiss);
}

TEST(RuleSet, FindsHeadersByTheirCompactForm) {
  EXPECT_EQ(verdict("subject", "lottery", Request("s: lottery\r\n")), kHit);
  EXPECT_EQ(verdict("s", "lottery", Request("Subject: lottery\r\n")), kHit);
}

TEST(RuleSet, FindsEveryRowOfAHeader) {
  const Request request("Contact: <sip:a@192.0.2.1>\r\nUser-Agent: x\r\nContact: <sip:b@192.0.2.2>\r\n");
  EXPECT_EQ(verdict("contact", "sip:b@", request), kHit);
}

TEST(RuleSet, FindsHeadersItDoesNotKnowByName) {
  const Request request("X-Other: no\r\nX-SCANNER : evil\r\nX-Scanner-2: none\r\n");
  EXPECT_EQ(verdict("x-scanner", "evil", request), kHit);
  EXPECT_EQ(verdict("x-scanner", "no", request), kMiss);
}

TEST(RuleSet, DotPassesAFold) {
  const Request request("User-Agent: evil\r\n scanner\r\n");
  EXPECT_EQ(verdict("user-agent", "evil.+scanner", request), kHit);
  EXPECT_EQ(verdict("user-agent", "evil\\s+scanner", request), kHit);
}

TEST(RuleSet, ReadsTheStartLine) {
  EXPECT_EQ(verdict("request-uri", "^sip:100@203\\.0\\.113\\.10$", Request()), kHit);
  EXPECT_EQ(verdict("method", "^OPTIONS$", Request()), kHit);
  EXPECT_EQ(verdict("method", "^REGISTER$", Request()), kMiss);
}

TEST(RuleSet, ReadsFromToAndCallId) {
  EXPECT_EQ(verdict("from", "^\"sipvicious\"", Request()), kHit);
  EXPECT_EQ(verdict("to", "@1\\.1\\.1\\.1>$", Request()), kHit);
  EXPECT_EQ(verdict("call-id", "^7f3@", Request()), kHit);
}

TEST(RuleSet, MessageIsAllUpToTheEndOfTheBody) {
  const Request request("Content-Type: text/plain\r\n", "in the body", "beyond it");
  EXPECT_EQ(verdict("message", "^OPTIONS sip:100", request), kHit);
  EXPECT_EQ(verdict("message", "in the body$", request), kHit);
  EXPECT_EQ(verdict("message", "beyond", request), kMiss);
}

TEST(RuleSet, FirstRuleInFileOrderDecidesWithinAField) {
  const Request request("User-Agent: alpha beta gamma\r\n");
  const auto set = compiled({rule("user-agent", "delta"), rule("user-agent", "gamma"), rule("user-agent", "alpha")});
  EXPECT_EQ(set->first_match(request.message, WorkerIndex(0)), 1);
}

TEST(RuleSet, FirstRuleInFileOrderDecidesAcrossFields) {
  const Request request("User-Agent: beta\r\n");
  const auto set = compiled({rule("user-agent", "alpha"), rule("from", "sipvicious"), rule("user-agent", "beta")});
  EXPECT_EQ(set->first_match(request.message, WorkerIndex(0)), 1);
}

TEST(RuleSet, FirstRuleInFileOrderDecidesAcrossRows) {
  const Request request("Contact: <sip:b@192.0.2.1>\r\nContact: <sip:a@192.0.2.2>\r\n");
  const auto set = compiled({rule("contact", "sip:a@"), rule("contact", "sip:b@")});
  EXPECT_EQ(set->first_match(request.message, WorkerIndex(0)), 0);
}

TEST(RuleSet, NamesOfOneHeaderAreOneGroup) {
  const Request request("s: gamma\r\nSubject: alpha\r\n");
  const auto set = compiled({rule("subject", "alpha"), rule("to", "nobody"), rule("s", "gamma")});
  EXPECT_EQ(set->first_match(request.message, WorkerIndex(0)), 0);
}

TEST(RuleSet, SaysTheSameOfAUserAgentItHasMetBefore) {
  const auto rules = compiled({rule("user-agent", "scan"), rule("user-agent", "^phone/1[.]7")});
  // More programs than are remembered, and names of every length about the limit of what is.
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 300; ++i) {
      const auto name = "phone/1." + std::to_string(i) + std::string(static_cast<std::size_t>(i % 64), 'x');
      const std::uint16_t wanted = name.starts_with("phone/1.7") ? 1 : kMiss;
      EXPECT_EQ(rules->first_match(Request("User-Agent: " + name + "\r\n").message, WorkerIndex(0)), wanted) << name;
      EXPECT_EQ(rules->first_match(Request("User-Agent: " + name + "scan\r\n").message, WorkerIndex(0)), 0U) << name;
    }
  }
}

TEST(RuleSet, RemembersARowByItselfAndNotWithOthers) {
  const auto rules = compiled({rule("user-agent", "first"), rule("user-agent", "second")});
  EXPECT_EQ(rules->first_match(Request("User-Agent: the first one\r\nUser-Agent: the second one\r\n").message,
                               WorkerIndex(0)),
            0U);
  EXPECT_EQ(rules->first_match(Request("User-Agent: the second one\r\nUser-Agent: the first one\r\n").message,
                               WorkerIndex(0)),
            0U);
  EXPECT_EQ(rules->first_match(Request("User-Agent: the second one\r\n").message, WorkerIndex(0)), 1U);
}

TEST(RuleSet, WorkersScanAtOnce) {
  const auto set = compiled({rule("user-agent", "(?i)friendly.{0,40}scanner")}, 2);
  EXPECT_EQ(set->workers(), 2U);
  std::uint32_t wrong[3] = {0, 0, 0};
  // The third is the thread beside the workers.
  std::vector<std::thread> threads;
  for (std::uint16_t i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      const Request hit("User-Agent: friendly-x-scanner\r\n");
      const Request miss("User-Agent: friendly-x-phone\r\n");
      const WorkerIndex worker(i == 2 ? kNoIndex : i);
      for (int round = 0; round < 2000; ++round) {
        if (set->first_match(hit.message, worker) != 0) ++wrong[i];
        if (set->first_match(miss.message, worker) != kNoIndex) ++wrong[i];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong[0] + wrong[1] + wrong[2], 0U);
}

}  // namespace
}  // namespace dialplane::admit
