// SPDX-License-Identifier: Apache-2.0
// When a repeated request goes to another backend, when it must not, and that both then get CANCEL and ACK. Test
// thread.
#include "call_node.hpp"

#include <gtest/gtest.h>

namespace dialplane::test {
namespace {

constexpr std::uint64_t kStart_ms = 10'000'000;

class SecondChance : public testing::Test {
 protected:
  explicit SecondChance(const Shape& shape = {}) : node_(shape) {
    node_.context->now_ms = kStart_ms;
    for (int i = 0; i < 4; ++i) answered_once(i);
    node_.states().renew_ratios();
    node_.context->now_ms += 5000;
  }
  /// Every backend has answered a request of this node.
  void answered_once(int backend) {
    for (int i = 0;; ++i) {
      const auto sent = node_.from_client(client_request("MESSAGE", "w" + std::to_string(i)));
      node_.from_backend(sent.at(0).backend(), response_to(sent[0].text, "200 OK"));
      // What is sent in the millisecond of a response counts as sent after it.
      pass(1);
      if (sent[0].backend() == backend) return;
    }
  }
  /// Sends requests of other transactions to `backend`, which stays silent.
  void load(int backend, int count) {
    for (; count > 0; ++extra_) {
      if (node_.ask(client_request("MESSAGE", "x" + std::to_string(extra_))) == backend) --count;
    }
  }
  int invite(const std::string& call_id = "c1", const std::string& method = "INVITE") {
    return node_.ask(client_request(method, call_id));
  }
  void pass(std::uint64_t ms) { node_.context->now_ms += ms; }
  std::uint64_t lost(int backend) {
    return node_.context->counters.backends[node_.cell(backend).value].second_chances_lost.read();
  }

  CallNode node_;
  int extra_ = 0;
};

TEST_F(SecondChance, ASilentBackendLosesTheRepeatedInvite) {
  const auto first = invite();
  load(first, 8);
  pass(500);
  EXPECT_EQ(invite(), first);
  pass(1000);
  const auto second = invite();
  EXPECT_NE(second, first);
  EXPECT_NE(second, -1);
  EXPECT_EQ(lost(first), 1U);
  EXPECT_EQ(node_.context->counters.backends[node_.cell(second).value].second_chances_won.read(), 1U);
  pass(2000);
  EXPECT_EQ(invite(), second);
  EXPECT_EQ(node_.open_dialogs(), 1U);
}

TEST_F(SecondChance, AProbeCountsAsMessageEnough) {
  const auto first = invite();
  pass(700);
  node_.states().note_probe_sent(node_.cell(first), node_.context->now_ms);
  pass(800);
  EXPECT_NE(invite(), first);
}

TEST_F(SecondChance, TooFewMessagesProveNothing) {
  const auto first = invite();
  load(first, 5);
  pass(1500);
  EXPECT_EQ(invite(), first);
}

TEST_F(SecondChance, ABackendThatAnsweredAnybodyIsNotSilent) {
  const auto first = invite();
  load(first, 20);
  pass(700);
  node_.states().note_heard(node_.cell(first), node_.context->now_ms);
  pass(800);
  EXPECT_EQ(invite(), first);
}

TEST_F(SecondChance, AnInviteThatWasAnsweredStays) {
  const auto sent = node_.from_client(client_request("INVITE", "c1"));
  const auto first = sent.at(0).backend();
  node_.from_backend(first, response_to(sent[0].text, "100 Trying"));
  pass(10);
  load(first, 20);
  pass(3000);
  EXPECT_EQ(invite(), first);
}

TEST_F(SecondChance, NotWhereResponsesReturnToOtherNodes) {
  const auto first = invite();
  for (int i = 0; i < 300; ++i)
    node_.states().note_response(balance::StatesWriter(0), node_.cell(first), 2, i % 4 != 0);
  node_.states().renew_ratios();
  load(first, 20);
  pass(1500);
  EXPECT_EQ(invite(), first);
}

TEST_F(SecondChance, OthersThanInviteHaveNone) {
  for (const std::string method : {"MESSAGE", "PUBLISH", "REFER", "INFO", "REGISTER", "SUBSCRIBE"}) {
    const auto first = invite("id-" + method, method);
    load(first, 20);
    pass(3500);
    EXPECT_EQ(invite("id-" + method, method), first) << method;
  }
}

TEST_F(SecondChance, CancelAndAckReachBothBackends) {
  const auto first = invite();
  load(first, 8);
  pass(1500);
  const auto second = invite();
  for (const auto& request : {client_request("CANCEL", "c1"), client_request("ACK", "c1", "", "u1")}) {
    const auto sent = node_.from_client(request);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].backend(), second);
    EXPECT_EQ(sent[1].backend(), first);
    EXPECT_EQ(sent[0].text, sent[1].text);
  }
  EXPECT_EQ(node_.context->counters.sources.read(pipeline::Source::kCloned), 2U);
}

