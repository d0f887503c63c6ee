// SPDX-License-Identifier: Apache-2.0
// Rules of a snapshot: compiled once, found again by name. Test thread.
#include "configs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace dialplane::snapshot {
namespace {

using testing::backend;
using testing::build;
using testing::keys;
using testing::load;
using testing::two_networks;

std::string rule(const std::string& name, const std::string& regex, const std::string& action = "drop") {
  return "[[rule]]\nname = \"" + name + "\"\nfield = \"user-agent\"\nregex = \"" + regex + "\"\naction = \"" + action +
         "\"\n";
}

std::string text(const std::string& rules) { return two_networks(backend("sbc1", "10.0.0.11:5060")) + rules; }

/// The cell of the only rule.
std::uint16_t cell_after(CounterCells& cells, const std::string& rules, std::size_t at = 0) {
  const auto snapshot = build_snapshot(load(text(rules)), keys(), {}, cells, nullptr);
  EXPECT_TRUE(snapshot.has_value());
  return snapshot ? (*snapshot)->rule_cells.at(at).value : kNoIndex;
}

TEST(SnapshotRules, AreAbsentWhereNoneAreConfigured) { EXPECT_EQ(build(text(""))->rules, nullptr); }

TEST(SnapshotRules, HaveScratchForEveryWorker) {
  const auto snapshot = build(text(rule("a", "x")));
  ASSERT_NE(snapshot->rules, nullptr);
  EXPECT_EQ(snapshot->rules->workers(), snapshot->config->runtime.worker_cpus.size());
  EXPECT_EQ(snapshot->rules->rules()[0].regex, "x");
}

TEST(SnapshotRules, AreSharedWhileTheyAreTheSame) {
  const auto first = build(text(rule("a", "x")));
  const auto same = build(text(rule("a", "x")) + "# another file\n", {}, first.get());
  EXPECT_EQ(same->rules, first->rules);
}

TEST(SnapshotRules, AreCompiledAnewWhenOneDiffers) {
  const auto first = build(text(rule("a", "x")));
  EXPECT_NE(build(text(rule("a", "y")), {}, first.get())->rules, first->rules);
  EXPECT_NE(build(text(rule("a", "x", "reject 403")), {}, first.get())->rules, first->rules);
  EXPECT_NE(build(text(rule("a", "x") + rule("b", "y")), {}, first.get())->rules, first->rules);
  EXPECT_EQ(build(text(""), {}, first.get())->rules, nullptr);
}

TEST(SnapshotRules, KeepTheirCellWithTheirName) {
  CounterCells cells;
  const auto cell = cell_after(cells, rule("a", "x"));
  EXPECT_NE(cell_after(cells, rule("b", "x")), cell);
  EXPECT_EQ(cell_after(cells, rule("c", "z") + rule("a", "y", "reject 403"), 1), cell);
}

TEST(SnapshotRules, RunOutOfCells) {
  CounterCells cells;
  for (std::size_t i = 0; i < kMaxRuleCells; ++i) ASSERT_TRUE(cells.cell_of_rule(std::to_string(i)).has_value());
  EXPECT_FALSE(cells.cell_of_rule("one more").has_value());
  EXPECT_TRUE(cells.cell_of_rule("7").has_value());
}

TEST(SnapshotRules, ThatDoNotCompileMakeNoSnapshot) {
  CounterCells cells;
  const auto snapshot =
      build_snapshot(load(text(rule("a", "x(") + rule("b", "ok") + rule("c", "[z"))), keys(), {}, cells, nullptr);
  ASSERT_FALSE(snapshot.has_value());
  EXPECT_NE(snapshot.error().text.find("rule \"a\""), std::string::npos) << snapshot.error().text;
  EXPECT_NE(snapshot.error().text.find("rule \"c\""), std::string::npos) << snapshot.error().text;
}

/// Every problem as the loader with the check prints it.
std::string problems_of(const std::string& rules) {
  const auto config = config::load_text(text(rules), check_rules);
  std::string all;
  if (config) return all;
  for (const auto& problem : config.error()) all += config::format_problem("f", problem) + "\n";
  return all;
}

TEST(CheckRules, SayNothingOfGoodOnes) { EXPECT_EQ(problems_of(rule("a", "x") + rule("b", "y", "reject 403")), ""); }

TEST(CheckRules, PointAtExpressionAndAction) {
  const auto line = std::to_string(std::ranges::count(text(""), '\n') + 4);
  const auto found = problems_of(rule("a", "x(") + rule("b", "y", "reject 401"));
  EXPECT_NE(found.find("f:" + line + ":9: error: the expression does not compile: "), std::string::npos) << found;
  EXPECT_NE(found.find(":10: error: a 401 must carry WWW-Authenticate"), std::string::npos) << found;
}

TEST(CheckRules, DoNotRepeatWhatTheLoaderRefused) {
  const auto found = problems_of(rule("a", ""));
  EXPECT_EQ(std::ranges::count(found, '\n'), 1) << found;
}

}  // namespace
}  // namespace dialplane::snapshot
