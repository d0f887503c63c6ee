// SPDX-License-Identifier: Apache-2.0
// The character classes of chars.hpp as nibble tables, for the vector kernels. Constants only.
#pragma once

#include "chars.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::sip {

/// A class of 7-bit characters: bit h of cell l says whether the character with the nibbles h and l belongs to it.
/// Written four times over, so that every vector width loads it whole.
struct alignas(64) CharTable {
  std::uint8_t cells[64] = {};

  constexpr void add(unsigned low, unsigned bits) noexcept {
    for (unsigned copy = 0; copy < 64; copy += 16) {
      cells[copy + low] = static_cast<std::uint8_t>(cells[copy + low] | bits);
    }
  }
};

/// One character as often as a vector has bytes: cheaper to load than to make.
struct alignas(64) CharVector {
  std::uint8_t bytes[64] = {};

  explicit constexpr CharVector(char c) noexcept {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(c);
  }
};
template <char C>
inline constexpr CharVector kEvery{C};

/// The characters with any of the class bits and those of `extra`.
constexpr CharTable make_char_table(std::uint8_t bits, std::string_view extra) noexcept {
  CharTable table;
  for (unsigned c = 0; c < 0x80; ++c) {
    const char character = static_cast<char>(c);
    if (!has_class(character, bits) && extra.find(character) == std::string_view::npos) continue;
    table.add(c & 0x0f, 1U << (c >> 4));
  }
  return table;
}

/// The bit of each upper nibble; none for bytes above 0x7f, which are in no class.
inline constexpr CharTable kRowBits = [] {
  CharTable table;
  for (unsigned row = 0; row < 8; ++row) table.add(row, 1U << row);
  return table;
}();

inline constexpr CharTable kTokenTable = make_char_table(kTokenChar, {});
inline constexpr CharTable kWordTable = make_char_table(kWordChar, {});
inline constexpr CharTable kHostTable = make_char_table(kHostChar, {});
/// What names and values of parameters consist of.
inline constexpr CharTable kNameTable = make_char_table(kNameChar, {});
/// What parameters consist of as long as no value is quoted or holds anything rare.
inline constexpr CharTable kParameterTable = make_char_table(kNameChar, ";=");
/// What a URI without headers may hold: everything visible but '<', '>', '"' and '?'.
inline constexpr CharTable kPlainUriTable = [] {
  CharTable table;
  for (unsigned c = 0; c < 0x80; ++c) {
    const char character = static_cast<char>(c);
    if (has_class(character, kUriStop) || character == '?') continue;
    table.add(c & 0x0f, 1U << (c >> 4));
  }
  return table;
}();

}  // namespace dialplane::sip
