// SPDX-License-Identifier: Apache-2.0
// JSON values and their text.
#include "dialplane/control/json.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace dialplane::control {
namespace {

TEST(Json, KeepsMembersInTheOrderInWhichTheyWereWritten) {
  Json row;
  row["zebra"] = 1;
  row["ant"] = 2;
  row["zebra"] = 3;
  EXPECT_EQ(row.dump(), R"({"zebra":3,"ant":2})");
}

TEST(Json, WritesEveryKindOfValue) {
  Json all = Json::array({nullptr, true, -3, 18446744073709551615U, 0.5, "text"});
  all.push_back(std::vector<std::string>{"a", "b"});
  all.push_back(Json::object());
  EXPECT_EQ(all.dump(), R"([null,true,-3,18446744073709551615,0.5,"text",["a","b"],{}])");
}

TEST(Json, ReadsWhatItWrites) {
  constexpr std::string_view kText =
      R"({"a":[null,false,-9223372036854775808,18446744073709551615,0.25,""],"b":{"c":[]}})";
  const auto value = Json::parse(kText);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->dump(), kText);
  EXPECT_EQ((*value)["a"][2].get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ((*value)["a"][3].get<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max());
}

TEST(Json, LetsTheLastOfTwoMembersOfOneNameCount) { EXPECT_EQ(Json::parse(R"({"a":1,"a":2})")->dump(), R"({"a":2})"); }

TEST(Json, RefusesWhatIsNoDocument) {
  for (const auto* text : {"", "{", "[1,]", "{\"a\":1} x", "\"a\xff\"", "nul", "01"}) {
    EXPECT_FALSE(Json::parse(text).has_value()) << text;
  }
}

TEST(Json, RefusesOnlyWhatIsNestedTooDeep) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(Json::parse(nested(Json::kMaxDepth)).has_value());
  EXPECT_FALSE(Json::parse(nested(Json::kMaxDepth + 1)).has_value());
  EXPECT_FALSE(Json::parse(nested(60000)).has_value());
}

TEST(Json, ReplacesBytesThatAreNoUtf8) { EXPECT_EQ(Json("a\xff").dump(), "\"a\xef\xbf\xbd\""); }

TEST(Json, ComparesNumbersByValue) {
  EXPECT_EQ(Json(5), Json(5U));
  EXPECT_EQ(Json(5), Json(5.0));
  EXPECT_EQ(Json(-5), Json(-5.0));
  EXPECT_NE(Json(-1), Json(18446744073709551615U));
  EXPECT_NE(Json(1), Json(true));
  EXPECT_NE(Json(5), Json("5"));
}

TEST(Json, FindsNoMemberInWhatIsNoObject) {
  EXPECT_EQ(Json(5).find("a"), nullptr);
  EXPECT_EQ(Json().value("a", 7), 7);
  EXPECT_EQ(Json::array({1}).find("a"), nullptr);
}

TEST(Json, ThrowsWhenAskedForWhatItIsNot) {
  const auto value = Json::parse(R"({"a":"text"})").value();
  EXPECT_THROW((void)value["b"], std::out_of_range);
  EXPECT_THROW((void)value["a"].get<int>(), std::logic_error);
  EXPECT_THROW((void)value["a"].at(0), std::out_of_range);
  EXPECT_THROW((void)Json(1).get<bool>(), std::logic_error);
  EXPECT_THROW((void)Json().back(), std::out_of_range);
}

TEST(Json, PutsEachMemberOnALineOfItsOwn) {
  EXPECT_EQ(Json::parse(R"({"a":[1]})")->dump(2), "{\n  \"a\": [\n    1\n  ]\n}");
}

}  // namespace
}  // namespace dialplane::control
