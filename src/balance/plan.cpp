// SPDX-License-Identifier: Apache-2.0
// Makes a pool's tables, or finds them among earlier ones. Build thread.
#include "dialplane/balance/policy.hpp"

#include <algorithm>

namespace dialplane::balance {
namespace {

/// The members for one tier's table: all of them, those of other tiers without weight, so that positions agree.
std::vector<Member> members_of_tier(const PlanSpec& spec, std::uint16_t tier) {
  std::vector<Member> members(spec.members.begin(), spec.members.end());
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (spec.tiers[i] != tier) members[i].weight = 0;
  }
  return members;
}

std::vector<std::uint16_t> tiers_of(const PlanSpec& spec) {
  std::vector<std::uint16_t> tiers(spec.tiers.begin(), spec.tiers.end());
  std::ranges::sort(tiers);
  // Clang 14 can not read what std::ranges::unique returns.
  tiers.erase(std::unique(tiers.begin(), tiers.end()), tiers.end());
  return tiers;
}

std::shared_ptr<const SlotTable> table_for(const SlotTable::Spec& spec, std::size_t nth,
                                           std::span<const Plan* const> earlier) {
  for (const Plan* plan : earlier) {
    for (const auto& table : plan->tables) {
      if (table->is_built_from(spec)) return table;
    }
  }
  const SlotTable* base = nullptr;
  if (!earlier.empty() && nth < earlier.front()->tables.size()) base = earlier.front()->tables[nth].get();
  return SlotTable::build(spec, base);
}

std::shared_ptr<const Turns> turns_for(std::span<const Member> members, std::span<const Plan* const> earlier) {
  for (const Plan* plan : earlier) {
    if (plan->turns != nullptr && std::ranges::equal(plan->turns->members(), members)) return plan->turns;
  }
  return Turns::build(members);
}

}  // namespace

Plan make_plan(const PlanSpec& spec, const SipKey& key, std::span<const Plan* const> earlier) {
  Plan plan;
  plan.policy = spec.policy;
  plan.load_permille = spec.load_permille;
  const Fill fill = spec.policy == Policy::kMaglev ? Fill::kMaglev : Fill::kRendezvous;
  if (spec.policy == Policy::kPriority) {
    for (const std::uint16_t tier : tiers_of(spec)) {
      const std::vector<Member> members = members_of_tier(spec, tier);
      plan.tables.push_back(table_for({members, key, spec.slots, fill}, plan.tables.size(), earlier));
    }
  }
  if (plan.tables.empty()) plan.tables.push_back(table_for({spec.members, key, spec.slots, fill}, 0, earlier));
  if (spec.policy == Policy::kRoundRobin) plan.turns = turns_for(spec.members, earlier);
  return plan;
}

}  // namespace dialplane::balance
