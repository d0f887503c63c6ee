// SPDX-License-Identifier: Apache-2.0
// SipHash of several strings side by side, one in each lane of a vector. One owner at a time; no allocation.
#pragma once

#include "dialplane/base/simd.hpp"
#include "dialplane/base/siphash.hpp"
#include "dialplane/base/text.hpp"

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
  static constexpr std::size_t kMaxWords = 32;
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
  explicit SipHashLanes(LanesKernel kernel = lanes_kernel<C, D>(simd_level())) noexcept : kernel_(kernel) {}

  /// Opens a string. Its digest will be in `digest` after run(), or before if more than eight are given.
  void open(const SipKey& key, std::uint64_t& digest) noexcept {
    if (used_ == HashLanes::kLanes) run();
    lanes_.k0[used_] = key.k0;
    lanes_.k1[used_] = key.k1;
    outs_[used_] = &digest;
    count_ = 0;
    spilled_words_ = 0;
  }
  /// Adds eight bytes, little endian.
  void word(std::uint64_t v) noexcept {
    // The last place is kept for close().
    if (count_ == HashLanes::kMaxWords - 1) [[unlikely]]
      spill();
    lanes_.words[count_++][used_] = v;
  }
  /// Adds text with zeros behind it up to whole words; its length is the caller's to add.
  void padded(std::string_view s) noexcept {
    add_words(s, [](std::uint64_t v) { return v; });
    if (s.size() % 8 != 0) word(tail_of(s));
  }
  /// The same with A–Z folded to lower case.
  void padded_folded(std::string_view s) noexcept {
    add_words(s, fold_word);
    if (s.size() % 8 != 0) word(fold_word(tail_of(s)));
  }
  /// Adds the last bytes, at most seven of them, the unused ones of `v` zero, and ends the string.
  void close(std::uint64_t v, std::size_t bytes) noexcept {
    const auto length = 8 * (spilled_words_ + count_) + bytes;
    v |= static_cast<std::uint64_t>(length) << 56;
    if (spilled_words_ != 0) [[unlikely]]
      return close_spilled(v, bytes);
    lanes_.words[count_++][used_] = v;
    lanes_.least = used_ == 0 ? count_ : std::min(lanes_.least, count_);
    lanes_.most = used_ == 0 ? count_ : std::max(lanes_.most, count_);
    lanes_.counts[used_++] = count_;
  }
  /// Adds text as it is and ends the string.
  void close_text(std::string_view s) noexcept {
    add_words(s, [](std::uint64_t v) { return v; });
    close(tail_of(s), s.size() % 8);
  }
  /// Hashes what is there.
  void run() noexcept {
    if (used_ == 0) return;
    kernel_(lanes_, used_);
    for (std::size_t i = 0; i < used_; ++i) *outs_[i] = lanes_.digests[i];
    used_ = 0;
  }

 private:
  /// The bytes after the last whole word, zeros above them.
  static std::uint64_t tail_of(std::string_view s) noexcept {
    const std::size_t rest = s.size() % 8;
    if (rest == 0) return 0;
    std::uint64_t v = 0;
    if (s.size() >= 8) {
      // Ends where the text ends: no byte outside it is read.
      std::memcpy(&v, s.data() + s.size() - 8, sizeof v);
      return v >> (64 - 8 * rest);
    }
    for (std::size_t i = 0; i < rest; ++i) v |= std::uint64_t{static_cast<unsigned char>(s[i])} << (8 * i);
    return v;
  }
  template <class Map>
  void add_words(std::string_view s, Map map) noexcept {
    const char* const end = s.data() + s.size() / 8 * 8;
    for (const char* p = s.data(); p != end; p += 8) {
      std::uint64_t v;
      std::memcpy(&v, p, sizeof v);
      word(map(v));
    }
  }

  /// A string longer than a lane is hashed by itself, as far as it goes.
  [[gnu::noinline]] void spill() noexcept {
    if (spilled_words_ == 0) spilled_ = SipHasher<C, D>({lanes_.k0[used_], lanes_.k1[used_]});
    for (std::size_t i = 0; i < count_; ++i) spilled_.u64(lanes_.words[i][used_]);
    spilled_words_ += count_;
    count_ = 0;
  }
  [[gnu::noinline]] void close_spilled(std::uint64_t last, std::size_t bytes) noexcept {
    spill();
    *outs_[used_] = spilled_.bytes(&last, bytes).digest();
  }

  HashLanes lanes_;
  std::array<std::uint64_t*, HashLanes::kLanes> outs_{};
  LanesKernel kernel_;
  std::size_t used_ = 0;   ///< closed strings; the open one has this lane
  std::size_t count_ = 0;  ///< words of the open one
  std::size_t spilled_words_ = 0;
  SipHasher<C, D> spilled_{SipKey{}};
};

using SipHash13Lanes = SipHashLanes<1, 3>;
using SipHash24Lanes = SipHashLanes<2, 4>;

}  // namespace dialplane
