// SPDX-License-Identifier: Apache-2.0
// SipHash of several strings side by side, one in each lane of a vector. One owner at a time; no allocation.
#pragma once

#include "dialplane/base/short_copy.hpp"
#include "dialplane/base/simd.hpp"
#include "dialplane/base/siphash.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dialplane {

/// Strings as words, transposed: word i of all lanes lies together. The last word of a string holds its last bytes and,
/// in the highest byte, its length.
struct HashLanes {
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kMaxWords = 40;
  using Row = std::array<std::uint64_t, kLanes>;
  alignas(64) Row k0;
  alignas(64) Row k1;
  alignas(64) Row counts;  ///< words of each string
  alignas(64) Row digests;
  std::size_t least;  ///< the smallest of the counts in use
  std::size_t most;   ///< the largest
  alignas(64) std::array<Row, kMaxWords> words;
};

/// Hashes the first `used` lanes. Any value of the others is allowed; their digests mean nothing.
using LanesKernel = void (*)(HashLanes& lanes, std::size_t used) noexcept;
/// The kernel of SipHash with C and D rounds for one level; the processor must have it.
template <int C, int D>
LanesKernel lanes_kernel(SimdLevel level) noexcept;
extern template LanesKernel lanes_kernel<1, 3>(SimdLevel level) noexcept;
extern template LanesKernel lanes_kernel<2, 4>(SimdLevel level) noexcept;

/// Takes strings one after the other and hashes eight at a time: several times cheaper than one by one, because each
/// step of a SipHash waits for the one before. The digests are those of SipHasher over the same bytes.
template <int C, int D>
class SipHashLanes {
 public:
  /// One string in the making. Kept in registers: where it goes on is no member of the lanes, because every store of
  /// text might change that.
  class String {
   public:
    /// Adds eight bytes, little endian. At most kMostWords of them in a row.
    void word(std::uint64_t v) noexcept {
      *at_ = v;
      at_ += HashLanes::kLanes;
    }
    /// Adds text with zeros behind it up to whole words; its length is the caller's to add.
    void padded(std::string_view s) noexcept { pad(add(s, Unchanged{})); }
    /// The same with A–Z folded to lower case.
    void padded_folded(std::string_view s) noexcept { pad(add(s, Folded{})); }
    /// Adds the last bytes, at most seven of them, the unused ones of `v` zero, and ends the string.
    void close(std::uint64_t v, std::size_t bytes) noexcept { lanes_.end(at_, v, bytes); }
    /// Adds text as it is and ends the string.
    void close_text(std::string_view s) noexcept {
      const auto bytes = add(s, Unchanged{});
      close(*at_, bytes);
    }

   private:
    friend SipHashLanes;
    explicit String(SipHashLanes& lanes) noexcept : lanes_(lanes), at_(lanes.begin()) {}

    void pad(std::size_t bytes) noexcept { at_ += bytes != 0 ? HashLanes::kLanes : 0; }
    /// Adds text up to its last whole word and puts the bytes behind that at at_. Returns their number.
    template <class Map>
    std::size_t add(std::string_view s, Map map) noexcept {
      if (static_cast<std::size_t>(at_ - lanes_.begin()) + s.size() > kTextPlaces) [[unlikely]] {
        s = lanes_.make_room(at_, s, map);
        at_ = lanes_.begin();
      }
      at_ = put_text(at_, s, map);
      return s.size() % 8;
    }

    SipHashLanes& lanes_;
    std::uint64_t* at_;
  };
  /// Words that a string may begin with, and that may follow each of its texts; the end of the string is one.
  static constexpr std::size_t kMostWords = 12;

  explicit SipHashLanes(LanesKernel kernel = lanes_kernel<C, D>(simd_level())) noexcept : kernel_(kernel) { clear(); }

