// SPDX-License-Identifier: Apache-2.0
// Screening rules in the file: what is read and what is refused, and where. Test thread.
#include "document.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace dialplane::config {
namespace {

using testing::document;

/// A rule from line 25 on: name in line 26, field 27, regex 28, action 29.
std::string rule(const std::string& field, const std::string& regex, const std::string& action,
                 const std::string& name = "scanners") {
  return "[[rule]]\nname = \"" + name + "\"\nfield = \"" + field + "\"\nregex = \"" + regex + "\"\naction = \"" +
         action + "\"\n";
}

void expect_problem(const std::string& tail, std::uint32_t line, std::uint32_t column, std::string_view part,
                    const RuleCheck& check = {}) {
  const auto result = load_text(document({}, tail), check);
  ASSERT_FALSE(result.has_value());
  ASSERT_EQ(result.error().size(), 1U) << format_problem("t", result.error().back());
  const Problem& problem = result.error()[0];
  EXPECT_EQ(problem.location.line, line) << problem.text;
  EXPECT_EQ(problem.location.column, column) << problem.text;
  const std::string whole = problem.text + "; " + problem.remedy;
  EXPECT_NE(whole.find(part), std::string::npos) << whole;
  EXPECT_FALSE(problem.remedy.empty());
}

std::vector<Rule> rules_of(const std::string& tail) {
  const auto config = load_text(document({}, tail));
  EXPECT_TRUE(config.has_value());
  return config ? config->rules : std::vector<Rule>();
}

TEST(Rules, AreNoneByDefault) { EXPECT_TRUE(rules_of("").empty()); }

TEST(Rules, KeepTheOrderOfTheFile) {
  const auto rules = rules_of(rule("User-Agent", "(?i)friendly-scanner", "drop") + rule("from", "x", "allow", "b"));
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].name, "scanners");
  EXPECT_EQ(rules[0].field, "user-agent");
  EXPECT_EQ(rules[0].regex, "(?i)friendly-scanner");
  EXPECT_EQ(rules[0].action, RuleAction::kDrop);
  EXPECT_EQ(rules[1].action, RuleAction::kAllow);
}

TEST(Rules, RejectHasACode) {
  const auto rules = rules_of(rule("method", "^PUBLISH$", "reject 603"));
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].action, RuleAction::kReject);
  EXPECT_EQ(rules[0].status, 603);
  EXPECT_EQ(rule_action_text(rules[0]), "reject 603");
}

TEST(Rules, FieldIsNoHeaderName) {
  expect_problem(rule("user agent", "x", "drop"), 27, 9, "`field` cannot be \"user agent\"");
  expect_problem(rule("User-Agent:", "x", "drop"), 27, 9, "without a colon");
  expect_problem(rule("", "x", "drop"), 27, 9, "`field` cannot be");
  expect_problem(rule(std::string(64, 'x'), "x", "drop"), 27, 9, "`field` cannot be");
}

TEST(Rules, RegexIsEmptyOrTooLong) {
  expect_problem(rule("to", "", "drop"), 28, 9, "`regex` is empty");
  expect_problem(rule("to", std::string(16385, 'x'), "drop"), 28, 9, "16385 characters");
}

TEST(Rules, ActionIsUnknown) {
  expect_problem(rule("to", "x", "deny"), 29, 10, "\"reject CODE\"");
  expect_problem(rule("to", "x", "reject"), 29, 10, "`action` cannot be \"reject\"");
}

TEST(Rules, ActionIsNotAvailableYet) {
  expect_problem(rule("to", "x", "pool sbc"), 29, 10, "`pool` is not available yet");
  expect_problem(rule("to", "x", "strip Reason"), 29, 10, "`strip` is not available yet");
}

TEST(Rules, CodeIsOutOfRange) {
  expect_problem(rule("to", "x", "reject 399"), 29, 10, "from 400 to 699");
  expect_problem(rule("to", "x", "reject 700"), 29, 10, "from 400 to 699");
  expect_problem(rule("to", "x", "reject 0403"), 29, 10, "from 400 to 699");
  expect_problem(rule("to", "x", "reject no"), 29, 10, "cannot reject with \"no\"");
}

TEST(Rules, NameIsTaken) {
  expect_problem(rule("to", "x", "drop") + rule("from", "y", "drop"), 31, 8,
                 "rule name \"scanners\" is taken, in line 26");
}

TEST(Rules, KeyIsMissing) {
  expect_problem("[[rule]]\nname = \"a\"\nfield = \"to\"\nregex = \"x\"\n", 25, 1, "[[rule]] lacks `action`");
}

TEST(Rules, CheckIsGivenAllRulesAndItsFindingsGetTheirPlace) {
  const auto check = [](const std::vector<Rule>& rules) {
    EXPECT_EQ(rules.size(), 2U);
    return std::vector<RuleProblem>{{1, RuleProblem::Key::kRegex, "it is odd", "make it even"}};
  };
  expect_problem(rule("to", "x", "drop") + rule("to", "y", "reject 403", "b"), 33, 9, "it is odd; make it even", check);
}

TEST(Rules, FindingsAboutTheActionStandAtTheAction) {
  const auto check = [](const std::vector<Rule>&) {
    return std::vector<RuleProblem>{{0, RuleProblem::Key::kAction, "it is odd", "make it even"}};
  };
  expect_problem(rule("to", "x", "reject 499"), 29, 10, "it is odd", check);
}

TEST(Rules, FindingsOfTheCheckStandBesideAllOthers) {
  const auto check = [](const std::vector<Rule>&) {
    return std::vector<RuleProblem>{{0, RuleProblem::Key::kRegex, "it is odd", "make it even"}};
  };
  const auto result = load_text(document({{13, "pool = \"nobody\""}}, rule("to", "x", "drop")), check);
  ASSERT_FALSE(result.has_value());
  ASSERT_EQ(result.error().size(), 2U);
  EXPECT_EQ(result.error()[0].location.line, 13U);
  EXPECT_EQ(result.error()[1].location.line, 28U);
}

TEST(Rules, ReloadTakesThemOver) {
  const auto before = load_text(document());
  const auto after = load_text(document({}, rule("to", "x", "drop")));
  ASSERT_TRUE(before && after);
  EXPECT_TRUE(unreloadable_changes(*before, *after).empty());
}

}  // namespace
}  // namespace dialplane::config
