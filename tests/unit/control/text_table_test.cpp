// SPDX-License-Identifier: Apache-2.0
// Tables for people.
#include "dialplane/control/text_table.hpp"

#include <gtest/gtest.h>

namespace dialplane::control {
namespace {

Json read(const char* text) { return Json::parse(text).value(); }

TEST(TextTable, AlignsTextLeftAndNumbersRight) {
  const auto result = read(R"({"rows":[{"name":"a","count":5},{"name":"long","count":12345678}]})");
  EXPECT_EQ(format_table(result, TableHeader::kShown),
            "NAME     COUNT\n"
            "a            5\n"
            "long  12345678\n");
}

TEST(TextTable, LeavesTheHeaderOut) {
  const auto result = read(R"({"rows":[{"a":1,"b":"x"}]})");
  EXPECT_EQ(format_table(result, TableHeader::kHidden), "1  x\n");
}

TEST(TextTable, ShowsAMissingCellAsADash) {
  const auto result = read(R"({"rows":[{"a":"x","b":"y"},{"a":"z"}]})");
  EXPECT_EQ(format_table(result, TableHeader::kHidden), "x  y\nz  -\n");
}

TEST(TextTable, WritesListsAndBooleansAsWords) {
  const auto result = read(R"({"rows":[{"list":["p","q"],"on":true,"none":[]}]})");
  EXPECT_EQ(format_table(result, TableHeader::kHidden), "p,q  yes  -\n");
}

TEST(TextTable, CountsCharactersAndNotBytes) {
  const auto result = read(R"({"rows":[{"a":"é","b":"x"},{"a":"ee","b":"y"}]})");
  EXPECT_EQ(format_table(result, TableHeader::kHidden), "é   x\nee  y\n");
}

TEST(TextTable, PrintsRecordsAsBlocks) {
  const auto result = read(R"({"layout":"records","rows":[{"a":1,"long":"x"},{"a":2}]})");
  EXPECT_EQ(format_table(result, TableHeader::kShown), "a     1\nlong  x\n\na  2\n");
}

TEST(TextTable, LeavesOutRowsWhoseListedColumnsAreAllZero) {
  const auto result = read(R"({"hide_zero":["n","m"],"rows":[{"a":"x","n":0,"m":0},{"a":"y","n":0,"m":2}]})");
  EXPECT_EQ(format_table(result, TableHeader::kHidden), "y  0  2\n");
}

TEST(TextTable, PrintsNothingForNoRows) { EXPECT_EQ(format_table(read(R"({"rows":[]})"), TableHeader::kShown), ""); }

}  // namespace
}  // namespace dialplane::control
