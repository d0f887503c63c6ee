// SPDX-License-Identifier: Apache-2.0
// Writing and adding up what is known of backends. Workers and the control thread.
#include "dialplane/balance/backend_states.hpp"

#include <algorithm>

namespace dialplane::balance {
namespace {

/// A new latency counts for one part in this many.
constexpr std::uint64_t kLatencyParts = 8;
/// Workers whose last response is this much older than the newest no longer count.
constexpr std::uint32_t kLatencyHorizon_s = 10;
/// Responses over which the share of own ones is taken.
constexpr double kRatioWindow = 256;
constexpr double kFullShare = 65535;

}  // namespace

BackendStates::BackendStates(std::size_t workers)
    : shared_(std::make_unique<Shared[]>(kMaxBackendCells)), windows_(std::make_unique<Window[]>(kMaxBackendCells)) {
  for (std::size_t i = 0; i <= workers; ++i) shards_.push_back(std::make_unique<Shard[]>(kMaxBackendCells));
}

std::int64_t BackendStates::level(BackendCell cell, Holding what) const noexcept {
  const auto at = static_cast<std::size_t>(what);
  // Ends first: what ends between the two sums then looks open a moment longer, never the other way round.
  const auto closed = sum(cell, [&](const Shard& s) { return s.closed[at].load(std::memory_order_relaxed); });
  const auto opened = sum(cell, [&](const Shard& s) { return s.opened[at].load(std::memory_order_relaxed); });
  return static_cast<std::int64_t>(opened - closed);
}

std::uint64_t BackendStates::changes(BackendCell cell, Holding what) const noexcept {
  const auto at = static_cast<std::size_t>(what);
  return sum(cell, [&](const Shard& s) {
    return s.opened[at].load(std::memory_order_relaxed) + s.closed[at].load(std::memory_order_relaxed);
  });
}

std::uint32_t BackendStates::latency_us(BackendCell cell) const noexcept {
  std::uint32_t newest_s = 0;
  for (const auto& of : shards_) {
    newest_s = std::max(newest_s, of[cell.value].latency_at_s.load(std::memory_order_relaxed));
  }
  std::uint64_t total = 0;
  std::uint64_t count = 0;
  for (const auto& of : shards_) {
    const auto at_s = of[cell.value].latency_at_s.load(std::memory_order_relaxed);
    const auto latency = of[cell.value].latency_us.load(std::memory_order_relaxed);
    if (latency == 0 || newest_s - std::min(newest_s, at_s) > kLatencyHorizon_s) continue;
    total += latency;
    ++count;
  }
  return count == 0 ? 0 : static_cast<std::uint32_t>(total / count);
}

std::uint64_t BackendStates::sent_since_heard(BackendCell cell) const noexcept {
  const auto heard = static_cast<std::uint32_t>(heard_ms(cell));
  return sum(cell, [&](const Shard& s) -> std::uint64_t {
    if (s.unheard_since.load(std::memory_order_relaxed) != heard) return 0;
    return s.unheard.load(std::memory_order_relaxed);
  });
}

double BackendStates::own_response_ratio(BackendCell cell) const noexcept {
  const auto share = shared_[cell.value].own_share.load(std::memory_order_relaxed);
  return share == kNoOwnShare ? 1.0 : (share - 1) / kFullShare;
}

std::uint64_t BackendStates::retransmissions(BackendCell cell) const noexcept {
  return sum(cell, [](const Shard& s) { return s.retransmissions.load(std::memory_order_relaxed); });
}

std::uint64_t BackendStates::responses(BackendCell cell, unsigned status_class) const noexcept {
  return sum(cell, [&](const Shard& s) { return s.classes[status_class - 1].load(std::memory_order_relaxed); });
}

std::uint64_t BackendStates::foreign_responses(BackendCell cell) const noexcept {
  return sum(cell, [](const Shard& s) { return s.foreign.load(std::memory_order_relaxed); });
}

void BackendStates::correct(StatesWriter by, BackendCell cell, Holding what, std::int64_t surplus) noexcept {
  auto& own = shard(by, cell);
  const auto at = static_cast<std::size_t>(what);
  if (surplus > 0) return bump(own.closed[at], static_cast<std::uint64_t>(surplus));
  bump(own.opened[at], static_cast<std::uint64_t>(-surplus));
}

void BackendStates::note_sent(StatesWriter by, BackendCell cell) noexcept {
  auto& own = shard(by, cell);
  const auto heard = static_cast<std::uint32_t>(heard_ms(cell));
  const bool is_same = own.unheard_since.load(std::memory_order_relaxed) == heard;
  own.unheard.store(is_same ? own.unheard.load(std::memory_order_relaxed) + 1 : 1, std::memory_order_relaxed);
  if (!is_same) own.unheard_since.store(heard, std::memory_order_relaxed);
}

void BackendStates::note_response(StatesWriter by, BackendCell cell, unsigned status_class, bool own) noexcept {
  auto& cells = shard(by, cell);
  bump(cells.classes[status_class - 1], 1);
  if (!own) bump(cells.foreign, 1);
}

void BackendStates::note_latency(StatesWriter by, BackendCell cell, std::uint32_t took_us,
                                 std::uint64_t now_ms) noexcept {
  auto& own = shard(by, cell);
  const auto old = own.latency_us.load(std::memory_order_relaxed);
  const auto average = static_cast<std::uint32_t>((old * (kLatencyParts - 1) + took_us) / kLatencyParts);
  // 0 means that there was none.
  own.latency_us.store(std::max(old == 0 ? took_us : average, 1U), std::memory_order_relaxed);
  own.latency_at_s.store(static_cast<std::uint32_t>(now_ms / 1000), std::memory_order_relaxed);
}

void BackendStates::renew_ratios() noexcept {
  for (std::size_t i = 0; i < kMaxBackendCells; ++i) {
    const BackendCell cell(static_cast<std::uint16_t>(i));
    if (heard_ms(cell) == 0) continue;
    auto& window = windows_[i];
    std::uint64_t all = 0;
    for (unsigned status_class = 1; status_class <= kClasses; ++status_class) all += responses(cell, status_class);
    const auto foreign = foreign_responses(cell);
    const auto came = static_cast<double>(all - window.all);
    if (came == 0) continue;
    const auto own = 1 - std::min(static_cast<double>(foreign - window.foreign) / came, 1.0);
    const auto kept = std::max(0.0, std::min(window.samples, kRatioWindow - came));
    window.own_share = (window.own_share * kept + own * came) / (kept + came);
    window.samples = kept + came;
    window.all = all;
    window.foreign = foreign;
    const auto share = static_cast<std::uint32_t>(window.own_share * kFullShare);
    shared_[i].own_share.store(share + 1, std::memory_order_relaxed);
  }
}

}  // namespace dialplane::balance
