// SPDX-License-Identifier: Apache-2.0
// Which rules are refused, and what is said of them. Test thread.
#include "rules.hpp"

namespace dialplane::admit {
namespace {

std::vector<RuleFault> faults_of(std::vector<Rule> rules) {
  const auto set = RuleSet::compile(std::move(rules), 1);
  return set ? std::vector<RuleFault>() : set.error();
}

/// The one fault of one rule, text and remedy.
std::string fault_of(const std::string& field, const std::string& regex) {
  const auto faults = faults_of({rule(field, regex)});
  EXPECT_EQ(faults.size(), 1U);
  return faults.empty() ? "" : faults[0].text + "; " + faults[0].remedy;
}

std::string fault_of_code(std::uint16_t status) {
  Rule rejecting = rule("user-agent", "x");
  rejecting.action = Action::kReject;
  rejecting.status = status;
  const auto faults = faults_of({rejecting});
  if (faults.empty()) return "";
  EXPECT_EQ(faults[0].part, RuleFault::Part::kAction);
  return faults[0].text;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(CompileRules, NoRulesAreASet) { EXPECT_TRUE(compiled({})->rules().empty()); }

TEST(CompileRules, SaysWhereSyntaxBreaks) { EXPECT_TRUE(contains(fault_of("user-agent", "a(b"), "parenthes")); }

TEST(CompileRules, RefusesWhatHyperscanDoesNotSupport) {
  EXPECT_TRUE(contains(fault_of("user-agent", "(a+)\\1"), "does not compile"));
  EXPECT_TRUE(contains(fault_of("user-agent", "^(?!good)"), "does not compile"));
}

TEST(CompileRules, RefusesAnExpressionTooLargeToCompile) {
  EXPECT_TRUE(contains(fault_of("user-agent", "(.a|b.){2000}"), "does not compile"));
}

TEST(CompileRules, RefusesWhatMatchesEverything) {
  EXPECT_TRUE(contains(fault_of("user-agent", ".*"), ".+ means any value"));
  EXPECT_TRUE(contains(fault_of("user-agent", "friendly-scanner|"), "every request"));
}

TEST(CompileRules, RefusesANulByte) { EXPECT_TRUE(contains(fault_of("user-agent", std::string("a\0b", 3)), "\\x00")); }

TEST(CompileRules, RefusesMethodsThatBelongToAnInvite) {
  EXPECT_TRUE(contains(fault_of("method", "."), "ACK or CANCEL"));
  EXPECT_TRUE(contains(fault_of("method", "^CANCEL$"), "ACK or CANCEL"));
  EXPECT_TRUE(faults_of({rule("method", "^(REGISTER|INVITE)$")}).empty());
  EXPECT_TRUE(faults_of({rule("user-agent", "^ACK$")}).empty());
}

TEST(CompileRules, RefusesCodesThatAreNotRegistered) {
  EXPECT_TRUE(contains(fault_of_code(499), "499 is not a registered"));
  EXPECT_EQ(fault_of_code(603), "");
}

TEST(CompileRules, RefusesCodesThatNeedAHeader) {
  EXPECT_TRUE(contains(fault_of_code(401), "WWW-Authenticate"));
  EXPECT_TRUE(contains(fault_of_code(407), "Proxy-Authenticate"));
}

TEST(CompileRules, NamesEveryRuleAtFault) {
  const auto faults = faults_of({rule("user-agent", "good"), rule("user-agent", "a("), rule("to", "x+"),
                                 rule("from", "[z"), rule("user-agent", "(.a|b.){2000}")});
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_EQ(faults[0].rule, 1U);
  EXPECT_EQ(faults[1].rule, 3U);
  EXPECT_EQ(faults[2].rule, 4U);
}

TEST(CompileRules, KeepsTheRulesInOrder) {
  const auto set = compiled({rule("to", "x"), rule("from", "y")});
  ASSERT_EQ(set->rules().size(), 2U);
  EXPECT_EQ(set->rules()[1].regex, "y");
}

TEST(CompileRules, CompactNamesBecomeLong) {
  EXPECT_EQ(long_field_name("f"), "From");
  EXPECT_EQ(long_field_name("user-agent"), "user-agent");
  EXPECT_EQ(long_field_name("q"), "q");
}

}  // namespace
}  // namespace dialplane::admit
