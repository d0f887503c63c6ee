// SPDX-License-Identifier: Apache-2.0
// Publication and reclamation of snapshots. Control thread, except where the header says worker.
//
// A snapshot may be freed when every running worker has acknowledged a later generation: a worker's acknowledgement is
// a release store after its last read, so the acquire load here orders the free after it.
#include "dialplane/snapshot/publisher.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace dialplane::snapshot {
namespace {

constexpr long kPollNs = 100'000;

void short_sleep() noexcept {
  const timespec pause{0, kPollNs};
  nanosleep(&pause, nullptr);
}

}  // namespace

Publisher::Publisher(std::size_t worker_count) noexcept : worker_count_(std::min(worker_count, kMaxWorkers)) {}
Publisher::~Publisher() = default;

std::uint64_t Publisher::publish(std::unique_ptr<Snapshot> next) {
  next->generation = ++generation_;
  held_.push_back(std::move(next));
  // Sequentially consistent with set_running(): a worker that this thread still sees stopped will take this snapshot or
  // a later one, never one that reclaim() frees.
  current_.store(held_.back().get(), std::memory_order_seq_cst);
  reclaim();
  return generation_;
}

std::vector<WorkerIndex> Publisher::wait(std::uint64_t generation, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::vector<WorkerIndex> behind;
  for (;;) {
    // The clock is read first: every worker is looked at once more after the time is up.
    const bool is_over = std::chrono::steady_clock::now() >= deadline;
    behind.clear();
    for (std::size_t i = 0; i < worker_count_; ++i) {
      const Cell& cell = acknowledged_[i];
      const bool holds =
          cell.running.load(std::memory_order_seq_cst) && cell.value.load(std::memory_order_acquire) < generation;
      if (holds) behind.emplace_back(static_cast<std::uint16_t>(i));
    }
    if (behind.empty() || is_over) break;
    short_sleep();
  }
  reclaim();
  return behind;
}

void Publisher::reclaim() {
  std::uint64_t oldest_needed = generation_;
  for (std::size_t i = 0; i < worker_count_; ++i) {
    const Cell& cell = acknowledged_[i];
    if (!cell.running.load(std::memory_order_seq_cst)) continue;
    oldest_needed = std::min(oldest_needed, cell.value.load(std::memory_order_acquire));
  }
  std::erase_if(held_, [&](const std::unique_ptr<Snapshot>& held) { return held->generation < oldest_needed; });
}

std::uint64_t Publisher::acknowledged(WorkerIndex worker) const noexcept {
  return acknowledged_[worker.value].value.load(std::memory_order_acquire);
}

void Publisher::set_running(WorkerIndex worker, bool running) noexcept {
  acknowledged_[worker.value].running.store(running, std::memory_order_seq_cst);
  // After this load the calling thread cannot see an older snapshot than the one that was current when it started.
  static_cast<void>(current_.load(std::memory_order_seq_cst));
}

}  // namespace dialplane::snapshot
