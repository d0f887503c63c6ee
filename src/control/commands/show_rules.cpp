// SPDX-License-Identifier: Apache-2.0
// `show rules`: the screening rules in their order, and what they met. Control thread.
#include "command.hpp"

#include <algorithm>
#include <ctime>

namespace dialplane::control {

namespace {

/// Seconds since the rule last hit on any worker; null: never.
Json last_hit_age(const CommandContext& context, RuleCell cell) {
  std::uint64_t latest = 0;
  const auto count = context.data_plane.workers().size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& counters = context.data_plane.counters(WorkerIndex(static_cast<std::uint16_t>(i)));
    latest = std::max(latest, counters.rules[cell.value].last_hit_s.read());
  }
  if (latest == 0) return nullptr;
  // The wall clock may have been set back meanwhile.
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  return now > latest ? now - latest : 0;
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  const auto& snapshot = current(context);
  const auto& rules = snapshot.config->rules;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto cell = snapshot.rule_cells.at(i);
    Json row;
    row["name"] = rules[i].name;
    row["field"] = rules[i].field;
    row["regex"] = rules[i].regex;
    row["action"] = config::rule_action_text(rules[i]);
    row["hits"] = sum_over_workers(context.data_plane,
                                   [&](const auto& counters) { return counters.rules[cell.value].hits.read(); });
    row["last_hit_s"] = last_hit_age(context, cell);
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowRules{
    "show rules", {}, "Screening rules in their order, their hits, and seconds since the last one.", run, nullptr};

}  // namespace dialplane::control
