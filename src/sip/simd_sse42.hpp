// SPDX-License-Identifier: Apache-2.0
// Sixty-four bytes at a time with SSE4.2, the floor of every build. For the kernel of that name only.
#pragma once

#include "char_tables.hpp"
#include "simd_tail.hpp"
#include "words.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#define DP_TARGET gnu::target("sse4.2,popcnt")

namespace dialplane::sip {
namespace {

struct Head {
  __m128i low;
  __m128i high;
};
struct Block {
  Head low;
  Head high;
};

/// Window::part leaves what follows the part in place.
inline constexpr bool kPartsEndInZeros = false;

/// Units: `count` from 0 to 255; 64 and more give all bits.
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t low_bits(std::size_t count) noexcept {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}
/// The lowest bits of a word. Units: `count` from 0 to 255; 64 and more give all bits.
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t keep_low(std::uint64_t word, std::size_t count) noexcept {
  return word & low_bits(count);
}

/// Reads anywhere in a text of at least 64 bytes; what lies past its end reads as zero and is not touched.
class Window {
 public:
  /// Lifetime: the text and the tail, made of it, must outlive the window.
  [[DP_TARGET]] Window(std::string_view text, const Tail& tail) noexcept
      : data_(text.data()), size_(text.size()), tail_(tail.data() + Tail::kSize - text.size()) {}
  [[DP_TARGET, gnu::always_inline]] inline Block block(std::size_t at) const noexcept {
    const auto* from = bytes(at, 64);
    return {load(from), load(from + 32)};
  }
  [[DP_TARGET, gnu::always_inline]] inline Head head(std::size_t at) const noexcept { return load(bytes(at, 32)); }
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
  [[DP_TARGET, gnu::always_inline]] static inline Head load(const char* from) noexcept {
    const auto* vectors = reinterpret_cast<const __m128i*>(from);
    return {_mm_loadu_si128(vectors), _mm_loadu_si128(vectors + 1)};
  }
  [[DP_TARGET, gnu::always_inline]] inline const char* bytes(std::size_t at, std::size_t length) const noexcept {
    return (at + length <= size_ ? data_ : tail_) + at;
  }
  const char* data_;
  std::size_t size_;
  const char* tail_;  ///< position 0 of the text, were the tail its end
};

[[DP_TARGET, gnu::always_inline]] inline std::uint32_t mask_of(__m128i low, __m128i high) noexcept {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(low)) | static_cast<std::uint32_t>(_mm_movemask_epi8(high)) << 16;
}
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t join(std::uint32_t low, std::uint32_t high) noexcept {
  return low | std::uint64_t{high} << 32;
}

[[DP_TARGET, gnu::always_inline]] inline __m128i load(const std::uint8_t* bytes) noexcept {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(bytes));
}

