// SPDX-License-Identifier: Apache-2.0
// `methods`, `source_header` and `retry_after_from_backends`: what is taken and what is refused. Test thread.
#include "document.hpp"

#include <gtest/gtest.h>

namespace dialplane::config {
namespace {

using testing::document;

/// The valid configuration with a line more in its outside listener.
std::string with_key(const std::string& line) { return document({{13, "pool = \"sbc\"\n" + line}}); }

Config loaded(const std::string& text) {
  auto config = load_text(text);
  EXPECT_TRUE(config.has_value());
  return config ? std::move(*config) : Config{};
}

std::string refusal(const std::string& text) {
  const auto config = load_text(text);
  if (config) return "accepted";
  EXPECT_EQ(config.error().size(), 1U);
  return format_problem("file", config.error().front());
}

TEST(Methods, AllAreTakenByDefaultAndWithAStar) {
  EXPECT_TRUE(loaded(document()).listeners[0].methods.empty());
  EXPECT_TRUE(loaded(with_key("methods = [\"*\"]")).listeners[0].methods.empty());
}

TEST(Methods, AreKeptAsGiven) {
  EXPECT_EQ(loaded(with_key("methods = [\"INVITE\", \"BYE\"]")).listeners[0].methods,
            (std::vector<std::string>{"INVITE", "BYE"}));
}

TEST(Methods, RefusesUnknownOnes) {
  EXPECT_TRUE(refusal(with_key("methods = [\"INVITE\", \"invite\"]")).starts_with("file:14:22: "));
  EXPECT_NE(refusal(with_key("methods = [\"FROB\"]")).find("cannot have \"FROB\""), std::string::npos);
}

TEST(Methods, RefusesAStarAmongOthersAndAnEmptyList) {
  EXPECT_NE(refusal(with_key("methods = [\"INVITE\", \"*\"]")).find("cannot have \"*\""), std::string::npos);
  EXPECT_NE(refusal(with_key("methods = []")).find("leave the key out for all methods"), std::string::npos);
}

TEST(Methods, AreNoMatterOfTheInside) {
  EXPECT_NE(refusal(document({{18, "side = \"inside\"\nmethods = [\"INVITE\"]"}})).find("takes every method"),
            std::string::npos);
}

TEST(SourceHeader, IsKeptAsGiven) {
  EXPECT_EQ(loaded(document()).listeners[0].source_header, "");
  EXPECT_EQ(loaded(with_key("source_header = \"X-Source\"")).listeners[0].source_header, "X-Source");
}

TEST(SourceHeader, RefusesHeadersOfSipAndWhatIsNoName) {
  for (const auto* name : {"via", "CALL-ID", "X Source", "X:Source", "v", "Übermittler"}) {
    EXPECT_NE(refusal(with_key(std::string("source_header = \"") + name + "\"")).find("`source_header` cannot be"),
              std::string::npos)
        << name;
  }
  EXPECT_NE(refusal(with_key("source_header = \"" + std::string(65, 'x') + "\"")), "accepted");
}

TEST(RetryAfter, IsStrippedByDefault) {
  EXPECT_EQ(loaded(document()).pools[0].retry_after, RetryAfterMode::kStrip);
  EXPECT_EQ(loaded(document({{21, "name = \"sbc\"\nretry_after_from_backends = \"pass\""}})).pools[0].retry_after,
            RetryAfterMode::kPass);
}

}  // namespace
}  // namespace dialplane::config
