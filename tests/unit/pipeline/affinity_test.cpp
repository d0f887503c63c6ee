// SPDX-License-Identifier: Apache-2.0
// Calls and registrations through the packet path while backends, weights and states change under them. Test thread.
#include "call_node.hpp"

#include "dialplane/balance/affinity_audit.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dialplane::test {
namespace {

using balance::Holding;
using pipeline::AffinityEvent;
using pipeline::SteeredBy;

constexpr std::uint64_t kStart_ms = 10'000'000;

std::string invite(const std::string& call_id) { return client_request("INVITE", call_id); }

Shape all_but(int backend, const std::string& row) {
  Shape shape;
  shape.rows[static_cast<std::size_t>(backend)] = row;
  return shape;
}

/// Three of four weightless: nearly every slot changes hands.
Shape only(int backend) {
  Shape shape;
  for (int i = 0; i < 4; ++i) shape.rows[static_cast<std::size_t>(i)] = i == backend ? "" : "weight = 0\n";
  return shape;
}

class AffinityPath : public testing::Test {
 protected:
  AffinityPath() { node_.context->now_ms = kStart_ms; }
  /// Sets a call up with a 200 and its ACK; the caller's Route rows.
  std::string establish(const std::string& call_id) {
    const auto sent = node_.from_client(invite(call_id));
    backend_ = sent.at(0).backend();
    const auto answer = node_.from_backend(backend_, response_to(sent[0].text, "200 OK"));
    auto routes = routes_from(answer.at(0).text);
    EXPECT_EQ(node_.ask(client_request("ACK", call_id, routes, "u1")), backend_);
    return routes;
  }
  CallNode node_;
  int backend_ = -1;
};

TEST_F(AffinityPath, CopiesCancelAndAckKeepTheirBackendWhenWeightsChange) {
  const auto backend = node_.ask(invite("c1"));
  node_.change(only((backend + 1) % 4));
  EXPECT_EQ(node_.ask(invite("c1")), backend);
  EXPECT_EQ(node_.ask(client_request("CANCEL", "c1")), backend);
  EXPECT_EQ(node_.ask(client_request("ACK", "c1", "", "u1")), backend);
  EXPECT_EQ(node_.ask(invite("c2")), (backend + 1) % 4);
  EXPECT_EQ(node_.context->counters.steered.read(SteeredBy::kAffinity), 3U);
}

TEST_F(AffinityPath, DrainKeepsTransactionsAndMaintKeepsNothing) {
  const auto backend = node_.ask(invite("c1"));
  node_.change(all_but(backend, "state = \"drain\"\n"));
  EXPECT_EQ(node_.ask(invite("c1")), backend);
  EXPECT_EQ(node_.ask(client_request("CANCEL", "c1")), backend);
  node_.change(all_but(backend, "state = \"maint\"\n"));
  EXPECT_NE(node_.ask(invite("c1")), backend);
}

TEST_F(AffinityPath, ABackendThatIsDownKeepsItsTransactionsButGetsNoNewOnes) {
  const auto backend = node_.ask(invite("c1"));
  node_.change({}, [&](snapshot::RuntimeState& state) {
    state.observed["sbc/b" + std::to_string(backend + 1)] = {snapshot::ObservedState::kDown};
  });
  EXPECT_EQ(node_.ask(invite("c1")), backend);
  EXPECT_EQ(node_.ask(client_request("CANCEL", "c1")), backend);
  EXPECT_NE(node_.ask(client_request("INVITE", "c1", "", "", 2)), backend);
  EXPECT_EQ(node_.affinity(AffinityEvent::kMoved), 1U);
}

TEST_F(AffinityPath, TheRequestAfterAChallengeStays) {
  const auto sent = node_.from_client(invite("c1"));
  const auto backend = sent.at(0).backend();
  node_.from_backend(backend, response_to(sent[0].text, "407 Proxy Authentication Required"));
  EXPECT_EQ(node_.open_dialogs(), 0U);
  node_.change(only((backend + 1) % 4));
  EXPECT_EQ(node_.ask(client_request("INVITE", "c1", "", "", 2)), backend);
  EXPECT_EQ(node_.open_dialogs(), 1U);
}

TEST_F(AffinityPath, ACallIsCountedFromItsInviteToTheAnswerOfItsBye) {
  const auto sent = node_.from_client(invite("c1"));
  const auto backend = sent.at(0).backend();
  EXPECT_EQ(node_.sum(Holding::kPending), 1U);
  node_.from_backend(backend, response_to(sent[0].text, "100 Trying"));
  EXPECT_EQ(node_.sum(Holding::kPending), 0U);
  EXPECT_EQ(node_.states().open_dialogs(node_.cell(backend)), 1U);
  const auto answer = node_.from_backend(backend, response_to(sent[0].text, "200 OK"));
  const auto routes = routes_from(answer.at(0).text);
  node_.ask(client_request("ACK", "c1", routes, "u1"));
  node_.ask(client_request("INFO", "c1", routes, "u1", 2));
  EXPECT_EQ(node_.open_dialogs(), 1U);
  const auto bye = node_.from_client(client_request("BYE", "c1", routes, "u1", 3));
  EXPECT_EQ(node_.open_dialogs(), 1U);
  node_.from_backend(backend, response_to(bye.at(0).text, "200 OK"));
  EXPECT_EQ(node_.open_dialogs(), 0U);
}

TEST_F(AffinityPath, AByeWhoseAnswerIsNotSeenEndsTheCallToo) {
  const auto routes = establish("c1");
  node_.ask(client_request("BYE", "c1", routes, "u1", 2));
  node_.context->now_ms += 60'000;
  EXPECT_EQ(node_.ask(invite("c1")), backend_);
  EXPECT_EQ(node_.open_dialogs(), 1U);
}

TEST_F(AffinityPath, AChallengedByeLeavesTheCallOpen) {
  const auto routes = establish("c1");
  const auto bye = node_.from_client(client_request("BYE", "c1", routes, "u1", 2));
  node_.from_backend(backend_, response_to(bye.at(0).text, "401 Unauthorized"));
  node_.context->now_ms += 300'000;
  EXPECT_EQ(node_.open_dialogs(), 1U);
}

TEST_F(AffinityPath, AFailedCallIsNotCounted) {
  const auto sent = node_.from_client(invite("c1"));
  node_.from_backend(sent.at(0).backend(), response_to(sent[0].text, "486 Busy Here"));
  EXPECT_EQ(node_.open_dialogs(), 0U);
  EXPECT_EQ(node_.ask(client_request("ACK", "c1", "", "u1")), sent[0].backend());
  EXPECT_EQ(node_.open_dialogs(), 0U);
}

TEST_F(AffinityPath, ForksBeforeUsCountOnce) {
  const auto first = node_.from_client(client_request("INVITE", "c1", "", "", 1, "x"));
  const auto second = node_.from_client(client_request("INVITE", "c1", "", "", 1, "y"));
  EXPECT_EQ(first.at(0).backend(), second.at(0).backend());
  EXPECT_EQ(node_.open_dialogs(), 1U);
  // The other branch goes on when one fails.
  node_.from_backend(first[0].backend(), response_to(first[0].text, "486 Busy Here"));
  EXPECT_EQ(node_.open_dialogs(), 1U);
}

TEST_F(AffinityPath, ABackToBackUserAgentThatKeepsTheCallIdCountsOnce) {
  const auto sent = node_.from_client(invite("c1"));
  const auto backend = sent.at(0).backend();
  const auto leg = "INVITE sip:carol@192.0.2.80 SIP/2.0\r\nVia: SIP/2.0/UDP " + backend_at(backend).to_string() +
                   ";branch=z9hG4bKleg2\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.net>;tag=b1\r\n"
                   "To: <sip:carol@example.com>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
  const auto out = node_.from_backend(backend, leg);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].destination.to_string(), "192.0.2.80:5060");
  EXPECT_EQ(node_.open_dialogs(), 1U);
}

