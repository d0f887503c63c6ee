// SPDX-License-Identifier: Apache-2.0
// Records of a text and the differences between two texts. Test thread.
#include "dialplane/config/records.hpp"

#include "document.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace dialplane::config {
namespace {

using testing::document;

std::vector<std::string> changes(std::string_view before, std::string_view after) {
  std::vector<std::string> lines;
  for (const auto& difference : differences(before, after)) {
    lines.push_back(std::string(difference_name(difference.kind)) + " " + describe(difference));
  }
  return lines;
}

TEST(Records, EqualTextsDoNotDiffer) { EXPECT_TRUE(differences(document(), document()).empty()); }

TEST(Records, LayoutAndWrittenOutDefaultsAreNoDifference) {
  EXPECT_TRUE(differences(document(), document({}, "weight=100 # the default\nstate = 'ready'\n")).empty());
}

TEST(Records, NamesTheKeyThatChangedAndBothValues) {
  const auto found = changes(document({}, "weight = 7\n"), document({}, "weight = 8\n"));
  EXPECT_EQ(found, std::vector<std::string>{"changed [[pool.backend]] sbc/sbc1 weight: 7 -> 8"});
}

TEST(Records, AnAbsentKeyHasItsDefault) {
  const auto found = changes(document({}, "weight = 7\n"), document());
  EXPECT_EQ(found, std::vector<std::string>{"changed [[pool.backend]] sbc/sbc1 weight: 7 -> 100"});
}

TEST(Records, NamesEveryKeyOfARecordThatCame) {
  const auto found =
      changes(document(), document({}, "[[pool.backend]]\nname = \"sbc2\"\naddress = \"10.0.0.12:5060\"\n"));
  const std::vector<std::string> wanted{"added [[pool.backend]] sbc/sbc2 name: (none) -> \"sbc2\"",
                                        "added [[pool.backend]] sbc/sbc2 address: (none) -> \"10.0.0.12:5060\""};
  EXPECT_EQ(found, wanted);
}

TEST(Records, NamesEveryKeyOfARecordThatWent) {
  const auto found = changes(document({}, "[control]\nsocket = \"/x\"\n"), document());
  EXPECT_EQ(found, std::vector<std::string>{"removed [control] socket: \"/x\" -> (none)"});
}

TEST(Records, TheOrderOfRulesIsADifference) {
  const std::string a = "[[rule]]\nname=\"a\"\nfield=\"to\"\nregex=\"x\"\naction=\"drop\"\n";
  const std::string b = "[[rule]]\nname=\"b\"\nfield=\"to\"\nregex=\"y\"\naction=\"drop\"\n";
  const std::vector<std::string> wanted{"moved [[rule]] b moved", "moved [[rule]] a moved"};
  EXPECT_EQ(changes(document({}, a + b), document({}, b + a)), wanted);
}

TEST(Records, TheOrderOfBackendsIsNone) {
  const std::string a = "[[pool.backend]]\nname=\"a\"\naddress=\"10.0.0.21:5060\"\n";
  const std::string b = "[[pool.backend]]\nname=\"b\"\naddress=\"10.0.0.22:5060\"\n";
  EXPECT_TRUE(differences(document({}, a + b), document({}, b + a)).empty());
}

TEST(Records, KeyFilesAreNotTold) {
  const auto text = document({}, "[keys]\nplacement = \"file:/secret/place\"\ntokens = [\"file:/secret/t\"]\n");
  for (const auto& entry : entries_of(text, true))
    EXPECT_EQ(entry.value.find("secret"), std::string::npos) << entry.key;
  const auto found = differences(text, document({},
                                                "[keys]\nplacement = \"file:/secret/other\"\n"
                                                "tokens = [\"file:/secret/t\"]\n"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(describe(found[0]), "[keys] placement: \"(key file)\" -> \"(key file)\"");
}

TEST(Records, ListsDefaultsOnRequest) {
  const auto is_weight = [](const Entry& entry) {
    return entry.record == "[[pool.backend]] sbc/sbc1" && entry.key == "weight";
  };
  EXPECT_TRUE(std::ranges::none_of(entries_of(document(), false), is_weight));
  const auto all = entries_of(document(), true);
  const auto weight = std::ranges::find_if(all, is_weight);
  ASSERT_NE(weight, all.end());
  EXPECT_EQ(weight->value, "100");
  EXPECT_TRUE(weight->is_default);
}

TEST(Records, WhatOnlySomeRecordsMustHaveHasNoDefault) {
  const auto inside =
      document({}, "[[listener]]\nname = \"core\"\naddress = \"udp:10.0.0.1:5060\"\nside = \"inside\"\n");
  EXPECT_TRUE(std::ranges::none_of(entries_of(inside, true), [](const Entry& entry) {
    return entry.record == "[[listener]] core" && entry.key == "pool";
  }));
}

}  // namespace
}  // namespace dialplane::config
