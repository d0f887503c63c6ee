// SPDX-License-Identifier: Apache-2.0
// Counters with one writer and any number of readers. A worker owns its blocks; control reads them at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace dialplane::stats {

/// One 64-bit count. Thread: add() by its owner only; read() by anyone. Relaxed, so a reader may be a moment behind,
/// but never sees a torn value, and ThreadSanitizer sees no race.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// One value that goes up and down. Thread: as Counter.
class Gauge {
 public:
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Counters named by an enum whose last enumerator is kCount, on cache lines of their own.
template <class Enum>
class alignas(64) CounterBlock {
 public:
  static constexpr std::size_t kSize = static_cast<std::size_t>(Enum::kCount);
  void add(Enum which, std::uint64_t n = 1) noexcept { cells_[static_cast<std::size_t>(which)].add(n); }
  [[nodiscard]] std::uint64_t read(Enum which) const noexcept { return cells_[static_cast<std::size_t>(which)].read(); }

 private:
  std::array<Counter, kSize> cells_{};
};

/// Counters named by a number below N.
template <std::size_t N>
class alignas(64) CounterArray {
 public:
  void add(std::size_t at, std::uint64_t n = 1) noexcept { cells_[at].add(n); }
  [[nodiscard]] std::uint64_t read(std::size_t at) const noexcept { return cells_[at].read(); }
  static constexpr std::size_t kSize = N;

 private:
  std::array<Counter, N> cells_{};
};

}  // namespace dialplane::stats
