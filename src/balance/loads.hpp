// SPDX-License-Identifier: Apache-2.0
// What policies compare members by, for pick() and for whoever explains it. Workers and the control thread.
#pragma once

#include "scores.hpp"

#include "dialplane/balance/policy.hpp"

namespace dialplane::balance {

/// Below this share of own responses a backend's counts say little: they return to other nodes.
inline constexpr double kLeastOwnResponses = 0.9;
/// Differences in latency below this mean nothing: a stateful server's first response takes as long.
inline constexpr std::uint64_t kLatencyFloor_us = 10'000;

/// The bits of the hash that no slot is made from.
constexpr std::uint64_t share_draw(std::uint64_t hash) noexcept { return hash >> 54; }
static_assert((~std::uint64_t{0} >> 54) + 1 == kWholeShare);

/// Something to compare members by; less is better once divided by the weight.
struct Load {
  std::uint64_t amount = 0;
  std::uint32_t weight = 0;
  [[nodiscard]] bool is_below(const Load& other) const noexcept {
    return static_cast<Uint128>(amount) * other.weight < static_cast<Uint128>(other.amount) * weight;
  }
};

/// Who may be picked, and at what load.
struct Judge {
  const Standing& standing;
  std::uint64_t hash = 0;

  [[nodiscard]] bool is_usable(std::uint16_t at) const noexcept {
    return at < standing.usable.size() && standing.usable[at] != 0;
  }
  /// A backend that starts slowly takes only part of the hashes that are its own.
  [[nodiscard]] bool is_usable_for_this(std::uint16_t at) const noexcept {
    if (!is_usable(at)) return false;
    return at >= standing.share.size() || share_draw(hash) < standing.share[at];
  }
  [[nodiscard]] std::uint64_t calls(std::uint16_t at) const noexcept {
    return standing.states.open_dialogs(standing.cells[at]);
  }
  [[nodiscard]] std::uint64_t latency_us(std::uint16_t at) const noexcept {
    return standing.states.latency_us(standing.cells[at]);
  }
  /// With the dialog that is to be placed.
  [[nodiscard]] Load load_by_calls(std::uint16_t at, std::uint32_t weight) const noexcept {
    return {calls(at) + 1, weight};
  }
  [[nodiscard]] Load load_by_latency(std::uint16_t at, std::uint32_t weight) const noexcept {
    return {(calls(at) + 1) * (latency_us(at) + kLatencyFloor_us), weight};
  }
};

/// Calls of a member stay below `permille` of what its weight gives it of all calls.
struct LoadBound {
  std::uint32_t permille = 0;
  std::uint64_t calls = 0;   ///< of all members, with the one that is to be placed
  std::uint64_t weight = 0;  ///< of all members
  [[nodiscard]] bool has_room(std::uint64_t held, std::uint32_t of_weight) const noexcept {
    return static_cast<Uint128>(held) * 1000 * weight < static_cast<Uint128>(permille) * calls * of_weight;
  }
};

/// True if some member of the table may be picked.
inline bool has_anybody(const SlotTable& table, const Judge& judge) noexcept {
  const std::span<const Member> members = table.members();
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].weight != 0 && judge.is_usable(static_cast<std::uint16_t>(i))) return true;
  }
  return false;
}

/// The table whose members get the dialogs: that of the lowest tier in which somebody is usable.
inline std::size_t table_in_use(const Plan& plan, const Judge& judge) noexcept {
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    if (has_anybody(*plan.tables[i], judge)) return i;
  }
  return 0;
}

/// Adds up what is asked of all members at once, unless that was done in this millisecond.
inline void read_counts(const Plan& plan, const Judge& judge, std::uint64_t now_ms, PoolMemory& memory) noexcept {
  if (memory.read_ms == now_ms && memory.table < plan.tables.size()) return;
  memory.read_ms = now_ms;
  memory.table = table_in_use(plan, judge);
  memory.calls = memory.weight = 0;
  memory.counts_are_whole = true;
  const std::span<const Member> members = plan.tables[memory.table]->members();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto at = static_cast<std::uint16_t>(i);
    if (members[i].weight == 0 || !judge.is_usable(at)) continue;
    memory.calls += judge.calls(at);
    memory.weight += members[i].weight;
    const bool is_whole = judge.standing.states.own_response_ratio(judge.standing.cells[at]) >= kLeastOwnResponses;
    memory.counts_are_whole = memory.counts_are_whole && is_whole;
  }
}

}  // namespace dialplane::balance
