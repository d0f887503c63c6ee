// SPDX-License-Identifier: Apache-2.0
// The audit: what is too old goes, counts return to what the table says. Test thread.
#include "dialplane/balance/affinity_audit.hpp"

#include <gtest/gtest.h>

namespace dialplane::balance {
namespace {

using State = AffinityState;

constexpr BackendCell kCell(3);
constexpr std::uint64_t kStart_ms = 50'000'000;

class AffinityAuditTest : public testing::Test {
 protected:
  void make(std::uint64_t count, State state) {
    for (std::uint64_t i = 1; i <= count; ++i) {
      table_->claim(i * 0x9e3779b97f4a7c15U, kCell, state, 1, {now_ms_, 0, ages_}, writer_);
    }
  }
  void whole_round() { audit_.step(table_->set_count(), now_ms_, ages_); }

  std::shared_ptr<AffinityTable> table_ = AffinityTable::make(4096);
  BackendStates states_{1};
  AffinityTable::Writer writer_{states_, StatesWriter(0)};
  AffinityAges ages_{{200, 3600, 600}};
  std::uint64_t now_ms_ = kStart_ms;
  AffinityAudit audit_{*table_, states_};
};

TEST_F(AffinityAuditTest, AbandonedCallsAgeOutAndCountsReturnToZero) {
  make(1000, State::kEarly);
  EXPECT_EQ(states_.open_dialogs(kCell), 1000U);
  EXPECT_EQ(states_.pending(kCell), 1000U);
  now_ms_ += 210'000;
  whole_round();
  EXPECT_EQ(states_.open_dialogs(kCell), 0U);
  EXPECT_EQ(states_.pending(kCell), 0U);
  EXPECT_EQ(audit_.figures().freed, 1000U);
  EXPECT_EQ(audit_.figures().corrected, 0U);
}

TEST_F(AffinityAuditTest, CountsEntriesByState) {
  make(30, State::kConfirmed);
  whole_round();
  EXPECT_EQ(audit_.figures().entries[static_cast<std::size_t>(State::kConfirmed)], 30U);
  EXPECT_EQ(audit_.figures().rounds, 1U);
}

TEST_F(AffinityAuditTest, PutsRightWhatIsTooHigh) {
  make(5, State::kConfirmed);
  whole_round();
  for (int i = 0; i < 7; ++i) states_.note_opened(StatesWriter(0), kCell, Holding::kDialogs);
  whole_round();  // in this round the error may still be a change
  whole_round();
  EXPECT_EQ(states_.open_dialogs(kCell), 5U);
  EXPECT_EQ(audit_.figures().corrected, 7U);
}

TEST_F(AffinityAuditTest, PutsRightWhatIsTooLow) {
  make(5, State::kConfirmed);
  whole_round();
  for (int i = 0; i < 9; ++i) states_.note_closed(StatesWriter(0), kCell, Holding::kDialogs);
  EXPECT_EQ(states_.open_dialogs(kCell), 0U);
  whole_round();
  whole_round();
  EXPECT_EQ(states_.open_dialogs(kCell), 5U);
}

TEST_F(AffinityAuditTest, ChangesDuringARoundAreNoErrors) {
  make(100, State::kConfirmed);
  audit_.step(table_->set_count() / 2, now_ms_, ages_);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    auto view = table_->find(i * 0x9e3779b97f4a7c15U, {now_ms_, 0, ages_});
    table_->change(view, State::kEnding, kCell, {now_ms_, 0, ages_}, writer_);
  }
  audit_.step(table_->set_count() / 2, now_ms_, ages_);
  EXPECT_EQ(audit_.figures().corrected, 0U);
  EXPECT_EQ(states_.open_dialogs(kCell), 0U);
}

TEST_F(AffinityAuditTest, StepsGoOnWhereTheLastOneEnded) {
  for (std::size_t i = 0; i < table_->set_count(); ++i) audit_.step(1, now_ms_, ages_);
  EXPECT_EQ(audit_.figures().rounds, 1U);
}

}  // namespace
}  // namespace dialplane::balance
