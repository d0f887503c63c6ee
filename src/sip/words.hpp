// SPDX-License-Identifier: Apache-2.0
// Eight bytes of text as one word: parts, literals and short decimal numbers. Any thread.
#pragma once

#include "dialplane/base/bytes.hpp"

#include <smmintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::sip {

/// Multiplied with a byte, that byte eight times.
inline constexpr std::uint64_t kAllBytes = 0x0101010101010101;

/// The word that up to eight characters make in memory, zeros after them.
constexpr std::uint64_t word_of(std::string_view text) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(8, text.size()); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  }
  return word;
}

/// A literal of up to eight characters as its word, made by the compiler.
struct ShortText {
  template <std::size_t N>
  consteval ShortText(const char (&text)[N]) noexcept : word(word_of({text, N - 1})), size(N - 1) {  // NOLINT: implicit
    static_assert(N >= 2 && N <= 9);
  }
  std::uint64_t word;
  std::size_t size;
};

/// The word at `at`; zeros stand for what lies past the end. Units: at least eight bytes of text, `at` inside it.
inline std::uint64_t word_at(std::string_view text, std::size_t at) noexcept {
  const auto from = std::min(at, text.size() - 8);
  return load_word(text.data() + from) >> (8 * (at - from));
}

/// Reads the decimal number of `length` characters that ends at `end`. Units: `length` from 1 to 8, all eight bytes
/// before `end` inside the text. Errors: false if one of the characters is no digit.
inline bool read_digits(const char* end, std::size_t length, std::uint32_t& number) noexcept {
  const auto before = 64 - 8 * length;
  // Zeros in front change nothing, so all lengths take one road.
  const auto word = (load_word(end - 8) ^ kAllBytes * '0') >> before << before;
  const auto digits = _mm_cvtsi64_si128(static_cast<long long>(word));
  const auto pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010a));
  const auto fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));
  const auto eight = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(0x00012710));
  number = static_cast<std::uint32_t>(_mm_cvtsi128_si32(eight));
  const auto wrong = _mm_subs_epu8(digits, _mm_set1_epi8(9));
  return _mm_testz_si128(wrong, wrong) != 0;
}

}  // namespace dialplane::sip
