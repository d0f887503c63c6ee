// SPDX-License-Identifier: Apache-2.0
// Changes of single backends in a text: what stays as it was, what is refused. Test thread.
#include "dialplane/config/edit.hpp"

#include "document.hpp"

#include "dialplane/config/records.hpp"

#include <gtest/gtest.h>

namespace dialplane::config {
namespace {

constexpr std::string_view kTwoPools = R"(# our file
[[pool]]
name = "sbc"   # the big ones

  # the old one
  [[pool.backend]]
  name    = "sbc1"
  address = "10.0.0.11:5060"
  weight  = 100 # measured

  # the new one
  [[pool.backend]]
  name    = "sbc2"
  address = "10.0.0.12:5060"

# registrars
[[pool]]
name = "reg"
backend = [{ name = "r1", address = "10.0.1.11:5060" }]
)";

std::string must(Result<std::string> edited) {
  EXPECT_TRUE(edited.has_value()) << edited.error().text;
  return edited.value_or("");
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(Edit, SetsAKeyWhereItStands) {
  EXPECT_EQ(must(set_backend_key(kTwoPools, "sbc", "sbc1", "weight", "50")),
            replaced(std::string(kTwoPools), "100 # measured", "50 # measured"));
}

TEST(Edit, ReplacesAStringWithItsQuotes) {
  EXPECT_EQ(must(set_backend_key(kTwoPools, "sbc", "sbc2", "address", "\"10.9.9.9:5060\"")),
            replaced(std::string(kTwoPools), "\"10.0.0.12:5060\"", "\"10.9.9.9:5060\""));
}

TEST(Edit, AddsAKeyBehindTheOthersOfItsTable) {
  EXPECT_EQ(must(set_backend_key(kTwoPools, "sbc", "sbc2", "weight", "7")),
            replaced(std::string(kTwoPools), "12:5060\"\n", "12:5060\"\n  weight = 7\n"));
}

TEST(Edit, SetsAKeyWithinBraces) {
  EXPECT_EQ(must(set_backend_key(kTwoPools, "reg", "r1", "weight", "7")),
            replaced(std::string(kTwoPools), "[{ name", "[{ weight = 7, name"));
}

TEST(Edit, AddsABackendBehindTheLastOfItsPool) {
  EXPECT_EQ(must(add_backend(kTwoPools, "sbc", "sbc3", {{"address", "\"10.0.0.13:5060\""}, {"weight", "10"}})),
            replaced(std::string(kTwoPools), "12:5060\"\n",
                     "12:5060\"\n\n  [[pool.backend]]\n  name = \"sbc3\"\n  address = \"10.0.0.13:5060\"\n"
                     "  weight = 10\n"));
}

TEST(Edit, WritesTheTextAnewWhereLinesCannotSayIt) {
  const auto text = must(add_backend(kTwoPools, "reg", "r2", {{"address", "\"10.0.1.12:5060\""}}));
  const auto changes = differences(kTwoPools, text);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(describe(changes[0]), "[[pool.backend]] reg/r2 name: (none) -> \"r2\"");
  EXPECT_EQ(describe(changes[1]), "[[pool.backend]] reg/r2 address: (none) -> \"10.0.1.12:5060\"");
}

TEST(Edit, RemovesABackendWithTheCommentAboveIt) {
  EXPECT_EQ(
      must(remove_backend(kTwoPools, "sbc", "sbc2")),
      replaced(std::string(kTwoPools),
               "\n  # the new one\n  [[pool.backend]]\n  name    = \"sbc2\"\n  address = \"10.0.0.12:5060\"\n", ""));
}

TEST(Edit, RemovingWhatWasAddedGivesTheTextBack) {
  const auto added = must(add_backend(kTwoPools, "sbc", "sbc3", {{"address", "\"10.0.0.13:5060\""}}));
  EXPECT_EQ(must(remove_backend(added, "sbc", "sbc3")), kTwoPools);
}

TEST(Edit, RefusesWhatIsNotThere) {
  EXPECT_EQ(add_backend(kTwoPools, "sbx", "a", {}).error().text, "no pool `sbx`; `show pools` lists them");
  EXPECT_NE(add_backend(kTwoPools, "sbc", "sbc1", {}).error().text.find("exists"), std::string::npos);
  EXPECT_NE(remove_backend(kTwoPools, "sbc", "r1").error().text.find("no backend `sbc/r1`"), std::string::npos);
  EXPECT_NE(set_backend_key(kTwoPools, "sbc", "x", "weight", "1").error().text.find("no backend"), std::string::npos);
}

TEST(Edit, TakesAwayTheLastLineWithoutALineFeed) {
  const std::string text = "[[pool]]\nname = \"a\"\n[[pool.backend]]\nname = \"x\"\n[[pool.backend]]\nname = \"y\"";
  EXPECT_EQ(must(remove_backend(text, "a", "y")), "[[pool]]\nname = \"a\"\n[[pool.backend]]\nname = \"x\"\n");
}

TEST(Edit, TheLoaderKeepsTheTextItRead) {
  const auto text = testing::document();
  const auto config = load_text(text);
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->text, text);
}

TEST(Edit, QuotesWhatTomlWouldMisread) { EXPECT_EQ(toml_string("a\"b\\c\n"), R"("a\"b\\c\u000A")"); }

}  // namespace
}  // namespace dialplane::config