TEST_F(SecondChance, ACopyIsJudgedByItsOwnTokensAndNotByWhatAnEarlierBurstLeft) {
  const auto other = node_.from_client(client_request("INVITE", "c0"));
  const auto routes =
      routes_from(node_.from_backend(other.at(0).backend(), response_to(other[0].text, "200 OK"))[0].text);
  const auto first = invite();
  load(first, 8);
  pass(1500);
  invite();
  node_.from_client(client_request("BYE", "c0", routes, "u1", 2));
  // The place of the copy, as a longer burst would have left it; its text stood in a buffer that is gone.
  const auto at = routes.find("dp=") + 3;
  const auto text = routes.substr(at, routes.find_first_of(";>", at) - at);
  auto& place = node_.context->work[1];
  const auto& left = node_.context->work[0];
  ASSERT_TRUE(left.has_claim);
  place.has_claim = left.has_claim;
  place.route_claim = left.route_claim;
  place.route_claim_text = text;
  const auto& tokens = node_.context->counters.tokens;
  const auto valid = tokens.read(pipeline::TokenOutcome::kValid);
  // The token is that of another call.
  EXPECT_EQ(node_.from_client(client_request("CANCEL", "c1", routes)).size(), 2U);
  EXPECT_EQ(tokens.read(pipeline::TokenOutcome::kValid), valid);
  EXPECT_EQ(tokens.read(pipeline::TokenOutcome::kForged), 4U);
}

TEST_F(SecondChance, WithoutASpareBufferOneBackendGetsIt) {
  const auto first = invite();
  load(first, 8);
  pass(1500);
  invite();
  node_.spares = 0;
  EXPECT_EQ(node_.from_client(client_request("CANCEL", "c1")).size(), 1U);
  EXPECT_EQ(node_.affinity(pipeline::AffinityEvent::kUncloned), 1U);
}

TEST_F(SecondChance, TheAckOfAFailureStillReachesBoth) {
  const auto first = invite();
  load(first, 8);
  pass(1500);
  const auto sent = node_.from_client(client_request("INVITE", "c1"));
  node_.from_backend(sent.at(0).backend(), response_to(sent[0].text, "486 Busy Here"));
  EXPECT_EQ(node_.open_dialogs(), 0U);
  EXPECT_EQ(node_.from_client(client_request("ACK", "c1", "", "u1")).size(), 2U);
}

TEST_F(SecondChance, TheCallBelongsToTheOneThatAnswers) {
  const auto sent = node_.from_client(client_request("INVITE", "c1"));
  const auto first = sent.at(0).backend();
  load(first, 8);
  pass(1500);
  const auto second = invite();
  ASSERT_NE(second, first);
  const auto answer = node_.from_backend(first, response_to(sent[0].text, "200 OK"));
  EXPECT_EQ(node_.states().open_dialogs(node_.cell(first)), 1U);
  EXPECT_EQ(node_.states().open_dialogs(node_.cell(second)), 0U);
  EXPECT_EQ(node_.ask(client_request("ACK", "c1", routes_from(answer.at(0).text), "u1")), first);
}

class SecondChanceOff : public SecondChance {
 protected:
  SecondChanceOff() : SecondChance({{}, "second_chance = \"off\"\n", ""}) {}
};

TEST_F(SecondChanceOff, NothingMoves) {
  const auto first = invite();
  load(first, 20);
  pass(3500);
  EXPECT_EQ(invite(), first);
}

class SecondChanceAlways : public SecondChance {
 protected:
  SecondChanceAlways() : SecondChance({{}, "second_chance = \"always\"\n", ""}) {}
};

TEST_F(SecondChanceAlways, RegisterAndSubscribeMoveAndMessageDoesNot) {
  for (const std::string method : {"REGISTER", "SUBSCRIBE"}) {
    const auto first = invite("id-" + method, method);
    load(first, 20);
    pass(3500);
    EXPECT_NE(invite("id-" + method, method), first) << method;
  }
  const auto first = invite("id-MESSAGE", "MESSAGE");
  load(first, 20);
  pass(3500);
  EXPECT_EQ(invite("id-MESSAGE", "MESSAGE"), first);
}

}  // namespace
}  // namespace dialplane::test
