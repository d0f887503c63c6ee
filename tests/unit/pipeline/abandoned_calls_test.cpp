// SPDX-License-Identifier: Apache-2.0
// Ten thousand calls whose ends fall silent at every point of their lives: no count outlives them. Test thread.
#include "call_node.hpp"

#include "dialplane/balance/affinity_audit.hpp"

#include <gtest/gtest.h>

namespace dialplane::test {
namespace {

using balance::Holding;

constexpr std::uint64_t kStart_ms = 10'000'000;
constexpr int kCalls = 10'000;

/// How far a call gets before both ends fall silent.
enum Reached : int { kSent, kRinging, kAnswered, kConfirmed, kHungUp, kReachedCount };

class AbandonedCalls : public testing::Test {
 protected:
  AbandonedCalls() : audit_(*node_.snapshot().affinity, node_.states()) { node_.context->now_ms = kStart_ms; }
  void play(const std::string& call_id, Reached reached) {
    const auto sent = node_.from_client(client_request("INVITE", call_id));
    const auto backend = sent.at(0).backend();
    if (reached == kSent) return;
    node_.from_backend(backend, response_to(sent[0].text, "180 Ringing"));
    if (reached == kRinging) return;
    const auto answer = node_.from_backend(backend, response_to(sent[0].text, "200 OK"));
    if (reached == kAnswered) return;
    const auto routes = routes_from(answer.at(0).text);
    node_.from_client(client_request("ACK", call_id, routes, "u1"));
    if (reached == kConfirmed) return;
    node_.from_client(client_request("BYE", call_id, routes, "u1", 2));
  }
  void age_to(std::uint64_t seconds) {
    audit_.step(node_.snapshot().affinity->set_count(), kStart_ms + seconds * 1000, node_.snapshot().affinity_ages);
  }
  CallNode node_;
  balance::AffinityAudit audit_;
};

TEST_F(AbandonedCalls, LeaveTheCountsAtTheEndOfTheirAge) {
  for (int i = 0; i < kCalls; ++i) play("call" + std::to_string(i), static_cast<Reached>(i % kReachedCount));
  EXPECT_EQ(node_.open_dialogs(), std::uint64_t{kCalls});
  EXPECT_EQ(node_.sum(Holding::kPending), std::uint64_t{kCalls / kReachedCount});
  age_to(60);
  EXPECT_EQ(node_.open_dialogs(), std::uint64_t{kCalls / kReachedCount * 4}) << "a BYE without an answer";
  age_to(210);
  EXPECT_EQ(node_.open_dialogs(), std::uint64_t{kCalls / kReachedCount}) << "calls that were never confirmed";
  EXPECT_EQ(node_.sum(Holding::kPending), 0U);
  age_to(4 * 3600 + 10);
  for (int backend = 0; backend < 4; ++backend) EXPECT_EQ(node_.states().open_dialogs(node_.cell(backend)), 0U);
  EXPECT_EQ(audit_.figures().corrected, 0U) << "the counts followed the entries without repair";
}

TEST_F(AbandonedCalls, TheirLateMessagesCountNothing) {
  for (int i = 0; i < kCalls; ++i) play("call" + std::to_string(i), kRinging);
  age_to(210);
  node_.context->now_ms = kStart_ms + 210'000;
  for (int i = 0; i < kCalls; ++i) {
    node_.from_client(client_request("BYE", "call" + std::to_string(i), "", "u1", 2));
  }
  EXPECT_EQ(node_.open_dialogs(), 0U);
}

}  // namespace
}  // namespace dialplane::test
