// SPDX-License-Identifier: Apache-2.0
// What is known of each backend at run time and outlives snapshots: what it holds, how it answers, when it was last
// heard. One object a process; workers write their own cells, the control thread its own, anyone reads.
#pragma once

#include "dialplane/base/ids.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace dialplane::balance {

/// What a backend can hold and the affinity table counts.
enum class Holding : std::uint8_t {
  kDialogs,        ///< dialogs and subscriptions, being set up or open
  kRegistrations,  ///< registrations and publications
  kPending,        ///< of both: those whose request has had no response of any kind yet
  kCount,
};

/// One of the writers of BackendStates: a worker, or the control thread, which comes after the last worker.
using StatesWriter = StrongId<struct StatesWriterTag, std::uint16_t>;

/// Thread: readers any; of the writers each `note_` function says which. Cost: a reader that adds up workers reads one
/// or two cache lines of each.
class BackendStates {
 public:
  /// For `workers` workers and the control thread; every cell starts empty.
  explicit BackendStates(std::size_t workers);

  [[nodiscard]] StatesWriter writer(WorkerIndex worker) const noexcept { return StatesWriter(worker.value); }
  [[nodiscard]] StatesWriter control_writer() const noexcept {
    return StatesWriter(static_cast<std::uint16_t>(shards_.size() - 1));
  }

  /// Dialogs, registrations or unanswered requests of the backend. Never below 0.
  [[nodiscard]] std::uint64_t holds(BackendCell cell, Holding what) const noexcept {
    const auto held = level(cell, what);
    return held > 0 ? static_cast<std::uint64_t>(held) : 0;
  }
  /// The same as it is counted, below 0 if more ended than began: what an audit looks at.
  [[nodiscard]] std::int64_t level(BackendCell cell, Holding what) const noexcept;
  [[nodiscard]] std::uint64_t open_dialogs(BackendCell cell) const noexcept { return holds(cell, Holding::kDialogs); }
  [[nodiscard]] std::uint64_t open_registrations(BackendCell cell) const noexcept {
    return holds(cell, Holding::kRegistrations);
  }
  [[nodiscard]] std::uint64_t pending(BackendCell cell) const noexcept { return holds(cell, Holding::kPending); }
  /// How often something of this kind began or ended; only grows. Its growth bounds how far a recount may be off.
  [[nodiscard]] std::uint64_t changes(BackendCell cell, Holding what) const noexcept;

  /// Time from the first copy of a request to the first response, averaged with more weight on the last ones, over the
  /// workers that have had a response in the last ten seconds before the latest. Units: µs; 0: none yet.
  [[nodiscard]] std::uint32_t latency_us(BackendCell cell) const noexcept;
  /// When anything last came from the backend, a response to a probe included. Units: WorkerContext::now_ms; 0: never.
  [[nodiscard]] std::uint64_t heard_ms(BackendCell cell) const noexcept {
    return shared_[cell.value].heard_ms.load(std::memory_order_relaxed);
  }
  /// When a probe last went to it. Units: as heard_ms(); 0: never.
  [[nodiscard]] std::uint64_t probed_ms(BackendCell cell) const noexcept {
    return shared_[cell.value].probed_ms.load(std::memory_order_relaxed);
  }
  /// Messages that went to the backend since it was last heard; probes not included.
  [[nodiscard]] std::uint64_t sent_since_heard(BackendCell cell) const noexcept;
  /// Share of its responses that answer requests of this node, over the last few hundred; 1 when none has come.
  [[nodiscard]] double own_response_ratio(BackendCell cell) const noexcept;
  /// True once a response has come and was taken into the ratio.
  [[nodiscard]] bool own_response_ratio_known(BackendCell cell) const noexcept {
    return shared_[cell.value].own_share.load(std::memory_order_relaxed) != kNoOwnShare;
  }
  /// Requests to the backend that this node had sent before.
  [[nodiscard]] std::uint64_t retransmissions(BackendCell cell) const noexcept;
  /// Responses of a class, 1 to 6, to whichever node's requests.
  [[nodiscard]] std::uint64_t responses(BackendCell cell, unsigned status_class) const noexcept;
  [[nodiscard]] std::uint64_t foreign_responses(BackendCell cell) const noexcept;

