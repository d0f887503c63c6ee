// SPDX-License-Identifier: Apache-2.0
// Eight bytes of text as one word: loads, literals and short decimal numbers. Any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dialplane::sip {

/// Multiplied with a byte, that byte eight times.
inline constexpr std::uint64_t kAllBytes = 0x0101010101010101;

inline std::uint64_t load_word(const char* text) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  return word;
}

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

/// Reads the first `length` characters of a word as a decimal number. Units: `length` from 1 to 8.
/// Errors: false if one of them is no digit.
inline bool read_digits(std::uint64_t word, std::size_t length, std::uint32_t& number) noexcept {
  const auto unused = 64 - 8 * length;
  // Zeros in front change nothing, so all lengths take one road.
  const auto digits = unused == 0 ? word : word << unused | (kAllBytes * '0') >> (64 - unused);
  const auto wrong = ((digits + kAllBytes * 0x46) | (digits - kAllBytes * '0')) & kAllBytes * 0x80;
  auto value = digits & kAllBytes * 0x0f;
  value = (value * 2561) >> 8 & 0x00ff00ff00ff00ff;
  value = (value * 6553601) >> 16 & 0x0000ffff0000ffff;
  number = static_cast<std::uint32_t>((value * 42949672960001) >> 32);
  return wrong == 0;
}

}  // namespace dialplane::sip
