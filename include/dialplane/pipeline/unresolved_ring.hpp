// SPDX-License-Identifier: Apache-2.0
// Next hops a worker had no MAC address for, on their way to the control thread. One writer, one reader, lossy.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/ids.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace dialplane::pipeline {

class UnresolvedRing {
 public:
  static constexpr std::size_t kCapacity = 64;
  using Entry = std::pair<PortIndex, IpAddress>;

  /// Thread: the worker. A full ring drops the entry: the next packet asks again.
  void push(PortIndex port, const IpAddress& next) noexcept {
    const auto head = head_.load(std::memory_order_relaxed);
    if (head - tail_.load(std::memory_order_acquire) == kCapacity) return;
    entries_[head % kCapacity] = {port, next};
    head_.store(head + 1, std::memory_order_release);
  }
  /// Thread: control.
  std::optional<Entry> pop() noexcept {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_.load(std::memory_order_acquire)) return std::nullopt;
    const Entry entry = entries_[tail % kCapacity];
    tail_.store(tail + 1, std::memory_order_release);
    return entry;
  }

 private:
  std::array<Entry, kCapacity> entries_{};
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace dialplane::pipeline
