// SPDX-License-Identifier: Apache-2.0
// Affinity entries: making, finding, ageing, making way, and many threads at once. Test thread and threads of tests.
#include "dialplane/balance/affinity_table.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

namespace dialplane::balance {
namespace {

using State = AffinityState;
using Outcome = AffinityTable::Outcome;

constexpr BackendCell kA(1);
constexpr BackendCell kB(4095);
constexpr std::uint64_t kStart_ms = 100'000'000;

/// A hash of the first pair of lines with this tag.
constexpr std::uint64_t hash_in_first_set(std::uint64_t tag) { return tag << 32; }

class AffinityTableTest : public testing::Test {
 protected:
  AffinityTable::Moment now() const { return {now_ms_, now_ms_ * 1000, ages_}; }
  AffinityTable::Claim claim(std::uint64_t hash, BackendCell cell, State state = State::kEarly) {
    return table_->claim(hash, cell, state, 5, now(), writer_);
  }
  AffinityTable::View find(std::uint64_t hash) const { return table_->find(hash, now()); }
  void fill_first_set(State state) {
    for (std::uint64_t tag = 1; tag <= 8; ++tag) {
      ASSERT_EQ(claim(hash_in_first_set(tag), kA, state).outcome, Outcome::kMade);
    }
  }

  std::shared_ptr<AffinityTable> table_ = AffinityTable::make(1024);
  BackendStates states_{1};
  AffinityTable::Writer writer_{states_, StatesWriter(0)};
  AffinityAges ages_{{200, 3600, 600}};
  std::uint64_t now_ms_ = kStart_ms;
};

TEST_F(AffinityTableTest, RoundsItsSizeUp) {
  EXPECT_EQ(AffinityTable::make(1)->size(), 1024U);
  EXPECT_EQ(AffinityTable::make(1025)->size(), 2048U);
  EXPECT_EQ(AffinityTable::make(2048)->set_count(), 256U);
}

TEST_F(AffinityTableTest, FindsWhatWasMade) {
  const auto made = claim(77, kB);
  EXPECT_EQ(made.outcome, Outcome::kMade);
  const auto view = find(77);
  ASSERT_TRUE(view);
  EXPECT_EQ(view.cell(), kB);
  EXPECT_EQ(view.state(), State::kEarly);
  EXPECT_TRUE(view.is_transaction(5));
  EXPECT_FALSE(view.is_transaction(6));
  EXPECT_FALSE(find(78));
  EXPECT_FALSE(find(77 | std::uint64_t{1} << 32));
}

TEST_F(AffinityTableTest, SecondClaimAdoptsTheFirst) {
  claim(77, kA);
  const auto second = claim(77, kB);
  EXPECT_EQ(second.outcome, Outcome::kAdopted);
  EXPECT_EQ(second.view.cell(), kA);
}

TEST_F(AffinityTableTest, ChangesStateAndBackendTogether) {
  auto view = claim(77, kA).view;
  ASSERT_TRUE(table_->change(view, State::kAnswered, kB, now(), writer_));
  EXPECT_EQ(find(77).state(), State::kAnswered);
  EXPECT_EQ(find(77).cell(), kB);
}

TEST_F(AffinityTableTest, ChangeByAnotherIsSeenAndNotOverwritten) {
  auto mine = claim(77, kA).view;
  auto other = find(77);
  ASSERT_TRUE(table_->change(other, State::kRinging, kA, now(), writer_));
  EXPECT_FALSE(table_->change(mine, State::kDouble, kB, now(), writer_));
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine.state(), State::kRinging);
  EXPECT_EQ(find(77).cell(), kA);
}

TEST_F(AffinityTableTest, NoteKeepsTransactionTimeAndOtherBackend) {
  auto view = claim(77, kA).view;
  table_->note(view, 9, 5'000'000, kB);
  const auto found = find(77);
  EXPECT_TRUE(found.is_transaction(9));
  EXPECT_EQ(found.other_cell(), kB);
  EXPECT_EQ(found.since_first_us(5'700'000), 700'000U);
}

TEST_F(AffinityTableTest, EachStateLivesAsLongAsItIsTold) {
  struct Row {
    State state;
    std::uint64_t seconds;
  };
  for (const auto& row : {Row{State::kTransaction, 32}, Row{State::kBound, 180}, Row{State::kEarly, 200},
                          Row{State::kConfirmed, 3600}, Row{State::kEnding, 32}, Row{State::kRegistered, 600}}) {
    const auto hash = hash_in_first_set(1000 + static_cast<std::uint64_t>(row.state));
    now_ms_ = kStart_ms;
    claim(hash, kA, row.state);
    now_ms_ = kStart_ms + row.seconds * 1000;
    EXPECT_TRUE(find(hash)) << row.seconds;
    now_ms_ = kStart_ms + row.seconds * 1000 + 9000;
    EXPECT_FALSE(find(hash)) << row.seconds;
  }
}

TEST_F(AffinityTableTest, TouchBeginsTheAgeAnew) {
  auto view = claim(77, kA).view;
  now_ms_ += 150'000;
  table_->touch(view, now());
  now_ms_ += 150'000;
  EXPECT_TRUE(find(77));
}

TEST_F(AffinityTableTest, AgesAcrossTheWrapOfTheClock) {
  // 65 536 ticks of 4.096 s.
  now_ms_ = (std::uint64_t{65'536} << 12) - 1000;
  claim(77, kA);
  now_ms_ += 100'000;
  EXPECT_TRUE(find(77));
  now_ms_ += 200'000;
  EXPECT_FALSE(find(77));
}

TEST_F(AffinityTableTest, AnEntryOfATickAheadIsYoung) {
  now_ms_ += 5000;
  claim(77, kA);
  now_ms_ -= 5000;
  EXPECT_TRUE(find(77));
}

TEST_F(AffinityTableTest, AnOldEntryMakesWayAndItsCountGoes) {
  fill_first_set(State::kEarly);
  EXPECT_EQ(states_.open_dialogs(kA), 8U);
  now_ms_ += 210'000;
  const auto made = claim(hash_in_first_set(9), kB);
  EXPECT_EQ(made.outcome, Outcome::kMade);
  EXPECT_FALSE(made.evicted);
  EXPECT_EQ(states_.open_dialogs(kA), 7U);
  EXPECT_EQ(states_.open_dialogs(kB), 1U);
}

TEST_F(AffinityTableTest, CallsBeingSetUpAreNeverEvicted) {
  for (const auto state : {State::kBound, State::kEarly, State::kRinging, State::kDouble, State::kAnswered,
                           State::kClosing, State::kEnding, State::kDoubleEnding, State::kRegistering}) {
    table_ = AffinityTable::make(1024);
    fill_first_set(state);
    EXPECT_EQ(claim(hash_in_first_set(9), kB).outcome, Outcome::kFull) << static_cast<int>(state);
    for (std::uint64_t tag = 1; tag <= 8; ++tag) EXPECT_TRUE(find(hash_in_first_set(tag)));
  }
}

TEST_F(AffinityTableTest, TheCheapestAndOldestIsEvictedFirst) {
  fill_first_set(State::kConfirmed);
  for (const std::uint64_t tag : {3, 5}) {
    auto view = find(hash_in_first_set(tag));
    now_ms_ += 8000;
    ASSERT_TRUE(table_->change(view, State::kRegistered, kA, now(), writer_));
  }
  EXPECT_TRUE(claim(hash_in_first_set(9), kB).evicted);
  EXPECT_FALSE(find(hash_in_first_set(3)));
  EXPECT_TRUE(claim(hash_in_first_set(10), kB).evicted);
  EXPECT_FALSE(find(hash_in_first_set(5)));
  EXPECT_TRUE(find(hash_in_first_set(1)));
}

TEST_F(AffinityTableTest, CountsFollowTheStates) {
  auto view = claim(77, kA).view;
  EXPECT_EQ(states_.open_dialogs(kA), 1U);
  EXPECT_EQ(states_.pending(kA), 1U);
  table_->change(view, State::kRinging, kA, now(), writer_);
  EXPECT_EQ(states_.pending(kA), 0U);
  table_->change(view, State::kAnswered, kB, now(), writer_);
  EXPECT_EQ(states_.open_dialogs(kA), 0U);
  EXPECT_EQ(states_.open_dialogs(kB), 1U);
  table_->change(view, State::kEnding, kB, now(), writer_);
  EXPECT_EQ(states_.open_dialogs(kB), 0U);
  auto registration = claim(78, kA, State::kRegistering).view;
  EXPECT_EQ(states_.open_registrations(kA), 0U);
  table_->change(registration, State::kRegistered, kA, now(), writer_);
  EXPECT_EQ(states_.open_registrations(kA), 1U);
}

TEST_F(AffinityTableTest, AnExpiredEntryOfTheSameHashDoesNotStandInTheWay) {
  fill_first_set(State::kConfirmed);
  auto last = find(hash_in_first_set(8));
  table_->change(last, State::kEnding, kA, now(), writer_);
  auto first = find(hash_in_first_set(1));
  table_->change(first, State::kEnding, kA, now(), writer_);
  now_ms_ += 60'000;
  // The place of tag 1 is free first, and the old entry of tag 8 is still there.
  EXPECT_EQ(claim(hash_in_first_set(8), kB).outcome, Outcome::kMade);
  EXPECT_EQ(find(hash_in_first_set(8)).cell(), kB);
}

TEST(AffinityTableRace, OfManyClaimsOneWins) {
  constexpr std::uint16_t kThreads = 4;
  constexpr std::uint64_t kHashes = 20'000;
  const auto table = AffinityTable::make(65'536);
  BackendStates states(kThreads);
  const AffinityAges ages;
  std::vector<std::array<std::uint16_t, kThreads>> chosen(kHashes);
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (std::uint16_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const AffinityTable::Writer writer{states, StatesWriter(t)};
      const AffinityTable::Moment when{kStart_ms, 0, ages};
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      for (std::uint64_t i = 0; i < kHashes; ++i) {
        const auto hash = (i + 1) * 0x9e3779b97f4a7c15U;
        const auto claim = table->claim(hash, BackendCell(t), State::kEarly, 1, when, writer);
        chosen[i][t] = claim.view ? claim.view.cell().value : kNoIndex;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::uint64_t open = 0;
  for (std::uint16_t t = 0; t < kThreads; ++t) open += states.open_dialogs(BackendCell(t));
  EXPECT_EQ(open, kHashes);
  for (const auto& row : chosen) {
    for (const auto cell : row) ASSERT_EQ(cell, row[0]);
    ASSERT_NE(row[0], kNoIndex);
  }
}

TEST(AffinityTableRace, CountsAreExactWhenEntriesComeAndGo) {
  constexpr std::uint16_t kThreads = 4;
  constexpr int kRounds = 40'000;
  const auto table = AffinityTable::make(1024);
  BackendStates states(kThreads);
  const AffinityAges ages;
  std::vector<std::thread> threads;
  for (std::uint16_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const AffinityTable::Writer writer{states, StatesWriter(t)};
      std::mt19937_64 random(t);
      for (int i = 0; i < kRounds; ++i) {
        // 64 hashes in four sets: places are short, and claims meet expired, evicted and freed entries all the time.
        const auto which = random() % 64;
        const auto hash = (which + 1) << 32 | which % 4 * 8;
        const AffinityTable::Moment when{kStart_ms + static_cast<std::uint64_t>(i) * 20, 0, ages};
        auto claim = table->claim(hash, BackendCell(t), State::kEarly, 1, when, writer);
        if (!claim.view) continue;
        const auto state = random() % 3 == 0 ? State::kConfirmed : State::kEnding;
        table->change(claim.view, state, BackendCell(t), when, writer);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::uint64_t found = 0;
  const AffinityTable::Writer writer{states, states.control_writer()};
  const AffinityTable::Moment when{kStart_ms + kRounds * 20, 0, ages};
  for (std::size_t set = 0; set < table->set_count(); ++set) {
    table->sweep(set, when, writer, [&](State state, BackendCell) {
      found += AffinityTable::counts_as(state, Holding::kDialogs) ? 1 : 0;
    });
  }
  std::int64_t open = 0;
  for (std::uint16_t t = 0; t < kThreads; ++t) open += states.level(BackendCell(t), Holding::kDialogs);
  EXPECT_EQ(open, static_cast<std::int64_t>(found));
}

}  // namespace
}  // namespace dialplane::balance
