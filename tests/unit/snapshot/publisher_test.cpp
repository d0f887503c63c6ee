// SPDX-License-Identifier: Apache-2.0
// Publication, acknowledgement and reclamation, with real threads in the place of workers.
#include "dialplane/snapshot/publisher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace dialplane::snapshot {
namespace {

using namespace std::chrono_literals;

constexpr WorkerIndex kFirst{0};
constexpr WorkerIndex kSecond{1};

/// A snapshot whose content can be checked against itself: as many listeners as `mark` says, each named by it.
std::unique_ptr<Snapshot> marked(std::uint64_t mark) {
  auto snapshot = std::make_unique<Snapshot>();
  snapshot->config_generation = mark;
  snapshot->listeners.resize(1 + mark % 5);
  for (Listener& listener : snapshot->listeners) listener.name = "listener of snapshot " + std::to_string(mark);
  return snapshot;
}

bool is_intact(const Snapshot& snapshot) {
  const std::uint64_t mark = snapshot.config_generation;
  if (snapshot.listeners.size() != 1 + mark % 5) return false;
  for (const Listener& listener : snapshot.listeners) {
    if (listener.name != "listener of snapshot " + std::to_string(mark)) return false;
  }
  return snapshot.generation == mark;
}

TEST(Publisher, HasNothingAtFirst) {
  const Publisher publisher(2);
  EXPECT_EQ(publisher.current(), nullptr);
  EXPECT_EQ(publisher.held(), 0u);
}

TEST(Publisher, CountsGenerationsFromOne) {
  Publisher publisher(1);
  EXPECT_EQ(publisher.publish(marked(1)), 1u);
  EXPECT_EQ(publisher.publish(marked(2)), 2u);
  EXPECT_EQ(publisher.current()->generation, 2u);
  EXPECT_EQ(publisher.latest(), publisher.current());
}

TEST(Publisher, KeepsOnlyTheCurrentOneWhileNoWorkerRuns) {
  Publisher publisher(2);
  publisher.publish(marked(1));
  publisher.publish(marked(2));
  EXPECT_EQ(publisher.held(), 1u);
}

TEST(Publisher, KeepsWhatARunningWorkerMayRead) {
  Publisher publisher(1);
  publisher.publish(marked(1));
  publisher.set_running(kFirst, true);
  const Snapshot* taken = publisher.current();
  publisher.publish(marked(2));
  publisher.publish(marked(3));
  EXPECT_EQ(publisher.held(), 3u);
  EXPECT_TRUE(is_intact(*taken));
  publisher.acknowledge(kFirst, 2);
  publisher.reclaim();
  EXPECT_EQ(publisher.held(), 2u);
  publisher.acknowledge(kFirst, 3);
  publisher.reclaim();
  EXPECT_EQ(publisher.held(), 1u);
}

TEST(Publisher, WaitReturnsAtOnceWhenAllHaveAcknowledged) {
  Publisher publisher(2);
  publisher.set_running(kFirst, true);
  publisher.set_running(kSecond, true);
  const auto generation = publisher.publish(marked(1));
  publisher.acknowledge(kFirst, generation);
  publisher.acknowledge(kSecond, generation);
  EXPECT_TRUE(publisher.wait(generation, 0ms).empty());
  EXPECT_EQ(publisher.acknowledged(kSecond), generation);
}

TEST(Publisher, StuckWorkerIsNamed) {
  Publisher publisher(2);
  publisher.set_running(kFirst, true);
  publisher.set_running(kSecond, true);
  const auto generation = publisher.publish(marked(1));
  publisher.acknowledge(kFirst, generation);
  EXPECT_EQ(publisher.wait(generation, 5ms), std::vector<WorkerIndex>{kSecond});
}

TEST(Publisher, StuckWorkerKeepsOldSnapshotsAlive) {
  Publisher publisher(1);
  publisher.publish(marked(1));
  publisher.set_running(kFirst, true);
  publisher.acknowledge(kFirst, 1);
  const Snapshot* taken = publisher.current();
  const auto generation = publisher.publish(marked(2));
  EXPECT_EQ(publisher.wait(generation, 1ms).size(), 1u);
  EXPECT_TRUE(is_intact(*taken));
}

TEST(Publisher, WorkerThatEndedHoldsNothingBack) {
  Publisher publisher(1);
  publisher.publish(marked(1));
  publisher.set_running(kFirst, true);
  const auto generation = publisher.publish(marked(2));
  publisher.set_running(kFirst, false);
  EXPECT_TRUE(publisher.wait(generation, 0ms).empty());
  EXPECT_EQ(publisher.held(), 1u);
}

TEST(Publisher, WaitEndsWhenTheLastWorkerAcknowledges) {
  Publisher publisher(1);
  publisher.set_running(kFirst, true);
  const auto generation = publisher.publish(marked(1));
  std::thread worker([&] { publisher.acknowledge(kFirst, publisher.current()->generation); });
  EXPECT_TRUE(publisher.wait(generation, 10s).empty());
  worker.join();
}

TEST(Publisher, ReadersNeverSeeAFreedOrHalfSnapshotWhileManyArePublished) {
  constexpr std::size_t kReaders = 3;
  constexpr std::uint64_t kPublications = 2000;
  Publisher publisher(kReaders);
  publisher.publish(marked(1));
  std::atomic<bool> is_over{false};
  std::atomic<std::uint64_t> broken{0};
  std::atomic<std::uint64_t> went_back{0};
  std::atomic<std::size_t> started{0};
  std::atomic<std::uint64_t> taken{0};
  std::vector<std::thread> readers;
  for (std::uint16_t i = 0; i < kReaders; ++i) {
    readers.emplace_back([&, self = WorkerIndex{i}] {
      publisher.set_running(self, true);
      ++started;
      std::uint64_t last = 0;
      while (!is_over.load(std::memory_order_relaxed)) {
        const Snapshot* snapshot = publisher.current();
        broken += is_intact(*snapshot) ? 0 : 1;
        went_back += snapshot->generation < last ? 1 : 0;
        taken += snapshot->generation != last ? 1 : 0;
        last = snapshot->generation;
        publisher.acknowledge(self, last);
      }
      publisher.set_running(self, false);
    });
  }
  while (started < kReaders) std::this_thread::yield();
  std::size_t most_held = 0;
  for (std::uint64_t mark = 2; mark <= kPublications; ++mark) {
    const auto generation = publisher.publish(marked(mark));
    EXPECT_EQ(generation, mark);
    if (mark % 100 == 0) {
      EXPECT_TRUE(publisher.wait(generation, 10s).empty());
    }
    most_held = std::max(most_held, publisher.held());
  }
  EXPECT_TRUE(publisher.wait(kPublications, 10s).empty());
  EXPECT_EQ(publisher.held(), 1u);
  is_over = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(broken.load(), 0u);
  EXPECT_EQ(went_back.load(), 0u);
  EXPECT_LE(most_held, 101u);
  // At least one for each wait() of each reader, or nothing was tried.
  EXPECT_GE(taken.load(), kReaders * kPublications / 100);
}

}  // namespace
}  // namespace dialplane::snapshot
