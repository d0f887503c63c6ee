// SPDX-License-Identifier: Apache-2.0
// Text tools: limits, foreign characters, round trips. Test thread.
#include "dialplane/base/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace dialplane {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

std::string base32(std::string_view data) {
  std::string out(data.size() * 2 + 1, '?');
  out.resize(write_base32(out.data(), reinterpret_cast<const std::uint8_t*>(data.data()), data.size()));
  return out;
}

std::optional<std::string> from_base32(std::string_view text, std::size_t capacity = 64) {
  std::array<std::uint8_t, 64> out{};
  const auto length = parse_base32(text, out.data(), capacity);
  if (!length) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(out.data()), *length);
}

TEST(Text, CutStopsAtTheEnd) {
  EXPECT_EQ(cut("abc", 1), "bc");
  EXPECT_EQ(cut("abc", 1, 1), "b");
  EXPECT_EQ(cut("abc", 1, 9), "bc");
  EXPECT_EQ(cut("abc", 3), "");
  EXPECT_EQ(cut("abc", 4, 1), "");
  EXPECT_EQ(cut({}, 1), "");
  EXPECT_EQ(cut("abc", std::string_view::npos), "");
}

TEST(Iequals, IgnoresCaseOfLettersOnly) {
  EXPECT_TRUE(iequals("Call-ID", "cALL-id"));
  EXPECT_TRUE(iequals("", ""));
  EXPECT_FALSE(iequals("Call-ID", "Call-I"));
  // '@' and '`', '[' and '{' differ only in the bit that tells cases apart.
  EXPECT_FALSE(iequals("@", "`"));
  EXPECT_FALSE(iequals("[", "{"));
}

TEST(ParseDecimal, ReadsDigitsUpToTheLimit) {
  EXPECT_EQ(parse_decimal("0", 0), 0U);
  EXPECT_EQ(parse_decimal("65535", 65535), 65535U);
  EXPECT_EQ(parse_decimal("65536", 65535), std::nullopt);
  EXPECT_EQ(parse_decimal("007", 7), 7U);
  EXPECT_EQ(parse_decimal("18446744073709551615", kNoLimit), kNoLimit);
}

TEST(ParseDecimal, NeverWraps) {
  EXPECT_EQ(parse_decimal("18446744073709551616", kNoLimit), std::nullopt);
  EXPECT_EQ(parse_decimal("36893488147419103232", kNoLimit), std::nullopt);
  EXPECT_EQ(parse_decimal(std::string(300, '9'), kNoLimit), std::nullopt);
  EXPECT_EQ(parse_decimal(std::string(300, '0') + "5", 9), 5U);
}

TEST(ParseDecimal, RefusesAnythingButDigits) {
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "1e3", "/", ":"}) {
    EXPECT_EQ(parse_decimal(text, kNoLimit), std::nullopt) << '"' << text << '"';
  }
}

TEST(WriteDecimal, WritesShortestForm) {
  std::array<char, 20> out;
  EXPECT_EQ(std::string(out.data(), write_decimal(out.data(), 0)), "0");
  EXPECT_EQ(std::string(out.data(), write_decimal(out.data(), 1000)), "1000");
  EXPECT_EQ(std::string(out.data(), write_decimal(out.data(), kNoLimit)), "18446744073709551615");
}

TEST(Hex, WritesLowestDigits) {
  std::array<char, 16> out;
  EXPECT_EQ(std::string(out.data(), write_hex(out.data(), 0xABCDEF01, 4)), "ef01");
  EXPECT_EQ(std::string(out.data(), write_hex(out.data(), 1, 16)), "0000000000000001");
}

TEST(Hex, ReadsOneToSixteenDigitsOfAnyCase) {
  EXPECT_EQ(parse_hex("0"), 0U);
  EXPECT_EQ(parse_hex("DeadBeef"), 0xdeadbeefU);
  EXPECT_EQ(parse_hex("ffffffffffffffff"), kNoLimit);
  for (const char* text : {"", "00000000000000000", "g", "0x1", "-1", "1 "}) {
    EXPECT_EQ(parse_hex(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(Base32, MatchesVectorsOfRfc4648) {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "my"},
                                                                    {"fo", "mzxq"},
                                                                    {"foo", "mzxw6"},
                                                                    {"foob", "mzxw6yq"},
                                                                    {"fooba", "mzxw6ytb"},
                                                                    {"foobar", "mzxw6ytboi"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(base32(plain), coded);
    EXPECT_EQ(from_base32(coded), plain);
  }
}

TEST(Base32, ReadsAnyCase) { EXPECT_EQ(from_base32("MzXw6YTBOI"), "foobar"); }

TEST(Base32, EveryByteValueSurvives) {
  for (int v = 0; v < 256; ++v) {
    const std::string plain = {static_cast<char>(v), static_cast<char>(255 - v), static_cast<char>(v)};
    EXPECT_EQ(from_base32(base32(plain)), plain) << v;
  }
}

TEST(Base32, RefusesForeignCharacters) {
  for (const char* text : {"m0", "m1", "m8", "m9", "m=", "m-", "m ", "mz[q", "\xff\xff"}) {
    EXPECT_EQ(from_base32(text), std::nullopt) << text;
  }
}

TEST(Base32, RefusesLengthsNoByteStringHas) {
  for (const std::size_t length : {1U, 3U, 6U, 9U, 11U, 14U}) {
    EXPECT_EQ(from_base32(std::string(length, 'a')), std::nullopt) << length;
  }
}

TEST(Base32, RefusesNonZeroTrailingBits) {
  EXPECT_EQ(from_base32("my"), "f");
  EXPECT_EQ(from_base32("mz"), std::nullopt);
  EXPECT_EQ(from_base32("mzxr"), std::nullopt);
}

TEST(Base32, RespectsCapacity) {
  EXPECT_EQ(from_base32("mzxw6ytb", 5), "fooba");
  EXPECT_EQ(from_base32("mzxw6ytb", 4), std::nullopt);
}

TEST(ConstantTimeEqual, ComparesEveryByte) {
  std::array<std::uint8_t, 8> a = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_TRUE(constant_time_equal(a.data(), a.data(), a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto b = a;
    b[i] ^= 0x80;
    EXPECT_FALSE(constant_time_equal(a.data(), b.data(), a.size())) << i;
    EXPECT_TRUE(constant_time_equal(a.data(), b.data(), i));
  }
}

}  // namespace
}  // namespace dialplane
