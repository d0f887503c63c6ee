// SPDX-License-Identifier: Apache-2.0
// The parts of SipHash that are too large to inline: whole-word input and finalisation. Any thread.
#include "dialplane/base/siphash.hpp"

#include <bit>
#include <cstring>

namespace dialplane {

static_assert(std::endian::native == std::endian::little, "words are loaded in memory order");

namespace {

std::uint64_t load64(const unsigned char* p) noexcept {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Reads 1 to 7 bytes with overlapping loads, so that neither a loop nor a byte past the end is needed.
std::uint64_t load_partial(const unsigned char* p, std::size_t length) noexcept {
  if (length >= 4) {
    std::uint32_t low;
    std::uint32_t high;
    std::memcpy(&low, p, sizeof low);
    std::memcpy(&high, p + length - 4, sizeof high);
    return low | (std::uint64_t{high} << (8 * (length - 4)));
  }
  const std::size_t middle = length / 2;
  const std::size_t last = length - 1;
  return std::uint64_t{p[0]} | (std::uint64_t{p[middle]} << (8 * middle)) | (std::uint64_t{p[last]} << (8 * last));
}

// The last length % 8 bytes of a text, zeros above them. From eight bytes on without a branch: how many are left over
// is not to be foretold.
std::uint64_t load_last(const unsigned char* p, std::size_t length) noexcept {
  const std::size_t rest = length & 7U;
  if (length >= 8) return load64(p + length - 8) >> (8 * (7 - rest)) >> 8;
  return rest == 0 ? 0 : load_partial(p, rest);
}

}  // namespace

SipKey SipKey::from_bytes(const std::uint8_t* bytes16) noexcept { return {load64(bytes16), load64(bytes16 + 8)}; }

template <int C, int D>
SipHasher<C, D>& SipHasher<C, D>::bytes(const void* data, std::size_t length) noexcept {
  const auto* p = static_cast<const unsigned char*>(data);
  // A local copy keeps the state in registers: `p` could otherwise alias a member.
  SipHasher s = *this;
  const unsigned shift = 8 * static_cast<unsigned>(s.total_ & 7U);
  const std::size_t rest = length & 7U;
  const unsigned char* const words_end = p + (length - rest);
  s.total_ += length - rest;
  if (shift == 0) {
    for (; p != words_end; p += 8) s.compress(load64(p));
  } else {
    for (; p != words_end; p += 8) {
      const std::uint64_t v = load64(p);
      s.compress(s.tail_ | (v << shift));
      s.tail_ = v >> (64 - shift);
    }
  }
  if (rest != 0) s.word(load_partial(p, rest), static_cast<unsigned>(rest));
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
  const auto* p = static_cast<const unsigned char*>(data);
  SipHasher s(key);
  const std::uint64_t last = load_last(p, length) | std::uint64_t{length} << 56;
  const unsigned char* const words_end = p + (length & ~std::size_t{7});
  for (; p != words_end; p += 8) s.compress(load64(p));
  s.compress(last);
  s.v2_ ^= 0xff;
#pragma GCC unroll 4
  for (int i = 0; i < D; ++i) s.round();
  return s.v0_ ^ s.v1_ ^ s.v2_ ^ s.v3_;
}

template class SipHasher<1, 3>;
template class SipHasher<2, 4>;

}  // namespace dialplane
