// SPDX-License-Identifier: Apache-2.0
// Copies the short texts that messages and hashed strings are put together from. Any thread; no allocation.
#pragma once

#include "dialplane/base/text.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dialplane {

/// What short_copy() does to the bytes on their way: nothing …
struct Unchanged {
  template <class Block>
  Block operator()(Block v) const noexcept {
    return v;
  }
};
/// … or A–Z folded to lower case.
struct Folded {
  char operator()(char c) const noexcept { return ascii_lower(c); }
  std::uint32_t operator()(std::uint32_t v) const noexcept { return static_cast<std::uint32_t>(fold_word(v)); }
  std::uint64_t operator()(std::uint64_t v) const noexcept { return fold_word(v); }
  __m128i operator()(__m128i v) const noexcept {
    // Signed comparison: 'A' becomes the lowest number there is.
    const __m128i from_a = _mm_add_epi8(v, _mm_set1_epi8(static_cast<char>(0x80 - 'A')));
    const __m128i is_upper = _mm_cmplt_epi8(from_a, _mm_set1_epi8(static_cast<char>(0x80 + 26)));
    return _mm_or_si128(v, _mm_and_si128(is_upper, _mm_set1_epi8(0x20)));
  }
};

namespace detail {

/// Copies as many bytes as a Block has.
template <class Block, class Map>
inline void copy_block(char* to, const char* from, Map map) noexcept {
  Block block;
  std::memcpy(&block, from, sizeof block);
  block = map(block);
  std::memcpy(to, &block, sizeof block);
}

}  // namespace detail

/// Copies `size` bytes between places that do not overlap. Cost: no call, and one road for all texts of 16 to 64 bytes:
/// a branch that depends on the length would be foretold wrongly. The blocks overlap, so nothing outside the text is
/// touched.
template <class Map = Unchanged>
inline void short_copy(char* to, const char* from, std::size_t size, Map map = {}) noexcept {
  using Block = __m128i;
  if (size >= 16) {
    for (; size > 64; to += 16, from += 16, size -= 16) detail::copy_block<Block>(to, from, map);
    const std::size_t last = size - 16;
    const std::size_t second = std::min<std::size_t>(16, last);
    const std::size_t third = last - second;
    detail::copy_block<Block>(to, from, map);
    detail::copy_block<Block>(to + second, from + second, map);
    detail::copy_block<Block>(to + third, from + third, map);
    detail::copy_block<Block>(to + last, from + last, map);
  } else if (size >= 8) {
    detail::copy_block<std::uint64_t>(to, from, map);
    detail::copy_block<std::uint64_t>(to + size - 8, from + size - 8, map);
  } else if (size >= 4) {
    detail::copy_block<std::uint32_t>(to, from, map);
    detail::copy_block<std::uint32_t>(to + size - 4, from + size - 4, map);
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = map(from[i]);
  }
}

}  // namespace dialplane
