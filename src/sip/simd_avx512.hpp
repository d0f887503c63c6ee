// SPDX-License-Identifier: Apache-2.0
// Sixty-four bytes at a time with AVX-512BW. For the kernel of that name only: every function carries its target, so
// that no shared inline function is ever compiled for a processor that lacks it.
#pragma once

#include "char_tables.hpp"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#define DP_TARGET gnu::target("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,popcnt")

namespace dialplane::sip {
namespace {

using Block = __m512i;
using Head = __m256i;
/// Window::part leaves nothing after the part that could be taken for text.
inline constexpr bool kPartsEndInZeros = true;

/// Nothing is needed beside the text: masked loads do not touch what they leave out.
struct Tail {
  explicit Tail(std::string_view /*text*/) noexcept {}
};

/// Reads anywhere in a text of at least 64 bytes; what lies past its end reads as zero and is not touched.
class Window {
 public:
  [[DP_TARGET]] Window(std::string_view text, const Tail& /*tail*/) noexcept : data_(text.data()), size_(text.size()) {}
  [[DP_TARGET, gnu::always_inline]] inline Block block(std::size_t at) const noexcept {
    const auto left = size_ - at;
    if (left >= 64) return _mm512_loadu_si512(data_ + at);
    return _mm512_maskz_loadu_epi8(_bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(left)), data_ + at);
  }
  [[DP_TARGET, gnu::always_inline]] inline Head head(std::size_t at) const noexcept {
    const auto left = size_ - at;
    const auto shown = static_cast<unsigned>(left < 32 ? left : 32);
    return _mm256_maskz_loadu_epi8(_bzhi_u32(~std::uint32_t{0}, shown), data_ + at);
  }

  /// `length` bytes, at most 64, inside the text; zeros after them.
  [[DP_TARGET, gnu::always_inline]] inline Block part(std::size_t at, std::size_t length) const noexcept {
    return _mm512_maskz_loadu_epi8(_bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(length)), data_ + at);
  }
  /// `length` bytes, at most 8, inside the text, as they stand in memory; zeros after them.
  [[DP_TARGET, gnu::always_inline]] inline std::uint64_t word(std::size_t at, std::size_t length) const noexcept {
    const auto shown = static_cast<__mmask16>(_bzhi_u32(0xff, static_cast<unsigned>(length)));
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_maskz_loadu_epi8(shown, data_ + at)));
  }

 private:
  const char* data_;
  std::size_t size_;
};

template <char C>
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t equal(Block block) noexcept {
  return _mm512_cmpeq_epi8_mask(block, _mm512_load_si512(kEvery<C>.bytes));
}
template <char Bound>
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t below(Block block) noexcept {
  return _mm512_cmplt_epu8_mask(block, _mm512_load_si512(kEvery<Bound>.bytes));
}
/// The bit of each byte's upper nibble: half of the work of members(), for several classes at once.
[[DP_TARGET, gnu::always_inline]] inline Block row_bits(Block block) noexcept {
  const auto nibble = _mm512_and_si512(_mm512_srli_epi16(block, 4), _mm512_load_si512(kEvery<'\x0f'>.bytes));
  return _mm512_shuffle_epi8(_mm512_load_si512(kRowBits.cells), nibble);
}
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t members(Block block, Block rows,
                                                               const CharTable& table) noexcept {
  return _mm512_test_epi8_mask(_mm512_shuffle_epi8(_mm512_load_si512(table.cells), block), rows);
}

[[DP_TARGET, gnu::always_inline]] inline Head load(const std::uint8_t* bytes) noexcept {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes));
}
template <char C>
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t equal(Head head) noexcept {
  return _mm256_cmpeq_epi8_mask(head, load(kEvery<C>.bytes));
}
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t members(Head head, const CharTable& table) noexcept {
  const auto nibble = _mm256_and_si256(_mm256_srli_epi16(head, 4), load(kEvery<'\x0f'>.bytes));
  const auto rows = _mm256_shuffle_epi8(load(kRowBits.cells), nibble);
  return _mm256_test_epi8_mask(_mm256_shuffle_epi8(load(table.cells), head), rows);
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
/// The lowest bits of a word. Units: `count` from 0 to 255; 64 and more give all bits.
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t keep_low(std::uint64_t word, std::size_t count) noexcept {
  return _bzhi_u64(word, static_cast<unsigned>(count));
}
/// Every byte with bit 0x20 set: letters become lower case, a colon stays a colon.
[[DP_TARGET, gnu::always_inline]] inline Head fold(Head head) noexcept {
  return _mm256_or_si256(head, load(kEvery<' '>.bytes));
}
/// How many bytes from the first one on equal those at `bytes`, which is aligned to 32.
[[DP_TARGET, gnu::always_inline]] inline std::size_t equal_bytes(Head head, const char* bytes) noexcept {
  const auto* vector = reinterpret_cast<const __m256i*>(bytes);
  return trailing_zeros(_mm256_cmpneq_epi8_mask(head, _mm256_load_si256(vector)));
}

/// Units: 64 bytes at `text`.
[[DP_TARGET, gnu::always_inline]] inline Block load_block(const char* text) noexcept {
  return _mm512_loadu_si512(text);
}

[[DP_TARGET, gnu::always_inline]] inline void store_block(char* to, Block block) noexcept {
  _mm512_storeu_si512(to, block);
}

/// Counts bytes below a bound in up to 255 blocks.
template <char Bound>
class CountBelow {
 public:
  [[DP_TARGET, gnu::always_inline]] inline void add(Block block) noexcept {
    const auto found = _mm512_cmplt_epu8_mask(block, _mm512_load_si512(kEvery<Bound>.bytes));
    sums_ = _mm512_mask_add_epi8(sums_, found, sums_, _mm512_load_si512(kEvery<'\x01'>.bytes));
  }
  [[DP_TARGET, gnu::always_inline]] inline std::size_t total() const noexcept {
    return static_cast<std::size_t>(_mm512_reduce_add_epi64(_mm512_sad_epu8(sums_, _mm512_setzero_si512())));
  }

 private:
  Block sums_ = {};
};

}  // namespace
}  // namespace dialplane::sip