template <char C>
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t equal(const Head& head) noexcept {
  const auto wanted = load(kEvery<C>.bytes);
  return mask_of(_mm_cmpeq_epi8(head.low, wanted), _mm_cmpeq_epi8(head.high, wanted));
}
template <char Bound>
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t below(const Head& head) noexcept {
  const auto top = load(kEvery<Bound - 1>.bytes);
  return mask_of(_mm_cmpeq_epi8(_mm_max_epu8(head.low, top), top), _mm_cmpeq_epi8(_mm_max_epu8(head.high, top), top));
}
[[DP_TARGET, gnu::always_inline]] inline __m128i row_bits(__m128i bytes) noexcept {
  const auto nibble = _mm_and_si128(_mm_srli_epi16(bytes, 4), load(kEvery<'\x0f'>.bytes));
  return _mm_shuffle_epi8(load(kRowBits.cells), nibble);
}
[[DP_TARGET, gnu::always_inline]] inline Head row_bits(const Head& head) noexcept {
  return {row_bits(head.low), row_bits(head.high)};
}
[[DP_TARGET, gnu::always_inline]] inline __m128i foreign(__m128i bytes, __m128i rows, const CharTable& table) noexcept {
  const auto cells = _mm_shuffle_epi8(load(table.cells), bytes);
  return _mm_cmpeq_epi8(_mm_and_si128(cells, rows), _mm_setzero_si128());
}
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t members(const Head& head, const Head& rows,
                                                               const CharTable& table) noexcept {
  return ~mask_of(foreign(head.low, rows.low, table), foreign(head.high, rows.high, table));
}
[[DP_TARGET, gnu::always_inline]] inline std::uint32_t members(const Head& head, const CharTable& table) noexcept {
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
/// The bit of each byte's upper nibble: half of the work of members(), for several classes at once.
[[DP_TARGET, gnu::always_inline]] inline Block row_bits(const Block& block) noexcept {
  return {row_bits(block.low), row_bits(block.high)};
}
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t members(const Block& block, const Block& rows,
                                                               const CharTable& table) noexcept {
  return join(members(block.low, rows.low, table), members(block.high, rows.high, table));
}
[[DP_TARGET, gnu::always_inline]] inline std::size_t trailing_zeros(std::uint64_t marks) noexcept {
  return marks == 0 ? 64 : static_cast<std::size_t>(__builtin_ctzll(marks));
}
/// Units: 32 bytes at `text`.
[[DP_TARGET, gnu::always_inline]] inline Head load_head(const char* text) noexcept {
  const auto* vectors = reinterpret_cast<const __m128i*>(text);
  return {_mm_loadu_si128(vectors), _mm_loadu_si128(vectors + 1)};
}
/// The first eight bytes.
[[DP_TARGET, gnu::always_inline]] inline std::uint64_t first_word(const Head& head) noexcept {
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(head.low));
}
/// Every byte with bit 0x20 set: letters become lower case, a colon stays a colon.
[[DP_TARGET, gnu::always_inline]] inline Head fold(const Head& head) noexcept {
  const auto blank = load(kEvery<' '>.bytes);
  return {_mm_or_si128(head.low, blank), _mm_or_si128(head.high, blank)};
}
/// How many bytes from the first one on equal those at `bytes`, which is aligned to 32.
[[DP_TARGET, gnu::always_inline]] inline std::size_t equal_bytes(const Head& head, const char* bytes) noexcept {
  const auto* vectors = reinterpret_cast<const __m128i*>(bytes);
  return trailing_zeros(~mask_of(_mm_cmpeq_epi8(head.low, _mm_load_si128(vectors)),
                                 _mm_cmpeq_epi8(head.high, _mm_load_si128(vectors + 1))));
}

/// Units: 64 bytes at `text`.
[[DP_TARGET, gnu::always_inline]] inline Block load_block(const char* text) noexcept {
  return {load_head(text), load_head(text + 32)};
}

[[DP_TARGET, gnu::always_inline]] inline void store_block(char* to, const Block& block) noexcept {
  auto* vectors = reinterpret_cast<__m128i*>(to);
  _mm_storeu_si128(vectors, block.low.low);
  _mm_storeu_si128(vectors + 1, block.low.high);
  _mm_storeu_si128(vectors + 2, block.high.low);
  _mm_storeu_si128(vectors + 3, block.high.high);
}

/// Counts bytes below a bound in up to 255 blocks.
template <char Bound>
class CountBelow {
 public:
  [[DP_TARGET, gnu::always_inline]] inline void add(const Block& block) noexcept {
    add(sums_[0], block.low.low);
    add(sums_[1], block.low.high);
    add(sums_[2], block.high.low);
    add(sums_[3], block.high.high);
  }
  [[DP_TARGET, gnu::always_inline]] inline std::size_t total() const noexcept {
    auto sum = _mm_setzero_si128();
    for (const auto& part : sums_) sum = _mm_add_epi64(sum, _mm_sad_epu8(part, _mm_setzero_si128()));
    return static_cast<std::size_t>(_mm_cvtsi128_si64(sum) + _mm_extract_epi64(sum, 1));
  }

 private:
  [[DP_TARGET, gnu::always_inline]] static inline void add(__m128i& sum, __m128i bytes) noexcept {
    const auto top = load(kEvery<Bound - 1>.bytes);
    sum = _mm_sub_epi8(sum, _mm_cmpeq_epi8(_mm_max_epu8(bytes, top), top));
  }
  __m128i sums_[4] = {};
};

}  // namespace
}  // namespace dialplane::sip
