// SPDX-License-Identifier: Apache-2.0
// Words and parameters against the registry of commands.
#include "words.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace dialplane::control {
namespace {

TEST(Words, FindsACommandOfTwoWords) {
  const auto call = parse_words({"show", "backends"});
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->command->words, "show backends");
}

TEST(Words, ReadsPositionalAndKeyedArguments) {
  const auto call = parse_words({"backend", "set", "sbc/sbc1", "state", "drain"});
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->params.dump(), R"({"backend":"sbc/sbc1","state":"drain"})");
}

TEST(Words, ReadsAFlagWithAndWithoutDashes) {
  for (const std::string flag : {"--dry-run", "dry-run", "dry_run"}) {
    const auto call = parse_words({"reload", flag});
    ASSERT_TRUE(call.has_value()) << flag;
    EXPECT_EQ(call->params.dump(), R"({"dry_run":true})");
  }
}

TEST(Words, SuggestsTheNearestCommand) {
  const auto call = parse_words({"show", "backend"});
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().code, -32601);
  EXPECT_EQ(call.error().message, "unknown command `show backend`; did you mean `show backends`?");
}

TEST(Words, NamesTheListWhereNothingIsNear) {
  const auto call = parse_words({"xyzzy"});
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().message, "unknown command `xyzzy`; `show help` lists the commands");
}

TEST(Words, RefusesAMissingArgumentWithTheUsage) {
  const auto call = parse_words({"backend", "add", "sbc", "sbc3"});
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().code, -32602);
  EXPECT_EQ(
      call.error().message,
      "`address` is missing; usage: backend add POOL NAME ADDRESS:PORT [weight N] [tier N] [--reset] [--dry-run]");
}

TEST(Words, WritesACallAsWordsAgain) {
  const auto call = parse_words({"backend", "set", "sbc/sbc1", "weight", "5", "--dry-run"});
  ASSERT_TRUE(call.has_value()) << call.error().message;
  EXPECT_EQ(text_of(*call->command, call->params), "backend set sbc/sbc1 weight 5 --dry-run");
}

TEST(Words, RefusesAKeywordWithoutItsValue) {
  const auto call = parse_words({"backend", "set", "sbc/sbc1", "state"});
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().code, -32602);
}

TEST(Words, RefusesAnArgumentTooMany) {
  const auto call = parse_words({"show", "info", "now"});
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().message, "`now` is not expected; usage: show info");
}

TEST(Words, DoesNotTakeAMistypedOptionForTheNameOfAFile) {
  const auto call = parse_words({"config", "save", "--forse"});
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().message, "`--forse` is not expected; usage: config save [FILE] [--force]");
}

TEST(Words, RefusesAnArgumentGivenTwice) {
  const auto call = parse_words({"backend", "set", "sbc/sbc1", "state", "drain", "state", "ready"});
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().message.find("`state` is given twice"), 0U) << call.error().message;
}

TEST(Words, ShowsAnOptionWithDashesAndTakesItWithout) {
  for (const std::string option : {"--confirm", "confirm"}) {
    const auto call = parse_words({"reload", "--dry-run", option, "60s"});
    ASSERT_TRUE(call.has_value()) << option;
    EXPECT_EQ(text_of(*call->command, call->params), "reload --dry-run --confirm 60s");
  }
  EXPECT_EQ(usage_of(kReload), "reload [--dry-run] [--confirm 60s] [--force] [--reset]");
}

TEST(Words, SuggestsAMethodForAnUnknownOne) {
  const auto call = check_call("show.worker", Json::object());
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().message, "unknown method `show.worker`; did you mean `show workers`?");
}

TEST(Words, TakesEveryArgumentOfEveryCommandAsItsUsageShowsIt) {
  for (const auto& command : commands()) {
    auto words = split_words(command.words);
    for (const auto& arg : command.args) {
      std::string shown(arg.name);
      std::replace(shown.begin(), shown.end(), '_', '-');
      if (arg.kind == ArgKind::kFlag || arg.kind == ArgKind::kOption) shown.insert(0, "--");
      if (arg.kind != ArgKind::kPositional) words.push_back(shown);
      if (arg.kind != ArgKind::kFlag) words.emplace_back("1");
    }
    const auto call = parse_words(words);
    ASSERT_TRUE(call.has_value()) << usage_of(command) << ": " << call.error().message;
    EXPECT_EQ(call->params.size(), command.args.size()) << usage_of(command);
  }
}

TEST(Words, RefusesAnUnknownParameter) {
  const auto call = check_call("show.info", Json::parse(R"({"colour":"red"})").value());
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().code, -32602);
}

TEST(Words, RefusesAParameterOfTheWrongType) {
  const auto call = check_call("reload", Json::parse(R"({"dry_run":"yes"})").value());
  ASSERT_FALSE(call.has_value());
  EXPECT_EQ(call.error().code, -32602);
}

TEST(Words, SplitsAtAnyBlanks) {
  EXPECT_EQ(split_words("  show\t info \r"), (std::vector<std::string>{"show", "info"}));
}

TEST(Registry, EveryCommandHasHelpAndOneFunction) {
  for (const auto& command : commands()) {
    EXPECT_FALSE(command.help.empty()) << command.words;
    EXPECT_TRUE(command.help.ends_with('.')) << command.words;
    const int functions = (command.read != nullptr) + (command.act != nullptr) + (command.look != nullptr);
    EXPECT_EQ(functions, 1) << command.words;
  }
}

TEST(Registry, EveryCommandIsFoundByItsOwnWordsOnce) {
  std::set<std::string> methods;
  for (const auto& command : commands()) {
    EXPECT_TRUE(methods.insert(method_of(command)).second) << command.words;
    for (const auto& arg : command.args) {
      EXPECT_EQ(arg.placeholder.empty(), arg.kind == ArgKind::kFlag) << command.words << " " << arg.name;
    }
  }
  EXPECT_GE(methods.size(), 13U);
}

}  // namespace
}  // namespace dialplane::control
