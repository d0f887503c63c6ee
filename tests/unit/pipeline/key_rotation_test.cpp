// SPDX-License-Identifier: Apache-2.0
// What began under one token key goes on when another signs, as long as the old one verifies. Test thread.
#include "call_node.hpp"

#include <gtest/gtest.h>

namespace dialplane::test {
namespace {

using pipeline::DropReason;
using pipeline::TokenOutcome;

sip::Secret secret_from(int first) {
  sip::Secret secret;
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(first + static_cast<int>(i));
  return secret;
}

/// Token keys by the first byte of their secrets; the placement key stays.
sip::Keyring keys_of(std::initializer_list<int> tokens) {
  std::vector<sip::Secret> secrets;
  for (const int first : tokens) secrets.push_back(secret_from(first));
  return sip::Keyring::derive(secret_from(0), secrets);
}

constexpr int kOld = 0x40;
constexpr int kNew = 0xa0;

class KeyRotation : public testing::Test {
 protected:
  KeyRotation() {
    node_.context->now_ms = 10'000'000;
    rotate({kOld});
  }
  void rotate(std::initializer_list<int> tokens) {
    node_.keys = keys_of(tokens);
    node_.change({});
  }
  std::uint64_t steered_by_cookie() { return node_.context->counters.steered.read(pipeline::SteeredBy::kCookie); }

  CallNode node_;
};

TEST_F(KeyRotation, AResponseToWhatTheOldKeySentPasses) {
  const auto sent = node_.from_client(client_request("INVITE", "c1"));
  rotate({kNew, kOld});
  const auto answer = node_.from_backend(sent.at(0).backend(), response_to(sent[0].text, "200 OK"));
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0].destination, kClient);
}

TEST_F(KeyRotation, ADialogOfTheOldKeyKeepsItsBackendByCookie) {
  const auto sent = node_.from_client(client_request("INVITE", "c1"));
  const auto answer = node_.from_backend(sent.at(0).backend(), response_to(sent[0].text, "200 OK"));
  rotate({kNew, kOld});
  EXPECT_EQ(node_.ask(client_request("BYE", "c1", routes_from(answer.at(0).text), "u1", 2)), sent[0].backend());
  EXPECT_EQ(steered_by_cookie(), 1U);
}

TEST_F(KeyRotation, ACopyKeepsBackendAndBranchAndIsSealedByTheNewKey) {
  const auto first = node_.from_client(client_request("INVITE", "c1"));
  rotate({kNew, kOld});
  const auto second = node_.from_client(client_request("INVITE", "c1"));
  ASSERT_EQ(first.size() + second.size(), 2U);
  EXPECT_EQ(first[0].backend(), second[0].backend());
  const auto branch = [](const Sent& sent) {
    return sent.text.substr(sent.text.find(";branch=") + 8, sip::kBranchLength);
  };
  EXPECT_EQ(branch(first[0]), branch(second[0]));
  EXPECT_NE(first[0].text, second[0].text);
}

TEST_F(KeyRotation, AnAckToAnAnswerUnderTheOldKeyIsAbsorbed) {
  const auto refused = [](std::string request) {
    request.replace(request.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
    return request;
  };
  node_.from_client(refused(client_request("INVITE", "c1")));
  ASSERT_EQ(node_.last.response, pipeline::InlineResponse::kTooManyHops);
  const auto& work = node_.context->work[0];
  std::array<char, sip::kToTagLength> tag;
  sip::write_to_tag_digest(tag.data(), node_.keys.tokens[0], work.to_tag_digest);
  const auto ack = client_request("ACK", "c1", "", {tag.data(), tag.size()});
  rotate({kNew, kOld});
  EXPECT_TRUE(node_.from_client(ack).empty());
  EXPECT_EQ(node_.last.reason, DropReason::kOwnAck);
}

TEST_F(KeyRotation, WithoutTheOldKeyItsTokensAreForged) {
  const auto sent = node_.from_client(client_request("INVITE", "c1"));
  const auto answer = node_.from_backend(sent.at(0).backend(), response_to(sent[0].text, "200 OK"));
  rotate({kNew});
  EXPECT_TRUE(node_.from_backend(sent[0].backend(), response_to(sent[0].text, "200 OK")).empty());
  EXPECT_EQ(node_.last.reason, DropReason::kForgedResponse);
  // The affinity table knows the call still.
  EXPECT_EQ(node_.ask(client_request("BYE", "c1", routes_from(answer.at(0).text), "u1", 2)), sent[0].backend());
  EXPECT_EQ(node_.context->counters.tokens.read(TokenOutcome::kForged), 2U);
  EXPECT_EQ(steered_by_cookie(), 0U);
}

}  // namespace
}  // namespace dialplane::test
