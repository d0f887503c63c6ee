// SPDX-License-Identifier: Apache-2.0
// What a worker does when its queues are empty. Runs on workers.
#pragma once

#include "dialplane/config/config.hpp"

#include <rte_pause.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cstdint>

namespace dialplane::dpdk {

/// Waits longer the longer nothing came, as far as the mode allows. A worker that shares its CPU gives it away
/// early, in every mode: its neighbours could not run otherwise.
class Idler {
 public:
  Idler(config::Idle mode, bool shares_cpu) noexcept : mode_(mode), shares_cpu_(shares_cpu) {}

  /// Call after a loop that found something.
  void found_work() noexcept {
    empty_ = 0;
    if (shares_cpu_ && ++busy_ % kBusyShare == 0) sched_yield();
  }

  /// Call after a loop that found nothing.
  void wait() noexcept {
    if (empty_ < kLongIdle) ++empty_;
    if (mode_ == config::Idle::kSleep && empty_ == kLongIdle) return nap();
    if (shares_cpu_ && empty_ >= kShortIdle) {
      sched_yield();
      return;
    }
    if (mode_ == config::Idle::kPoll || empty_ < kShortIdle) return;
    const std::uint32_t pauses = std::min<std::uint32_t>(empty_ / kShortIdle, kMostPauses);
    for (std::uint32_t i = 0; i < pauses; ++i) rte_pause();
  }

 private:
  // A full queue of 2,048 frames lasts longer than this at two million frames a second.
  static void nap() noexcept {
    const timespec length{0, 200'000};
    nanosleep(&length, nullptr);
  }

  static constexpr std::uint32_t kShortIdle = 32;   ///< loops until the first pause
  static constexpr std::uint32_t kLongIdle = 4096;  ///< loops until the first sleep
  static constexpr std::uint32_t kMostPauses = 32;
  // Frames handed to a neighbour on this CPU wait until it runs: 8 bursts of 32 are well below its ring of 1,024.
  static constexpr std::uint32_t kBusyShare = 8;

  config::Idle mode_;
  bool shares_cpu_;
  std::uint32_t empty_ = 0;
  std::uint32_t busy_ = 0;
};

}  // namespace dialplane::dpdk