  /// Thread: the writer's own.
  void note_opened(StatesWriter by, BackendCell cell, Holding what) noexcept {
    bump(shard(by, cell).opened[static_cast<std::size_t>(what)], 1);
  }
  void note_closed(StatesWriter by, BackendCell cell, Holding what) noexcept {
    bump(shard(by, cell).closed[static_cast<std::size_t>(what)], 1);
  }
  /// Takes what an audit found wrong out of the count; `surplus` may be negative.
  void correct(StatesWriter by, BackendCell cell, Holding what, std::int64_t surplus) noexcept;
  /// A message goes to the backend. Thread: the writer's own.
  void note_sent(StatesWriter by, BackendCell cell) noexcept;
  /// A request that had been sent before goes to it again. Thread: the writer's own.
  void note_retransmission(StatesWriter by, BackendCell cell) noexcept { bump(shard(by, cell).retransmissions, 1); }
  /// A response came from it; `own`: this node had sent the request. Thread: the writer's own.
  void note_response(StatesWriter by, BackendCell cell, unsigned status_class, bool own) noexcept;
  /// The first response to a request came after this time. Thread: the writer's own.
  void note_latency(StatesWriter by, BackendCell cell, std::uint32_t took_us, std::uint64_t now_ms) noexcept;
  /// Anything came from it. Thread: any.
  void note_heard(BackendCell cell, std::uint64_t now_ms) noexcept {
    auto& heard = shared_[cell.value].heard_ms;
    if (heard.load(std::memory_order_relaxed) < now_ms) heard.store(now_ms, std::memory_order_relaxed);
  }
  /// A probe went to it. Thread: control.
  void note_probe_sent(BackendCell cell, std::uint64_t now_ms) noexcept {
    shared_[cell.value].probed_ms.store(now_ms, std::memory_order_relaxed);
  }
  /// Renews own_response_ratio() from what came since the last call; to be called about once a second. Thread: control.
  void renew_ratios() noexcept;

 private:
  using Cell64 = std::atomic<std::uint64_t>;
  static constexpr std::size_t kHoldings = static_cast<std::size_t>(Holding::kCount);
  static constexpr std::size_t kClasses = 6;
  static constexpr std::uint32_t kNoOwnShare = 0;

  /// What one writer knows of one backend. The first line changes with requests, the second with responses.
  struct alignas(64) Shard {
    std::array<Cell64, kHoldings> opened{};
    std::array<Cell64, kHoldings> closed{};
    std::atomic<std::uint32_t> unheard{0};        ///< sent since the backend was heard …
    std::atomic<std::uint32_t> unheard_since{0};  ///< … at this time, its low bits
    std::atomic<std::uint32_t> latency_us{0};
    std::atomic<std::uint32_t> latency_at_s{0};
    std::array<Cell64, kClasses> classes{};
    Cell64 foreign{0};
    Cell64 retransmissions{0};
  };
  /// What all writers share; written only when it changes.
  struct alignas(64) Shared {
    Cell64 heard_ms{0};
    Cell64 probed_ms{0};
    std::atomic<std::uint32_t> own_share{kNoOwnShare};  ///< 1 + share × 65 535; kNoOwnShare: unknown
  };
  /// The control thread's memory between two renew_ratios().
  struct Window {
    std::uint64_t all = 0;
    std::uint64_t foreign = 0;
    double own_share = 1;
    double samples = 0;
  };

  static void bump(Cell64& cell, std::uint64_t n) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] Shard& shard(StatesWriter by, BackendCell cell) noexcept { return shards_[by.value][cell.value]; }
  template <class Read>
  [[nodiscard]] std::uint64_t sum(BackendCell cell, Read read) const noexcept {
    std::uint64_t total = 0;
    for (const auto& shard : shards_) total += read(shard[cell.value]);
    return total;
  }

  std::vector<std::unique_ptr<Shard[]>> shards_;  ///< a writer's cells; the control thread's last
  std::unique_ptr<Shared[]> shared_;
  std::unique_ptr<Window[]> windows_;
};

}  // namespace dialplane::balance
