// SPDX-License-Identifier: Apache-2.0
// Sixty-four bytes at a time with AVX2. For the kernel of that name only: every function carries its target.
#pragma once

#include "char_tables.hpp"
#include "simd_tail.hpp"
#include "words.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#define DP_TARGET gnu::target("avx2,bmi,bmi2,popcnt")

namespace dialplane::sip {
namespace {

using Head = __m256i;
struct Block {
  __m256i low;
  __m256i high;
};

/// Window::part leaves what follows the part in place.
inline constexpr bool kPartsEndInZeros = false;

/// The lowest bits of a word. Units: `count` from 0 to 255; 64 and more give all bits.
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t keep_low(std::uint64_t word, std::size_t count) noexcept {
  return _bzhi_u64(word, static_cast<unsigned>(count));
}

/// Reads anywhere in a text of at least 64 bytes; what lies past its end reads as zero and is not touched.
class Window {
 public:
  /// Lifetime: the text and the tail, made of it, must outlive the window.
  [[DP_TARGET]] Window(std::string_view text, const Tail& tail) noexcept
      : data_(text.data()), size_(text.size()), tail_(tail.data() + Tail::kSize - text.size()) {}
  [[DP_TARGET, gnu::always_inline]] inline Block block(std::size_t at) const noexcept {
    const auto* from = reinterpret_cast<const __m256i*>(bytes(at, 64));
    return {_mm256_loadu_si256(from), _mm256_loadu_si256(from + 1)};
  }
  [[DP_TARGET, gnu::always_inline]] inline Head head(std::size_t at) const noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes(at, 32)));
  }
  /// `length` bytes, at most 64, inside the text, and whatever follows them.
  [[DP_TARGET, gnu::always_inline]] inline Block part(std::size_t at, std::size_t /*length*/) const noexcept {
    return block(at);
  }
  /// `length` bytes, at most 8, inside the text, as they stand in memory; zeros after them.
  [[DP_TARGET, gnu::always_inline]] inline std::uint64_t word(std::size_t at, std::size_t length) const noexcept {
    const auto from = std::min(at, size_ - 8);
    return keep_low(load_word(data_ + from) >> (8 * (at - from)), 8 * length);
  }

 private:
  [[DP_TARGET, gnu::always_inline]] inline const char* bytes(std::size_t at, std::size_t length) const noexcept {
    return (at + length <= size_ ? data_ : tail_) + at;
  }
  const char* data_;
  std::size_t size_;
  const char* tail_;  ///< position 0 of the text, were the tail its end
};

[[DP_TARGET, gnu::always_inline]] inline std::uint32_t mask_of(__m256i bytes) noexcept {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t join(std::uint32_t low, std::uint32_t high) noexcept {
  return low | std::uint64_t{high} << 32;
}

[[DP_TARGET, gnu::always_inline]] inline __m256i load(const std::uint8_t* bytes) noexcept {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes));
}

template <char C>
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t equal(Head head) noexcept {
  return mask_of(_mm256_cmpeq_epi8(head, load(kEvery<C>.bytes)));
}
template <char Bound>
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t below(Head head) noexcept {
  const auto top = load(kEvery<Bound - 1>.bytes);
  return mask_of(_mm256_cmpeq_epi8(_mm256_max_epu8(head, top), top));
}
/// The bit of each byte's upper nibble: half of the work of members(), for several classes at once.
[[DP_TARGET, gnu::always_inline]] inline __m256i row_bits(Head head) noexcept {
  const auto nibble = _mm256_and_si256(_mm256_srli_epi16(head, 4), load(kEvery<'\x0f'>.bytes));
  return _mm256_shuffle_epi8(load(kRowBits.cells), nibble);
}
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t members(Head head, __m256i rows,
                                                               const CharTable& table) noexcept {
  const auto cells = _mm256_shuffle_epi8(load(table.cells), head);
  return ~mask_of(_mm256_cmpeq_epi8(_mm256_and_si256(cells, rows), _mm256_setzero_si256()));
}
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t members(Head head, const CharTable& table) noexcept {
  return members(head, row_bits(head), table);
}

template <char C>
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t equal(const Block& block) noexcept {
  return join(equal<C>(block.low), equal<C>(block.high));
}
template <char Bound>
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t below(const Block& block) noexcept {
  return join(below<Bound>(block.low), below<Bound>(block.high));
}
[[DP_TARGET, gnu::always_inline]] inline Block row_bits(const Block& block) noexcept {
  return {row_bits(block.low), row_bits(block.high)};
}
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t members(const Block& block, const Block& rows,
                                                               const CharTable& table) noexcept {
  return join(members(block.low, rows.low, table), members(block.high, rows.high, table));
}
[[DP_TARGET, gnu::always_inline]] inline std::size_t trailing_zeros(std::uint64_t marks) noexcept {
  return _tzcnt_u64(marks);
}
/// Units: `count` from 0 to 255; 64 and more give all bits.
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t low_bits(std::size_t count) noexcept {
  return _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(count));
}
/// Units: 32 bytes at `text`.
[[DP_TARGET, gnu::always_inline]] inline Head load_head(const char* text) noexcept {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
}
/// The first eight bytes.
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t first_word(Head head) noexcept {
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm256_castsi256_si128(head)));
}
/// Every byte with bit 0x20 set: letters become lower case, a colon stays a colon.
[[DP_TARGET, gnu::always_inline]] inline Head fold(Head head) noexcept {
  return _mm256_or_si256(head, load(kEvery<' '>.bytes));
}
/// How many bytes from the first one on equal those at `bytes`, which is aligned to 32.
[[DP_TARGET, gnu::always_inline]] inline std::size_t equal_bytes(Head head, const char* bytes) noexcept {
  const auto* vector = reinterpret_cast<const __m256i*>(bytes);
  return trailing_zeros(~mask_of(_mm256_cmpeq_epi8(head, _mm256_load_si256(vector))));
}

/// Units: 64 bytes at `text`.
[[DP_TARGET, gnu::always_inline]] inline Block load_block(const char* text) noexcept {
  const auto* vectors = reinterpret_cast<const __m256i*>(text);
  return {_mm256_loadu_si256(vectors), _mm256_loadu_si256(vectors + 1)};
}

[[DP_TARGET, gnu::always_inline]] inline void store_block(char* to, const Block& block) noexcept {
  auto* vectors = reinterpret_cast<__m256i*>(to);
  _mm256_storeu_si256(vectors, block.low);
  _mm256_storeu_si256(vectors + 1, block.high);
}

/// Counts bytes below a bound in up to 255 blocks.
template <char Bound>
class CountBelow {
 public:
  [[DP_TARGET, gnu::always_inline]] inline void add(const Block& block) noexcept {
    const auto top = load(kEvery<Bound - 1>.bytes);
    low_ = _mm256_sub_epi8(low_, _mm256_cmpeq_epi8(_mm256_max_epu8(block.low, top), top));
    high_ = _mm256_sub_epi8(high_, _mm256_cmpeq_epi8(_mm256_max_epu8(block.high, top), top));
  }
  [[DP_TARGET, gnu::always_inline]] inline std::size_t total() const noexcept {
    const auto zero = _mm256_setzero_si256();
    const auto sums = _mm256_add_epi64(_mm256_sad_epu8(low_, zero), _mm256_sad_epu8(high_, zero));
    const auto halves = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    return static_cast<std::size_t>(_mm_cvtsi128_si64(halves) + _mm_extract_epi64(halves, 1));
  }

 private:
  __m256i low_ = {};
  __m256i high_ = {};
};

}  // namespace
}  // namespace dialplane::sip
