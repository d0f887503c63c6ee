// SPDX-License-Identifier: Apache-2.0
// The policies. pick() runs on workers; plans are made on the build thread.
#include "dialplane/balance/policy.hpp"

#include "loads.hpp"
#include "scores.hpp"

#include <algorithm>
#include <array>

namespace dialplane::balance {
namespace {

/// Turns that are passed over before the hash decides.
constexpr std::size_t kMostTurnsSkipped = 4096;

template <class Admits>
Pick by_slot(const SlotTable& table, std::uint64_t hash, Admits admits) noexcept {
  const std::size_t slot = table.slot_of(hash);
  const auto [first, second] = table.choices(slot);
  if (first != kNoIndex && admits(first)) return {first, PickedAs::kFirst};
  if (second != kNoIndex && admits(second)) return {second, PickedAs::kSecond};
  return {winner_among(table, slot, admits), PickedAs::kWinner};
}

/// The first table that has somebody. Whoever does not suit this hash stands in only where nobody else is left.
Pick by_message(const Plan& plan, const Judge& judge) noexcept {
  for (const auto& table : plan.tables) {
    const Pick found = by_slot(*table, judge.hash, [&](std::uint16_t at) { return judge.is_usable_for_this(at); });
    if (found.position != kNoIndex) return found;
  }
  for (const auto& table : plan.tables) {
    const Pick found = by_slot(*table, judge.hash, [&](std::uint16_t at) { return judge.is_usable(at); });
    if (found.position != kNoIndex) return found;
  }
  return {};
}

Pick by_bounded_load(const Plan& plan, const Judge& judge, PoolMemory& memory) noexcept {
  const SlotTable& table = *plan.tables[memory.table];
  const LoadBound bound{plan.load_permille, ++memory.calls, memory.weight};
  const Pick found = by_slot(table, judge.hash, [&](std::uint16_t at) {
    return judge.is_usable_for_this(at) && bound.has_room(judge.calls(at), table.members()[at].weight);
  });
  return found.position == kNoIndex ? by_message(plan, judge) : found;
}

Pick by_turns(const Plan& plan, const Judge& judge, PoolMemory& memory) noexcept {
  const std::size_t turns = std::min(plan.turns->size(), kMostTurnsSkipped);
  for (std::size_t i = 0; i < turns; ++i) {
    const std::uint16_t at = plan.turns->at(memory.turn++);
    if (judge.is_usable_for_this(at)) return {at, PickedAs::kFirst};
  }
  return by_message(plan, judge);
}

Pick by_calls(const Plan& plan, const Judge& judge) noexcept {
  const std::span<const Member> members = plan.tables.front()->members();
  std::uint16_t best = kNoIndex;
  Load least;
  // Equal ones win by turns: each hash starts elsewhere.
  std::size_t i = members.empty() ? 0 : static_cast<std::size_t>((judge.hash >> 20) % members.size());
  for (std::size_t seen = 0; seen < members.size(); ++seen, i = i + 1 == members.size() ? 0 : i + 1) {
    const auto at = static_cast<std::uint16_t>(i);
    if (members[i].weight == 0 || !judge.is_usable_for_this(at)) continue;
    const Load load = judge.load_by_calls(at, members[i].weight);
    if (best != kNoIndex && !load.is_below(least)) continue;
    best = at;
    least = load;
  }
  return best == kNoIndex ? by_message(plan, judge) : Pick{best, PickedAs::kFirst};
}

Pick by_two_choices(const Plan& plan, const Judge& judge) noexcept {
  const SlotTable& table = *plan.tables.front();
  const auto [first, second] = table.choices(table.slot_of(judge.hash));
  const bool has_both =
      first != kNoIndex && second != kNoIndex && judge.is_usable_for_this(first) && judge.is_usable_for_this(second);
  if (!has_both) return by_message(plan, judge);
  const auto load_of = [&](std::uint16_t at) { return judge.load_by_latency(at, table.members()[at].weight); };
  if (load_of(second).is_below(load_of(first))) return {second, PickedAs::kSecond};
  return {first, PickedAs::kFirst};
}

}  // namespace

std::string_view policy_name(Policy policy) noexcept {
  constexpr std::array<std::string_view, kPolicyCount> kNames = {"rendezvous",  "maglev",      "round-robin",
                                                                 "least-calls", "two-choices", "priority"};
  return kNames[static_cast<std::size_t>(policy)];
}

std::uint64_t Plan::checksum() const noexcept {
  if (policy == Policy::kRendezvous && load_permille == 0) return tables.front()->checksum();
  SipHash24 digest(SipKey{});
  digest.u8(static_cast<std::uint8_t>(policy)).u32(load_permille);
  for (const auto& table : tables) digest.u64(table->checksum());
  return digest.digest();
}

PoolMemory& PoolMemories::of(std::uint16_t pool, std::uint64_t hash) noexcept {
  PoolMemory& memory = memories_[pool % memories_.size()];
  if (memory.pool != pool) {
    memory = {};
    memory.pool = pool;
    // Workers must not give out their turns in step.
    memory.turn = static_cast<std::uint32_t>(hash >> 32);
  }
  return memory;
}

Pick pick(const Plan& plan, const Standing& standing, std::uint64_t hash, PickMode mode, std::uint64_t now_ms,
          PoolMemory& memory) noexcept {
  const Judge judge{standing, hash};
  if (mode == PickMode::kMessageOnly || !plan.is_sticky_by_table_only()) return by_message(plan, judge);
  if (plan.policy == Policy::kRoundRobin) return by_turns(plan, judge, memory);
  read_counts(plan, judge, now_ms, memory);
  if (!memory.counts_are_whole) return by_message(plan, judge);
  if (plan.policy == Policy::kLeastCalls) return by_calls(plan, judge);
  if (plan.policy == Policy::kTwoChoices) return by_two_choices(plan, judge);
  return by_bounded_load(plan, judge, memory);
}

}  // namespace dialplane::balance
