// SPDX-License-Identifier: Apache-2.0
// The generated reference page is complete and the stored copy is up to date.
#include "keys.hpp"

#include "dialplane/config/loader.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace dialplane::config {
namespace {

TEST(Reference, StoredPageIsUpToDate) {
  std::ifstream file(DP_REFERENCE_PAGE, std::ios::binary);
  ASSERT_TRUE(file.is_open()) << DP_REFERENCE_PAGE;
  const std::string stored{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(stored, reference_markdown()) << "write it anew: dialplane --print-reference > docs/configuration.md";
}

TEST(Reference, SaysThatItIsGenerated) {
  EXPECT_NE(reference_markdown().find("Generated from src/config/keys.def"), std::string::npos);
}

TEST(Reference, HasARowForEveryKey) {
  const std::string page = reference_markdown();
  for (const KeyInfo& key : all_keys()) {
    EXPECT_NE(page.find("| `" + std::string(key.key) + "` |"), std::string::npos) << key.key;
    EXPECT_NE(page.find(key.help), std::string::npos) << key.key;
  }
}

TEST(Reference, NoCellHoldsABar) {
  for (const KeyInfo& key : all_keys()) {
    EXPECT_EQ(key.help.find('|'), std::string_view::npos) << key.key;
    EXPECT_EQ(key.default_text.find('|'), std::string_view::npos) << key.key;
  }
}

}  // namespace
}  // namespace dialplane::config
