// SPDX-License-Identifier: Apache-2.0
// Text tools: limits, foreign characters, round trips. Test thread.
#include "dialplane/base/text.hpp"

#include "guarded_buffer.hpp"

#include "dialplane/base/short_copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

/// `text` at the end of a readable page: a byte read past it ends the test.
class AtPageEnd {
 public:
  explicit AtPageEnd(std::string_view text) : buffer_(text.size(), test::Guard::kAfter), size_(text.size()) {
    std::copy(text.begin(), text.end(), buffer_.data());
  }
  [[nodiscard]] std::string_view text() { return {reinterpret_cast<const char*>(buffer_.data()), size_}; }

 private:
  test::GuardedBuffer buffer_;
  std::size_t size_;
};

TEST(Text, FoldsEveryByteOfAWordAsTheByteAlone) {
  for (unsigned c = 0; c < 256; ++c) {
    for (unsigned place = 0; place < 64; place += 8) {
      const auto folded = static_cast<std::uint8_t>(ascii_lower(static_cast<char>(c)));
      const std::uint64_t others = 0x5a5a5a5a5a5a5a5aU & ~(std::uint64_t{0xff} << place);
      const std::uint64_t others_folded = 0x7a7a7a7a7a7a7a7aU & ~(std::uint64_t{0xff} << place);
      EXPECT_EQ(fold_word((std::uint64_t{c} << place) | others), (std::uint64_t{folded} << place) | others_folded);
    }
  }
}

TEST(Text, ComparesEveryLengthToItsLastByteAndNoFurther) {
  for (std::size_t length = 1; length < 40; ++length) {
    std::string lower(length, 'k');
    std::string upper(length, 'K');
    AtPageEnd a(lower);
    EXPECT_TRUE(iequals(a.text(), AtPageEnd(upper).text())) << length;
    for (std::size_t at = 0; at < length; ++at) {
      auto other = upper;
      other[at] = '[';
      EXPECT_FALSE(iequals(a.text(), AtPageEnd(other).text())) << length << ' ' << at;
    }
  }
}

TEST(Text, WritesAsManyHexDigitsAsAskedAndReadsThemBack) {
  constexpr std::uint64_t kValue = 0x0123456789abcdefU;
  const std::string all = "0123456789abcdef";
  for (std::size_t digits = 1; digits <= 16; ++digits) {
    std::array<char, 17> out;
    out.fill('#');
    EXPECT_EQ(write_hex(out.data(), kValue, digits), digits);
    const std::string_view text{out.data(), digits};
    EXPECT_EQ(text, all.substr(16 - digits));
    EXPECT_EQ(out[digits], '#');
    AtPageEnd at_end(text);
    EXPECT_EQ(parse_hex(at_end.text()), kValue & (~std::uint64_t{0} >> (64 - 4 * digits)));
  }
}

TEST(Text, RefusesEveryForeignHexDigitInEveryPlace) {
  for (unsigned c = 0; c < 256; ++c) {
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    for (const std::size_t length : {1, 5, 8, 11, 16}) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, '7');
        text[at] = static_cast<char>(c);
        EXPECT_EQ(parse_hex(text).has_value(), is_digit) << c << ' ' << length << ' ' << at;
      }
    }
  }
}

TEST(Text, WritesBase32OfEveryLengthBitByBit) {
  std::string data;
  for (int i = 0; i < 40; ++i) {
    std::string wanted;
    for (std::size_t bit = 0; bit < 8 * data.size(); bit += 5) {
      unsigned value = 0;
      for (std::size_t b = bit; b < bit + 5; ++b) {
        const unsigned byte = b / 8 < data.size() ? static_cast<std::uint8_t>(data[b / 8]) : 0;
        value = value * 2 + (byte >> (7 - b % 8) & 1);
      }
      wanted += "abcdefghijklmnopqrstuvwxyz234567"[value];
    }
    EXPECT_EQ(base32(AtPageEnd(data).text()), wanted);
    EXPECT_EQ(from_base32(wanted), data);
    data += static_cast<char>(37 * i + 11);
  }
}

TEST(Text, WritesBase32InBlocksAsByGroups) {
  for (std::size_t length = 1; length <= 60; ++length) {
    std::array<std::uint8_t, 80> data{};
    for (std::size_t i = 0; i < length; ++i) data[i] = static_cast<std::uint8_t>(length * 59 + i * 151);
    std::array<char, 128> out{};
    const auto written = write_base32_blocks(out.data(), data.data(), length);
    EXPECT_EQ(std::string_view(out.data(), written), base32({reinterpret_cast<const char*>(data.data()), length}));
  }
}

TEST(Text, ShortCopyWritesEveryLengthAndNothingElse) {
  const std::string quick = "The quick brown fox jumps over the lazy dog, 0123456789 @[`{\xc3\xdf ";
  const std::string from = quick + quick;
  for (std::size_t length = 0; length <= from.size(); ++length) {
    std::string to(from.size() + 1, '#');
    short_copy(to.data(), AtPageEnd(from.substr(0, length)).text().data(), length);
    EXPECT_EQ(to, from.substr(0, length) + std::string(from.size() + 1 - length, '#'));
  }
}

TEST(Text, ShortCopyFoldsEveryByteAlike) {
  std::string from;
  for (int c = 0; c < 256; ++c) from += static_cast<char>(c);
  for (std::size_t length = 0; length <= 80; ++length) {
    for (std::size_t at = 0; at + length <= from.size(); at += 3) {
      std::string to(length, '#');
      std::string wanted = from.substr(at, length);
      short_copy(to.data(), from.data() + at, length, Folded{});
      for (auto& c : wanted) c = ascii_lower(c);
      EXPECT_EQ(to, wanted);
    }
  }
}

}  // namespace
}  // namespace dialplane
