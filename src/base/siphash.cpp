// SPDX-License-Identifier: Apache-2.0
// The parts of SipHash that are too large to inline: whole-word input and finalisation. Any thread.
#include "dialplane/base/siphash.hpp"

namespace dialplane {

SipKey SipKey::from_bytes(const std::uint8_t* bytes16) noexcept { return {load_word(bytes16), load_word(bytes16 + 8)}; }

template <int C, int D>
SipHasher<C, D>& SipHasher<C, D>::bytes(const void* data, std::size_t length) noexcept {
  const auto* p = static_cast<const char*>(data);
  // A local copy keeps the state in registers: `p` could otherwise alias a member.
  SipHasher s = *this;
  const unsigned shift = 8 * static_cast<unsigned>(s.total_ & 7U);
  const std::size_t rest = length & 7U;
  const char* const words_end = p + (length - rest);
  s.total_ += length - rest;
  if (shift == 0) {
    for (; p != words_end; p += 8) s.compress(load_word(p));
  } else {
    for (; p != words_end; p += 8) {
      const std::uint64_t v = load_word(p);
      s.compress(s.tail_ | (v << shift));
      s.tail_ = v >> (64 - shift);
    }
  }
  if (rest != 0) s.word(load_short(p, rest), static_cast<unsigned>(rest));
  *this = s;
  return *this;
}

template <int C, int D>
std::uint64_t SipHasher<C, D>::digest() noexcept {
  compress(tail_ | (total_ << 56));
  v2_ ^= 0xff;
#pragma GCC unroll 4
  for (int i = 0; i < D; ++i) round();
  return v0_ ^ v1_ ^ v2_ ^ v3_;
}

template <int C, int D>
std::uint64_t SipHasher<C, D>::of(const SipKey& key, const void* data, std::size_t length) noexcept {
  const auto* p = static_cast<const char*>(data);
  SipHasher s(key);
  const std::uint64_t last = last_bytes(p, length) | std::uint64_t{length} << 56;
  const char* const words_end = p + (length & ~std::size_t{7});
  for (; p != words_end; p += 8) s.compress(load_word(p));
  s.compress(last);
  s.v2_ ^= 0xff;
#pragma GCC unroll 4
  for (int i = 0; i < D; ++i) s.round();
  return s.v0_ ^ s.v1_ ^ s.v2_ ^ s.v3_;
}

template class SipHasher<1, 3>;
template class SipHasher<2, 4>;

}  // namespace dialplane
