// SPDX-License-Identifier: Apache-2.0
// The kernels of SipHashLanes: eight lanes in one AVX-512 register, in two AVX2 registers, or one after the other.
// Any thread.
#include "dialplane/base/siphash_lanes.hpp"

#include <immintrin.h>

namespace dialplane {
namespace {

constexpr std::array<std::uint64_t, 4> kStart = {0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261,
                                                 0x7465646279746573};
constexpr std::uint64_t kEndMark = 0xff;

template <int C, int D>
void run_floor(HashLanes& lanes, std::size_t used) noexcept {
  for (std::size_t lane = 0; lane < used; ++lane) {
    std::array<std::uint64_t, HashLanes::kMaxWords> text;
    const auto last = static_cast<std::size_t>(lanes.counts[lane] - 1);
    for (std::size_t i = 0; i <= last; ++i) text[i] = lanes.words[i][lane];
    // The length in the last word says how much of it is text.
    const auto bytes = 8 * last + (text[last] >> 56 & 7);
    lanes.digests[lane] = SipHasher<C, D>::of({lanes.k0[lane], lanes.k1[lane]}, text.data(), bytes);
  }
}

/// The state of all lanes in vectors of type V, with R for what vectors of this width rotate by.
template <class V>
struct State {
  V v0, v1, v2, v3;
};

using Wide [[gnu::vector_size(64)]] = std::uint64_t;
#define DP_AVX512 gnu::target("avx512f,avx512bw,avx512vl")
#define DP_AVX2 gnu::target("avx2")

template <int kBits>
[[DP_AVX512, gnu::always_inline]] inline Wide rotate(Wide v) noexcept {
  // All lanes are kept; the form without a mask reads a variable that GCC 12 warns of.
  return reinterpret_cast<Wide>(_mm512_maskz_rol_epi64(0xff, reinterpret_cast<__m512i>(v), kBits));
}
[[DP_AVX512, gnu::always_inline]] inline void round(State<Wide>& s) noexcept {
  s.v0 += s.v1;
  s.v2 += s.v3;
  s.v1 = rotate<13>(s.v1) ^ s.v0;
  s.v3 = rotate<16>(s.v3) ^ s.v2;
  s.v0 = rotate<32>(s.v0);
  s.v2 += s.v1;
  s.v0 += s.v3;
  s.v1 = rotate<17>(s.v1) ^ s.v2;
  s.v3 = rotate<21>(s.v3) ^ s.v0;
  s.v2 = rotate<32>(s.v2);
}
[[DP_AVX512, gnu::always_inline]] inline Wide load_row(const HashLanes::Row& row) noexcept {
  Wide v;
  std::memcpy(&v, row.data(), sizeof v);
  return v;
}
/// `next` in the lanes whose bit is set.
[[DP_AVX512, gnu::always_inline]] inline void keep(__mmask8 mask, Wide& v, Wide next) noexcept {
  v = reinterpret_cast<Wide>(
      _mm512_mask_mov_epi64(reinterpret_cast<__m512i>(v), mask, reinterpret_cast<__m512i>(next)));
}

template <int C, int D>
[[DP_AVX512]] void run_avx512(HashLanes& lanes, std::size_t /*used*/) noexcept {
  const Wide k0 = load_row(lanes.k0);
  const Wide k1 = load_row(lanes.k1);
  State<Wide> s{k0 ^ kStart[0], k1 ^ kStart[1], k0 ^ kStart[2], k1 ^ kStart[3]};
  std::size_t i = 0;
  for (; i < lanes.least; ++i) {
    const Wide word = load_row(lanes.words[i]);
    s.v3 ^= word;
#pragma GCC unroll 4
    for (int r = 0; r < C; ++r) round(s);
    s.v0 ^= word;
  }
  const Wide counts = load_row(lanes.counts);
  for (; i < lanes.most; ++i) {
    const Wide word = load_row(lanes.words[i]);
    auto next = s;
    next.v3 ^= word;
#pragma GCC unroll 4
    for (int r = 0; r < C; ++r) round(next);
    next.v0 ^= word;
    const auto goes_on =
        _mm512_cmpgt_epu64_mask(reinterpret_cast<__m512i>(counts), _mm512_set1_epi64(static_cast<long long>(i)));
    keep(goes_on, s.v0, next.v0);
    keep(goes_on, s.v1, next.v1);
    keep(goes_on, s.v2, next.v2);
    keep(goes_on, s.v3, next.v3);
  }
  s.v2 ^= kEndMark;
#pragma GCC unroll 4
  for (int r = 0; r < D; ++r) round(s);
  const Wide digests = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
  std::memcpy(lanes.digests.data(), &digests, sizeof digests);
}

using Half [[gnu::vector_size(32)]] = std::uint64_t;

template <int kBits>
[[DP_AVX2, gnu::always_inline]] inline Half rotate(Half v) noexcept {
  if constexpr (kBits == 32) {
    return reinterpret_cast<Half>(_mm256_shuffle_epi32(reinterpret_cast<__m256i>(v), 0xb1));
  } else {
    return (v << kBits) | (v >> (64 - kBits));
  }
}
[[DP_AVX2, gnu::always_inline]] inline void round(State<Half>& s) noexcept {
  s.v0 += s.v1;
  s.v2 += s.v3;
  s.v1 = rotate<13>(s.v1) ^ s.v0;
  s.v3 = rotate<16>(s.v3) ^ s.v2;
  s.v0 = rotate<32>(s.v0);
  s.v2 += s.v1;
  s.v0 += s.v3;
  s.v1 = rotate<17>(s.v1) ^ s.v2;
  s.v3 = rotate<21>(s.v3) ^ s.v0;
  s.v2 = rotate<32>(s.v2);
}
[[DP_AVX2, gnu::always_inline]] inline Half load_half(const HashLanes::Row& row, std::size_t first) noexcept {
  Half v;
  std::memcpy(&v, row.data() + first, sizeof v);
  return v;
}
[[DP_AVX2, gnu::always_inline]] inline Half choose(Half mask, Half a, Half b) noexcept {
  return (mask & a) | (~mask & b);
}

template <int C, int D>
[[DP_AVX2]] void run_avx2(HashLanes& lanes, std::size_t used) noexcept {
  for (std::size_t first = 0; first < used; first += 4) {
    const Half k0 = load_half(lanes.k0, first);
    const Half k1 = load_half(lanes.k1, first);
    State<Half> s{k0 ^ kStart[0], k1 ^ kStart[1], k0 ^ kStart[2], k1 ^ kStart[3]};
    const Half counts = load_half(lanes.counts, first);
    for (std::size_t i = 0; i < lanes.most; ++i) {
      const Half word = load_half(lanes.words[i], first);
      auto next = s;
      next.v3 ^= word;
#pragma GCC unroll 4
      for (int r = 0; r < C; ++r) round(next);
      next.v0 ^= word;
      const auto goes_on = reinterpret_cast<Half>(
          _mm256_cmpgt_epi64(reinterpret_cast<__m256i>(counts), _mm256_set1_epi64x(static_cast<long long>(i))));
      s = {choose(goes_on, next.v0, s.v0), choose(goes_on, next.v1, s.v1), choose(goes_on, next.v2, s.v2),
           choose(goes_on, next.v3, s.v3)};
    }
    s.v2 ^= kEndMark;
#pragma GCC unroll 4
    for (int r = 0; r < D; ++r) round(s);
    const Half digests = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    std::memcpy(lanes.digests.data() + first, &digests, sizeof digests);
  }
}

}  // namespace

template <int C, int D>
LanesKernel lanes_kernel(SimdLevel level) noexcept {
  switch (level) {
    case SimdLevel::kFloor:
      break;
    case SimdLevel::kAvx2:
      return run_avx2<C, D>;
    case SimdLevel::kAvx512:
      return run_avx512<C, D>;
  }
  return run_floor<C, D>;
}

template LanesKernel lanes_kernel<1, 3>(SimdLevel level) noexcept;
template LanesKernel lanes_kernel<2, 4>(SimdLevel level) noexcept;

}  // namespace dialplane