  /// Begins a string, which must be closed before the next. Its digest will be in `digest` after run(), or before if
  /// more than eight are given.
  String open(const SipKey& key, std::uint64_t& digest) noexcept {
    if (used_ == HashLanes::kLanes) run();
    take_lane(used_, key, digest);
    spilled_bytes_ = 0;
    return String(*this);
  }
  /// Adds one text under two keys.
  void twins(std::string_view s, const SipKey& key, std::uint64_t& digest, const SipKey& other_key,
             std::uint64_t& other_digest) noexcept {
    if (s.size() < 8 || s.size() > kLongText) [[unlikely]] {
      open(key, digest).close_text(s);
      return open(other_key, other_digest).close_text(s);
    }
    if (used_ + 2 > HashLanes::kLanes) run();
    take_lane(used_, key, digest);
    take_lane(used_ + 1, other_key, other_digest);
    spilled_bytes_ = 0;
    auto* const at = begin();
    const auto put = [&](std::size_t i) {
      const __m128i both = _mm_set1_epi64x(static_cast<long long>(load_word(s.data() + std::min(8 * i, s.size() - 8))));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + i * HashLanes::kLanes), both);
    };
    for (std::size_t i = 0; i < kShortText / 8; ++i) put(i);
    if (s.size() > kShortText) {
      for (std::size_t i = kShortText / 8; i < kLongText / 8; ++i) put(i);
    }
    auto* const last = at + s.size() / 8 * HashLanes::kLanes;
    const auto rest = last_bytes(s.data(), s.size());
    end(last, rest, s.size() % 8);
    end(last + 1, rest, s.size() % 8);
  }
  /// Hashes what is there.
  void run() noexcept {
    if (used_ == 0) return;
    kernel_(lanes_, used_);
    for (std::size_t i = 0; i < used_; ++i) *outs_[i] = lanes_.digests[i];
    clear();
  }

 private:
  /// Texts up to these lengths are put into a lane without a branch for each word.
  static constexpr std::size_t kShortText = 32;
  static constexpr std::size_t kLongText = 64;
  /// Where a text must end, in eighths of a row, which is a byte of the string each: then kMostWords fit behind it.
  static constexpr std::size_t kTextPlaces = 8 * (HashLanes::kMaxWords - kMostWords);
  static_assert(HashLanes::kLanes == 8 && kLongText / 8 <= kMostWords);

  /// Puts text into rows from `at` on and returns the place of its last bytes, which may be none. What it leaves behind
  /// that place means nothing.
  template <class Map>
  static std::uint64_t* put_text(std::uint64_t* at, std::string_view s, Map map) noexcept {
    auto* const last = at + s.size() / 8 * HashLanes::kLanes;
    if (s.size() >= 8) {
      const std::size_t most = s.size() - 8;
      const auto put_two = [&](std::size_t from) {
        const __m128i two = map(_mm_set_epi64x(static_cast<long long>(load_word(s.data() + std::min(from + 8, most))),
                                               static_cast<long long>(load_word(s.data() + std::min(from, most)))));
        _mm_storel_epi64(reinterpret_cast<__m128i*>(at + from), two);
        _mm_storeh_pd(reinterpret_cast<double*>(at + from + 8), _mm_castsi128_pd(two));
      };
      put_two(0);
      put_two(16);
      for (std::size_t from = kShortText; from < s.size(); from += 32) {
        put_two(from);
        put_two(from + 16);
      }
    }
    *last = map(last_bytes(s.data(), s.size()));
    return last;
  }

  [[nodiscard]] std::uint64_t* begin() noexcept { return &lanes_.words[0][used_]; }
  void clear() noexcept {
    used_ = 0;
    lanes_.least = HashLanes::kMaxWords;
    lanes_.most = 0;
  }
  void take_lane(std::size_t lane, const SipKey& key, std::uint64_t& digest) noexcept {
    lanes_.k0[lane] = key.k0;
    lanes_.k1[lane] = key.k1;
    outs_[lane] = &digest;
  }
  /// Ends the open string with its last word at `at`.
  void end(std::uint64_t* at, std::uint64_t v, std::size_t bytes) noexcept {
    const auto whole = static_cast<std::size_t>(at - begin());
    *at = v | static_cast<std::uint64_t>(spilled_bytes_ + whole + bytes) << 56;
    if (spilled_bytes_ != 0) [[unlikely]]
      return end_spilled(at, bytes);
    const auto count = whole / 8 + 1;
    lanes_.least = std::min(lanes_.least, count);
    lanes_.most = std::max(lanes_.most, count);
    lanes_.counts[used_++] = count;
  }

  /// A string longer than a lane is hashed by itself: what comes before the rest of `s`, which is returned and begins
  /// the lane anew.
  template <class Map>
  [[gnu::noinline]] std::string_view make_room(const std::uint64_t* at, std::string_view s, Map map) noexcept {
    spill(at);
    while (s.size() > kTextPlaces) {
      spill(put_text(begin(), cut(s, 0, kLongText), map));
      s.remove_prefix(kLongText);
    }
    return s;
  }
  [[gnu::noinline]] void spill(const std::uint64_t* at) noexcept {
    if (spilled_bytes_ == 0) spilled_ = SipHasher<C, D>({lanes_.k0[used_], lanes_.k1[used_]});
    for (const auto* word = begin(); word != at; word += HashLanes::kLanes) spilled_.u64(*word);
    spilled_bytes_ += static_cast<std::size_t>(at - begin());
  }
  [[gnu::noinline]] void end_spilled(const std::uint64_t* at, std::size_t bytes) noexcept {
    const auto last = *at;
    spill(at);
    *outs_[used_] = spilled_.bytes(&last, bytes).digest();
  }

  HashLanes lanes_;
  std::array<std::uint64_t*, HashLanes::kLanes> outs_{};
  LanesKernel kernel_;
  std::size_t used_ = 0;  ///< closed strings; the open one has this lane
  std::size_t spilled_bytes_ = 0;
  SipHasher<C, D> spilled_{SipKey{}};
};

using SipHash13Lanes = SipHashLanes<1, 3>;
using SipHash24Lanes = SipHashLanes<2, 4>;

}  // namespace dialplane