TEST_F(AffinityPath, ACallOfABackendBelongsToIt) {
  const auto call =
      "INVITE sip:carol@192.0.2.80 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.13:5060;branch=z9hG4bKout\r\n"
      "Max-Forwards: 70\r\nFrom: <sip:gw@example.net>;tag=b1\r\nTo: <sip:carol@example.com>\r\n"
      "Call-ID: out1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
  const auto out = node_.from_backend(2, call);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(node_.states().open_dialogs(node_.cell(2)), 1U);
  EXPECT_EQ(node_.states().pending(node_.cell(2)), 0U);
  // The callee's BYE finds its way without any Route.
  EXPECT_EQ(node_.ask(client_request("BYE", "out1", "", "b1", 7)), 2);
}

TEST_F(AffinityPath, AbandonedCallsAgeOut) {
  for (int i = 0; i < 200; ++i) node_.ask(invite("c" + std::to_string(i)));
  EXPECT_EQ(node_.open_dialogs(), 200U);
  balance::AffinityAudit audit(*node_.snapshot().affinity, node_.states());
  audit.step(node_.snapshot().affinity->set_count(), kStart_ms + 210'000, node_.snapshot().affinity_ages);
  EXPECT_EQ(node_.open_dialogs(), 0U);
  EXPECT_EQ(node_.sum(Holding::kPending), 0U);
}

TEST_F(AffinityPath, ReplacesFollowsTheDialogItNames) {
  establish("c1");
  const auto owner = backend_;
  node_.change(only((owner + 1) % 4));
  const auto replacing = client_request("INVITE", "new1", "Replaces: c1;to-tag=u1;from-tag=a1\r\n");
  EXPECT_EQ(node_.ask(replacing), owner);
  // CANCEL does not repeat Replaces: the entry of the message's own Call-ID tells.
  EXPECT_EQ(node_.ask(client_request("CANCEL", "new1")), owner);
}

TEST_F(AffinityPath, ReplacesOfAnUnknownDialogGoesWhereThatOneWould) {
  const auto owner = node_.ask(invite("c9"));
  CallNode fresh;
  for (const std::string id : {"n1", "n2", "n3", "n4", "n5"}) {
    EXPECT_EQ(fresh.ask(client_request("INVITE", id, "Replaces: c9;to-tag=u1;from-tag=a1\r\n")), owner);
    EXPECT_EQ(fresh.ask(client_request("CANCEL", id)), owner);
  }
}

TEST_F(AffinityPath, ARegistrationIsCountedAndMovesUnderDrainOnceItsCopiesAreOver) {
  const auto sent = node_.from_client(client_request("REGISTER", "r1"));
  const auto backend = sent.at(0).backend();
  node_.from_backend(backend, response_to(sent[0].text, "200 OK", "Contact: <sip:alice@192.0.2.77>\r\n"));
  EXPECT_EQ(node_.states().open_registrations(node_.cell(backend)), 1U);
  node_.change(all_but(backend, "state = \"drain\"\n"));
  node_.context->now_ms += 10'000;
  EXPECT_EQ(node_.ask(client_request("REGISTER", "r1", "", "", 2)), backend);
  node_.context->now_ms += 37'000;
  EXPECT_NE(node_.ask(client_request("REGISTER", "r1", "", "", 3)), backend);
  EXPECT_EQ(node_.states().open_registrations(node_.cell(backend)), 0U);
}

TEST_F(AffinityPath, ARegistrationEndsWithItsLastBinding) {
  const auto sent = node_.from_client(client_request("REGISTER", "r1"));
  const auto backend = sent.at(0).backend();
  node_.from_backend(backend, response_to(sent[0].text, "200 OK", "Contact: <sip:alice@192.0.2.77>\r\n"));
  const auto gone = node_.from_client(client_request("REGISTER", "r1", "Expires: 0\r\n", "", 2));
  EXPECT_EQ(node_.sum(Holding::kRegistrations), 1U);
  node_.from_backend(backend, response_to(gone.at(0).text, "200 OK"));
  EXPECT_EQ(node_.sum(Holding::kRegistrations), 0U);
}

TEST_F(AffinityPath, APublicationStaysUnderDrainUntilItExpires) {
  const auto sent = node_.from_client(client_request("PUBLISH", "p1"));
  const auto backend = sent.at(0).backend();
  node_.from_backend(backend, response_to(sent[0].text, "200 OK", "Expires: 3600\r\n"));
  node_.change(all_but(backend, "state = \"drain\"\n"));
  node_.context->now_ms += 600'000;
  EXPECT_EQ(node_.ask(client_request("PUBLISH", "p1", "SIP-If-Match: e1\r\n", "", 2)), backend);
}

TEST_F(AffinityPath, ASubscriptionEndsWhenItsNotifierSaysSo) {
  for (const std::string state : {"terminated", "Terminated;reason=timeout"}) {
    const auto sent = node_.from_client(client_request("SUBSCRIBE", state.substr(0, 10), "Event: presence\r\n"));
    const auto backend = sent.at(0).backend();
    node_.from_backend(backend, response_to(sent[0].text, "200 OK"));
    EXPECT_EQ(node_.open_dialogs(), 1U);
    const auto notify = "NOTIFY sip:alice@192.0.2.77 SIP/2.0\r\nVia: SIP/2.0/UDP " + backend_at(backend).to_string() +
                        ";branch=z9hG4bKn\r\nMax-Forwards: 70\r\nFrom: <sip:bob@example.com>;tag=u1\r\n"
                        "To: <sip:alice@example.net>;tag=a1\r\n" +
                        rows_named(sent[0].text, "Call-ID") + "CSeq: 4 NOTIFY\r\nEvent: presence\r\n" +
                        "Subscription-State: " + state + "\r\nContent-Length: 0\r\n\r\n";
    EXPECT_EQ(node_.from_backend(backend, notify).size(), 1U);
    balance::AffinityAudit audit(*node_.snapshot().affinity, node_.states());
    audit.step(node_.snapshot().affinity->set_count(), kStart_ms + 60'000, node_.snapshot().affinity_ages);
    EXPECT_EQ(node_.open_dialogs(), 0U) << state;
  }
}

TEST_F(AffinityPath, AMessageIsBoundForItsTransaction) {
  const auto backend = node_.ask(client_request("MESSAGE", "m1"));
  EXPECT_EQ(node_.open_dialogs(), 0U);
  node_.change(only((backend + 1) % 4));
  EXPECT_EQ(node_.ask(client_request("MESSAGE", "m1")), backend);
  node_.context->now_ms += 60'000;
  EXPECT_EQ(node_.ask(client_request("MESSAGE", "m1")), (backend + 1) % 4);
}

TEST_F(AffinityPath, ADryRunMakesNoEntry) {
  node_.context->dry_run = true;
  node_.ask(invite("c1"));
  node_.context->dry_run = false;
  EXPECT_EQ(node_.open_dialogs(), 0U);
  EXPECT_EQ(node_.states().sent_since_heard(node_.cell(0)) + node_.states().sent_since_heard(node_.cell(1)) +
                node_.states().sent_since_heard(node_.cell(2)) + node_.states().sent_since_heard(node_.cell(3)),
            0U);
}

TEST_F(AffinityPath, AFullTableFallsBackToTheHash) {
  Shape shape;
  shape.more = "[affinity]\nentries = 1024\n";
  CallNode small(shape);
  CallNode large;
  small.context->now_ms = large.context->now_ms = kStart_ms;
  for (int i = 0; i < 3000; ++i) {
    const auto call = invite("call" + std::to_string(i));
    ASSERT_EQ(small.ask(call), large.ask(call));
  }
  EXPECT_GT(small.affinity(AffinityEvent::kFull), 1000U);
  EXPECT_EQ(small.affinity(AffinityEvent::kEvicted), 0U);
  EXPECT_LE(small.open_dialogs(), 1024U);
}

TEST_F(AffinityPath, TimesTheFirstResponse) {
  const auto sent = node_.from_client(invite("c1"));
  node_.context->now_ms += 30;
  node_.from_backend(sent.at(0).backend(), response_to(sent[0].text, "180 Ringing"));
  EXPECT_EQ(node_.states().latency_us(node_.cell(sent[0].backend())), 30'000U);
  EXPECT_EQ(node_.states().responses(node_.cell(sent[0].backend()), 1), 1U);
  EXPECT_EQ(node_.states().heard_ms(node_.cell(sent[0].backend())), kStart_ms + 30);
}

TEST(AffinityProperty, NoTransactionIsSplitByChangesOfTheTable) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kTransactions = 5'000;
#else
  constexpr int kTransactions = 100'000;
#endif
  constexpr int kInFlight = 500;
  CallNode node;
  node.context->now_ms = kStart_ms;
  std::mt19937 random(7);
  std::vector<int> chosen(kTransactions, -1);
  const auto change = [&] {
    Shape shape;
    for (auto& row : shape.rows) {
      constexpr std::array kRows{"", "weight = 30\n", "weight = 0\n", "state = \"drain\"\n"};
      row = kRows[random() % kRows.size()];
    }
    shape.rows[random() % 4] = "";
    node.change(shape);
  };
  int splits = 0;
  for (int i = 0; i < kTransactions + kInFlight; ++i) {
    if (i % (kTransactions / 25) == 0) change();
    if (i < kTransactions) chosen[static_cast<std::size_t>(i)] = node.ask(invite("t" + std::to_string(i)));
    const int old = i - kInFlight;
    if (old < 0) continue;
    const auto id = "t" + std::to_string(old);
    const auto wanted = chosen[static_cast<std::size_t>(old)];
    ASSERT_NE(wanted, -1);
    splits += node.ask(invite(id)) == wanted ? 0 : 1;
    splits += node.ask(client_request("CANCEL", id)) == wanted ? 0 : 1;
    splits += node.ask(client_request("ACK", id, "", "u1")) == wanted ? 0 : 1;
    node.context->now_ms += 5;
  }
  EXPECT_EQ(splits, 0);
}

}  // namespace
}  // namespace dialplane::test
