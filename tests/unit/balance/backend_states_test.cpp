// SPDX-License-Identifier: Apache-2.0
// Facts of backends: counts over writers, when one was heard, whose responses come. Test thread; one test with writers.
#include "dialplane/balance/backend_states.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace dialplane::balance {
namespace {

constexpr BackendCell kCell(7);
constexpr BackendCell kOther(8);
constexpr StatesWriter kFirst(0);
constexpr StatesWriter kSecond(1);

TEST(BackendStates, AddsUpWhatSeveralWritersOpenAndClose) {
  BackendStates states(2);
  states.note_opened(kFirst, kCell, Holding::kDialogs);
  states.note_opened(kFirst, kCell, Holding::kDialogs);
  states.note_closed(kSecond, kCell, Holding::kDialogs);
  EXPECT_EQ(states.open_dialogs(kCell), 1U);
  EXPECT_EQ(states.changes(kCell, Holding::kDialogs), 3U);
  EXPECT_EQ(states.open_registrations(kCell), 0U);
  EXPECT_EQ(states.open_dialogs(kOther), 0U);
}

TEST(BackendStates, NeverCountsBelowZero) {
  BackendStates states(1);
  states.note_closed(kFirst, kCell, Holding::kPending);
  EXPECT_EQ(states.pending(kCell), 0U);
}

TEST(BackendStates, TakesCorrectionsInBothDirections) {
  BackendStates states(1);
  states.note_opened(kFirst, kCell, Holding::kDialogs);
  states.correct(states.control_writer(), kCell, Holding::kDialogs, -3);
  EXPECT_EQ(states.open_dialogs(kCell), 4U);
  states.correct(states.control_writer(), kCell, Holding::kDialogs, 4);
  EXPECT_EQ(states.open_dialogs(kCell), 0U);
}

TEST(BackendStates, CountsWhatWasSentSinceTheBackendWasHeard) {
  BackendStates states(2);
  states.note_sent(kFirst, kCell);
  states.note_sent(kSecond, kCell);
  EXPECT_EQ(states.sent_since_heard(kCell), 2U);
  states.note_heard(kCell, 1000);
  EXPECT_EQ(states.sent_since_heard(kCell), 0U);
  states.note_sent(kSecond, kCell);
  EXPECT_EQ(states.sent_since_heard(kCell), 1U);
}

TEST(BackendStates, HearingNeverGoesBack) {
  BackendStates states(1);
  states.note_heard(kCell, 1000);
  states.note_heard(kCell, 999);
  EXPECT_EQ(states.heard_ms(kCell), 1000U);
}

TEST(BackendStates, ShareOfOwnResponsesIsOneUntilSomeHaveCome) {
  BackendStates states(1);
  EXPECT_EQ(states.own_response_ratio(kCell), 1.0);
  EXPECT_FALSE(states.own_response_ratio_known(kCell));
}

TEST(BackendStates, ShareOfOwnResponsesFollowsTheLastFewHundred) {
  BackendStates states(1);
  states.note_heard(kCell, 1);
  for (int i = 0; i < 1000; ++i) states.note_response(kFirst, kCell, 2, true);
  states.renew_ratios();
  EXPECT_NEAR(states.own_response_ratio(kCell), 1.0, 0.001);
  for (int i = 0; i < 64; ++i) states.note_response(kFirst, kCell, 2, i % 2 == 0);
  states.renew_ratios();
  // 192 of the old ones and 32 of the new ones of 256.
  EXPECT_NEAR(states.own_response_ratio(kCell), 224.0 / 256.0, 0.001);
  for (int i = 0; i < 300; ++i) states.note_response(kFirst, kCell, 1, false);
  states.renew_ratios();
  EXPECT_NEAR(states.own_response_ratio(kCell), 0.0, 0.001);
  EXPECT_EQ(states.responses(kCell, 1), 300U);
  EXPECT_EQ(states.foreign_responses(kCell), 332U);
}

TEST(BackendStates, AveragesLatencyOverWorkersThatHaveLatelyAnswers) {
  BackendStates states(2);
  states.note_latency(kFirst, kCell, 8000, 1000);
  EXPECT_EQ(states.latency_us(kCell), 8000U);
  states.note_latency(kFirst, kCell, 16000, 1001);
  EXPECT_EQ(states.latency_us(kCell), 9000U);
  states.note_latency(kSecond, kCell, 1000, 1002);
  EXPECT_EQ(states.latency_us(kCell), 5000U);
  states.note_latency(kSecond, kCell, 1000, 60'000);
  EXPECT_EQ(states.latency_us(kCell), 1000U);
}

TEST(BackendStates, ReadersMayLookWhileWritersWrite) {
  constexpr int kRounds = 20'000;
  BackendStates states(2);
  std::vector<std::thread> writers;
  for (const auto by : {kFirst, kSecond}) {
    writers.emplace_back([&states, by] {
      for (int i = 1; i <= kRounds; ++i) {
        states.note_opened(by, kCell, Holding::kDialogs);
        states.note_sent(by, kCell);
        states.note_heard(kCell, static_cast<std::uint64_t>(i));
        states.note_closed(by, kCell, Holding::kDialogs);
      }
    });
  }
  std::uint64_t most = 0;
  for (int i = 0; i < kRounds; ++i) most = std::max(most, states.open_dialogs(kCell));
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(states.open_dialogs(kCell), 0U);
  EXPECT_EQ(states.changes(kCell, Holding::kDialogs), 4U * kRounds);
  EXPECT_LE(most, 2U * kRounds);
}

}  // namespace
}  // namespace dialplane::balance
