// SPDX-License-Identifier: Apache-2.0
// The one road by which change reaches workers: publish a snapshot, learn who has it, reclaim the old one.
#pragma once

#include "dialplane/base/ids.hpp"
#include "dialplane/snapshot/snapshot.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace dialplane::snapshot {

/// Thread: current() and acknowledge() by workers; everything else by the control thread only.
class Publisher {
 public:
  explicit Publisher(std::size_t worker_count) noexcept;
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// Makes `next` current and gives it the next generation, which is returned. Old snapshots are kept until every
  /// worker has acknowledged a later one.
  std::uint64_t publish(std::unique_ptr<Snapshot> next);

  /// Waits until every running worker has acknowledged `generation`, then frees what nobody reads.
  /// Returns the workers that had not when `timeout` ended; empty: all did.
  std::vector<WorkerIndex> wait(std::uint64_t generation, std::chrono::milliseconds timeout);
  /// Frees snapshots that every running worker has left; never waits.
  void reclaim();

  /// The control thread's own view; never nullptr after the first publish().
  [[nodiscard]] const Snapshot* latest() const noexcept { return current_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t acknowledged(WorkerIndex worker) const noexcept;
  /// Snapshots still held, the current one included.
  [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }

  /// A worker takes the current snapshot once at the start of each burst and uses no other until the next.
  [[nodiscard]] const Snapshot* current() const noexcept { return current_.load(std::memory_order_acquire); }
  /// A worker says at the end of a burst (or of an idle poll) that it uses nothing older than `generation` any more.
  void acknowledge(WorkerIndex worker, std::uint64_t generation) noexcept {
    acknowledged_[worker.value].value.store(generation, std::memory_order_release);
  }
  /// A worker that has not started or has ended holds nothing back.
  void set_running(WorkerIndex worker, bool running) noexcept;

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> value{0};
    std::atomic<bool> running{false};
  };
  std::atomic<const Snapshot*> current_{nullptr};
  std::array<Cell, kMaxWorkers> acknowledged_{};
  std::size_t worker_count_;
  std::uint64_t generation_ = 0;
  std::vector<std::unique_ptr<Snapshot>> held_;
};

}  // namespace dialplane::snapshot
