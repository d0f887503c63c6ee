// SPDX-License-Identifier: Apache-2.0
// The key list is complete and readable by the functions that depend on its wording.
#include "keys.hpp"

#include "dialplane/config/config.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace dialplane::config {
namespace {

TEST(Keys, EveryKeyHasHelpThatIsASentence) {
  for (const KeyInfo& key : all_keys()) {
    SCOPED_TRACE(std::string(section_info(key.section).path) + "." + std::string(key.key));
    ASSERT_FALSE(key.help.empty());
    EXPECT_EQ(key.help.back(), '.');
    EXPECT_FALSE(key.default_text.empty());
  }
}

TEST(Keys, EverySectionHasAnIntroductionAndKeys) {
  for (const SectionInfo& section : all_sections()) {
    SCOPED_TRACE(std::string(section.path));
    EXPECT_FALSE(section.intro.empty());
    std::size_t count = 0;
    for (const KeyInfo& key : all_keys()) count += key.section == section.id ? 1 : 0;
    EXPECT_GT(count, 0u);
  }
}

TEST(Keys, NoKeyIsListedTwice) {
  std::set<std::pair<SectionId, std::string_view>> seen;
  for (const KeyInfo& key : all_keys()) EXPECT_TRUE(seen.emplace(key.section, key.key).second) << key.key;
}

TEST(Keys, IntegersHaveBoundsAndChoicesHaveValues) {
  for (const KeyInfo& key : all_keys()) {
    SCOPED_TRACE(std::string(key.key));
    if (key.type == KeyType::kInteger || key.type == KeyType::kIntegerList) {
      const auto [low, high] = integer_bounds(key);
      EXPECT_LT(low, high);
      EXPECT_LT(high, INT64_MAX);
    }
    if (key.type == KeyType::kChoice) {
      EXPECT_FALSE(choices(key).front().empty());
    }
  }
}

TEST(Keys, BoundsComeFromTheRange) {
  const KeyInfo* key = find_key(SectionId::kPort, "mtu");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(integer_bounds(*key), (std::pair<std::int64_t, std::int64_t>(576, 3498)));
}

TEST(Keys, AdminStatesStandInTheOrderOfTheirEnumerators) {
  const KeyInfo* key = find_key(SectionId::kBackend, "state");
  ASSERT_NE(key, nullptr);
  const std::vector<std::string_view> values = choices(*key);
  ASSERT_EQ(values.size(), 3u);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], admin_state_name(static_cast<AdminState>(i)));
    EXPECT_EQ(parse_admin_state(values[i]), static_cast<AdminState>(i));
  }
}

TEST(Keys, UnknownAdminStateIsNotParsed) { EXPECT_EQ(parse_admin_state("Ready"), std::nullopt); }

TEST(Nearest, FindsSwappedLetters) {
  const std::string_view words[] = {"socket", "metrics"};
  EXPECT_EQ(nearest("scoket", words), "socket");
}

TEST(Nearest, FindsMissingLetter) {
  const std::string_view words[] = {"address", "addresses"};
  EXPECT_EQ(nearest("adress", words), "address");
}

TEST(Nearest, LeavesForeignWordsAlone) {
  const std::string_view words[] = {"socket", "metrics"};
  EXPECT_EQ(nearest("zebra", words), std::nullopt);
}

TEST(Nearest, IgnoresWordsOfAbsurdLength) {
  const std::string_view words[] = {"socket"};
  EXPECT_EQ(nearest(std::string(100000, 's'), words), std::nullopt);
}

}  // namespace
}  // namespace dialplane::config
