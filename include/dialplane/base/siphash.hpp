// SPDX-License-Identifier: Apache-2.0
// SipHash: the keyed hash behind steering, branches and every token. Any thread; no allocation.
#pragma once

#include "dialplane/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane {

/// The bytes of a text after its last whole word, zeros above them. No byte outside the text is read.
/// Cost: from eight bytes on without a branch, because how many are left over is not to be foretold.
inline std::uint64_t last_bytes(const char* text, std::size_t length) noexcept {
  if (length < 8) return load_short(text, length);
  return load_word(text + length - 8) >> 1 >> (63 - 8 * (length % 8));
}

/// A 128-bit SipHash key as two little-endian words.
struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
  /// Reads the key from 16 bytes, little endian, as the SipHash paper does.
  static SipKey from_bytes(const std::uint8_t* bytes16) noexcept;
  friend constexpr bool operator==(const SipKey&, const SipKey&) = default;
};

/// SipHash with C compression and D finalisation rounds over one or several parts.
/// A part is not self-delimiting: callers that join variable-length parts must add their lengths (see `field`).
template <int C, int D>
class SipHasher {
 public:
  explicit SipHasher(const SipKey& key) noexcept
      : v0_(key.k0 ^ 0x736f6d6570736575U),
        v1_(key.k1 ^ 0x646f72616e646f6dU),
        v2_(key.k0 ^ 0x6c7967656e657261U),
        v3_(key.k1 ^ 0x7465646279746573U) {}
  SipHasher& bytes(const void* data, std::size_t length) noexcept;
  SipHasher& text(std::string_view s) noexcept { return bytes(s.data(), s.size()); }
  /// Adds the length as 4 bytes and then the bytes, so that ("ab","c") and ("a","bc") differ.
  SipHasher& field(std::string_view s) noexcept { return u32(static_cast<std::uint32_t>(s.size())).text(s); }
  SipHasher& u8(std::uint8_t v) noexcept { return word(v, 1); }
  SipHasher& u16(std::uint16_t v) noexcept { return word(v, 2); }  ///< little endian
  SipHasher& u32(std::uint32_t v) noexcept { return word(v, 4); }  ///< little endian
  SipHasher& u64(std::uint64_t v) noexcept { return word(v, 8); }  ///< little endian
  /// The 64-bit digest; the hasher must not be used afterwards.
  [[nodiscard]] std::uint64_t digest() noexcept;
  /// The digest of one byte string. Cost: the state never leaves the registers.
  [[nodiscard]] static std::uint64_t of(const SipKey& key, const void* data, std::size_t length) noexcept;
  [[nodiscard]] static std::uint64_t of(const SipKey& key, std::string_view s) noexcept {
    return of(key, s.data(), s.size());
  }

 private:
  static constexpr std::uint64_t rotate_left(std::uint64_t v, int bits) noexcept {
    return (v << bits) | (v >> (64 - bits));
  }

  void round() noexcept {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = rotate_left(v1_, 13) ^ v0_;
    v3_ = rotate_left(v3_, 16) ^ v2_;
    v0_ = rotate_left(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = rotate_left(v1_, 17) ^ v2_;
    v3_ = rotate_left(v3_, 21) ^ v0_;
    v2_ = rotate_left(v2_, 32);
  }

  void compress(std::uint64_t m) noexcept {
    v3_ ^= m;
#pragma GCC unroll 4
    for (int i = 0; i < C; ++i) round();
    v0_ ^= m;
  }

  // `size` is 1 to 8; bits of `v` above 8 * size are zero.
  SipHasher& word(std::uint64_t v, unsigned size) noexcept {
    const unsigned held = static_cast<unsigned>(total_ & 7U);
    tail_ |= v << (8 * held);
    total_ += size;
    if (held + size >= 8) {
      compress(tail_);
      tail_ = held == 0 ? 0 : v >> (64 - 8 * held);
    }
    return *this;
  }

  std::uint64_t v0_, v1_, v2_, v3_;
  std::uint64_t tail_ = 0;   // bytes not yet compressed, in the low total_ % 8 bytes
  std::uint64_t total_ = 0;  // bytes given so far
};

extern template class SipHasher<1, 3>;
extern template class SipHasher<2, 4>;

/// For steering: cheap, keyed, no attacker learns the output.
using SipHash13 = SipHasher<1, 3>;
/// For tokens and MACs.
using SipHash24 = SipHasher<2, 4>;

}  // namespace dialplane
