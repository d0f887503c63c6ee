// SPDX-License-Identifier: Apache-2.0
// The policies' own figures, read without picking. Control thread.
#include "dialplane/balance/judgement.hpp"

#include "loads.hpp"

#include <algorithm>
#include <array>

namespace dialplane::balance {
namespace {

LooksAt what_counts(const Plan& plan, bool counts_are_whole) noexcept {
  if (!plan.is_sticky_by_table_only()) return LooksAt::kMessage;
  if (plan.policy == Policy::kRoundRobin) return LooksAt::kTurns;
  if (!counts_are_whole) return LooksAt::kForeign;
  if (plan.policy == Policy::kLeastCalls) return LooksAt::kCalls;
  return plan.policy == Policy::kTwoChoices ? LooksAt::kLatency : LooksAt::kBound;
}

double as_number(const Load& load) noexcept {
  return load.weight == 0 ? 0 : static_cast<double>(load.amount) / load.weight;
}

MemberJudgement judge_one(const Judge& judge, LooksAt what, std::uint16_t at, std::uint32_t weight,
                          const LoadBound& bound) {
  MemberJudgement found;
  found.may_get_it = weight != 0 && judge.is_usable_for_this(at);
  found.calls = judge.calls(at);
  found.latency_us = static_cast<std::uint32_t>(judge.latency_us(at));
  if (what == LooksAt::kCalls) found.load = as_number(judge.load_by_calls(at, weight));
  if (what == LooksAt::kLatency) found.load = as_number(judge.load_by_latency(at, weight));
  if (what == LooksAt::kBound && bound.weight != 0) {
    found.has_room = bound.has_room(found.calls, weight);
    found.limit =
        bound.permille / 1000.0 * static_cast<double>(bound.calls) * weight / static_cast<double>(bound.weight);
  }
  return found;
}

}  // namespace

std::string_view looks_at_sentence(LooksAt what) noexcept {
  constexpr std::array<std::string_view, 6> kSentences = {
      "the message alone: the slot, and who takes new dialogs",
      "turns: each worker has its own, so a worker may take another one than this",
      "open dialogs, this one included, by weight: the lowest gets it",
      "open dialogs, this one included, times latency + 10 ms by weight: the lower of the slot's two choices gets it",
      "the slot, and who has fewer open dialogs than its limit",
      "the message alone, since responses return to other nodes and counts say little"};
  return kSentences[static_cast<std::size_t>(what)];
}

Judgement judge(const Plan& plan, const Standing& standing, std::uint64_t hash) {
  const Judge judge{standing, hash};
  PoolMemory memory;
  read_counts(plan, judge, 0, memory);
  Judgement result;
  result.looks_at = what_counts(plan, memory.counts_are_whole);
  result.table = memory.table;
  const LoadBound bound{plan.load_permille, memory.calls + 1, memory.weight};
  const auto members = plan.tables[memory.table]->members();
  for (std::size_t i = 0; i < standing.cells.size(); ++i) {
    // Those that are leaving stand behind the table's members.
    const auto weight = i < members.size() ? members[i].weight : 0;
    result.members.push_back(judge_one(judge, result.looks_at, static_cast<std::uint16_t>(i), weight, bound));
  }
  return result;
}

}  // namespace dialplane::balance
