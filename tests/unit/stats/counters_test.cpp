// SPDX-License-Identifier: Apache-2.0
// Counters: sums, layout, and one writer beside readers. Test thread and its own std::threads.
#include "dialplane/stats/counters.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace dialplane::stats {
namespace {

enum class Fruit : std::uint8_t { kApple, kPear, kPlum, kCount };

TEST(Counter, StartsAtZeroAndAdds) {
  Counter c;
  EXPECT_EQ(c.read(), 0U);
  c.add();
  c.add(41);
  EXPECT_EQ(c.read(), 42U);
}

TEST(CounterBlock, CountsEachNameAlone) {
  CounterBlock<Fruit> block;
  block.add(Fruit::kPear, 3);
  block.add(Fruit::kPlum);
  EXPECT_EQ(block.read(Fruit::kApple), 0U);
  EXPECT_EQ(block.read(Fruit::kPear), 3U);
  EXPECT_EQ(block.read(Fruit::kPlum), 1U);
  EXPECT_EQ(CounterBlock<Fruit>::kSize, 3U);
}

TEST(CounterBlock, OwnsItsCacheLines) {
  EXPECT_EQ(alignof(CounterBlock<Fruit>), 64U);
  EXPECT_EQ(sizeof(CounterBlock<Fruit>) % 64, 0U);
  EXPECT_EQ(sizeof(CounterArray<9>), 128U);
}

TEST(CounterArray, CountsEachCellAlone) {
  CounterArray<700> codes;
  codes.add(0);
  codes.add(699, 5);
  EXPECT_EQ(codes.read(0), 1U);
  EXPECT_EQ(codes.read(1), 0U);
  EXPECT_EQ(codes.read(699), 5U);
}

TEST(CounterBlock, ReaderSeesGrowingUntornCountsWhileOwnerWrites) {
  constexpr std::uint64_t kRounds = 200'000;
  // Every step carries into the upper half, so a torn read would mix two halves that differ.
  constexpr std::uint64_t kStep = 0x1'0000'0001U;
  CounterBlock<Fruit> block;
  std::atomic<bool> reading{false};
  std::thread owner([&] {
    while (!reading.load()) std::this_thread::yield();
    for (std::uint64_t i = 0; i < kRounds; ++i) block.add(Fruit::kApple, kStep);
  });
  std::uint64_t last = 0;
  std::uint64_t torn = 0;
  std::uint64_t backwards = 0;
  while (last != kRounds * kStep) {
    const std::uint64_t now = block.read(Fruit::kApple);
    torn += (now >> 32) != (now & 0xffffffffU) ? 1 : 0;
    backwards += now < last ? 1 : 0;
    last = now;
    reading.store(true);
  }
  owner.join();
  EXPECT_EQ(torn, 0U);
  EXPECT_EQ(backwards, 0U);
  EXPECT_EQ(block.read(Fruit::kApple), kRounds * kStep);
}

TEST(CounterBlock, BlocksOfSeveralOwnersSumExactly) {
  constexpr std::uint64_t kRounds = 100'000;
  const auto blocks = std::make_unique<std::array<CounterBlock<Fruit>, 4>>();
  std::vector<std::thread> owners;
  for (CounterBlock<Fruit>& block : *blocks) {
    owners.emplace_back([&block] {
      for (std::uint64_t i = 0; i < kRounds; ++i) block.add(Fruit::kPlum);
    });
  }
  for (std::thread& t : owners) t.join();
  std::uint64_t sum = 0;
  for (const CounterBlock<Fruit>& block : *blocks) sum += block.read(Fruit::kPlum);
  EXPECT_EQ(sum, 4 * kRounds);
}

}  // namespace
}  // namespace dialplane::stats
