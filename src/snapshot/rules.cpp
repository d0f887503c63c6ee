// SPDX-License-Identifier: Apache-2.0
// Configured rules → compiled rules, shared between snapshots as long as they are the same. Build thread; the control
// thread meets only rules that an earlier snapshot has compiled, but for the first snapshot of all.
#include "rules.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace dialplane::snapshot {
namespace {

admit::Action action_of(config::RuleAction action) noexcept {
  switch (action) {
    case config::RuleAction::kDrop:
      return admit::Action::kDrop;
    case config::RuleAction::kReject:
      return admit::Action::kReject;
    case config::RuleAction::kAllow:
      return admit::Action::kAllow;
  }
  return admit::Action::kAllow;
}

std::vector<admit::Rule> rules_of(const std::vector<config::Rule>& configured) {
  std::vector<admit::Rule> rules;
  rules.reserve(configured.size());
  for (const config::Rule& from : configured) {
    rules.push_back({from.name, from.field, from.regex, action_of(from.action), from.status});
  }
  return rules;
}

/// The rules of an earlier snapshot if they are these.
std::shared_ptr<const admit::RuleSet> shared_with(const Snapshot* previous, const std::vector<admit::Rule>& rules,
                                                  std::size_t workers) {
  if (previous == nullptr || previous->rules == nullptr || previous->rules->workers() != workers) return nullptr;
  return std::ranges::equal(previous->rules->rules(), rules) ? previous->rules : nullptr;
}

std::string text_of(const std::vector<admit::RuleFault>& faults, const std::vector<config::Rule>& rules) {
  std::string text;
  for (const admit::RuleFault& fault : faults) {
    text += fmt::format("{}rule \"{}\": {}; {}", text.empty() ? "" : "\n", rules[fault.rule].name, fault.text,
                        fault.remedy);
  }
  return text;
}

}  // namespace

std::vector<config::RuleProblem> check_rules(const std::vector<config::Rule>& rules) {
  std::vector<config::RuleProblem> problems;
  if (rules.empty()) return problems;
  const auto compiled = admit::RuleSet::compile(rules_of(rules), 0);
  if (compiled) return problems;
  for (const admit::RuleFault& fault : compiled.error()) {
    const bool is_regex = fault.part == admit::RuleFault::Part::kRegex;
    // The loader left it empty because it was refused already.
    if (is_regex && rules[fault.rule].regex.empty()) continue;
    const auto key = is_regex ? config::RuleProblem::Key::kRegex : config::RuleProblem::Key::kAction;
    problems.push_back({fault.rule, key, fault.text, fault.remedy});
  }
  return problems;
}

Result<void> add_rules(const config::Config& config, CounterCells& cells, const Snapshot* previous,
                       Snapshot& snapshot) {
  if (config.rules.empty()) return {};
  for (const config::Rule& rule : config.rules) {
    const Result<RuleCell> cell = cells.cell_of_rule(rule.name);
    if (!cell) return fail(cell.error().text);
    snapshot.rule_cells.push_back(*cell);
  }
  std::vector<admit::Rule> rules = rules_of(config.rules);
  const std::size_t workers = config.runtime.worker_cpus.size();
  snapshot.rules = shared_with(previous, rules, workers);
  if (snapshot.rules != nullptr) return {};
  auto compiled = admit::RuleSet::compile(std::move(rules), workers);
  if (!compiled) return fail(text_of(compiled.error(), config.rules));
  snapshot.rules = std::move(*compiled);
  return {};
}

Result<RuleCell> CounterCells::cell_of_rule(const std::string& name) {
  if (const auto found = rule_cells_.find(name); found != rule_cells_.end()) return RuleCell{found->second};
  if (rule_cells_.size() >= kMaxRuleCells) {
    return fail(
        fmt::format("{} different rule names have been configured since the start, which is the most one process "
                    "can count; use names again or restart it",
                    kMaxRuleCells));
  }
  const auto cell = static_cast<std::uint16_t>(rule_cells_.size());
  rule_cells_.emplace(name, cell);
  return RuleCell{cell};
}

}  // namespace dialplane::snapshot
