// SPDX-License-Identifier: Apache-2.0
// The sum behind every UDP checksum, for three widths of vectors. Any thread; no allocation.
#include "checksum.hpp"

#include "dialplane/base/bytes.hpp"

#include <immintrin.h>

#include <cstring>

namespace dialplane::net {
namespace {

/// Less than 64 bytes.
std::uint64_t sum_rest(const std::uint8_t* p, std::size_t length) noexcept {
  std::uint64_t sum = 0;
  for (; length >= 8; p += 8, length -= 8) sum += sum_halves(load_as<std::uint64_t>(p));
  if (length >= 4) {
    sum += load_as<std::uint32_t>(p);
    p += 4;
    length -= 4;
  }
  if (length >= 2) {
    sum += load_as<std::uint16_t>(p);
    p += 2;
    length -= 2;
  }
  return length != 0 ? sum + *p : sum;
}

// All kernels keep two sums of 64-bit lanes: `all` of whole words, which wraps, and `high` of their upper halves, which
// cannot below 32 GiB. What is left of `all` without `high` is the sum of the lower halves.

// Two lanes; both compilers map it to SSE2 registers.
using Lanes [[gnu::vector_size(16)]] = std::uint64_t;

std::uint64_t sum_floor(const std::uint8_t* p, std::size_t length) noexcept {
  const std::uint8_t* const end = p + (length & ~std::size_t{63});
  // Written out: GCC keeps arrays of lanes in memory at -O2.
  Lanes all_a{};
  Lanes all_b{};
  Lanes high_a{};
  Lanes high_b{};
  for (; p != end; p += 64) {
    const auto v0 = load_as<Lanes>(p);
    const auto v1 = load_as<Lanes>(p + 16);
    const auto v2 = load_as<Lanes>(p + 32);
    const auto v3 = load_as<Lanes>(p + 48);
    all_a += v0 + v1;
    all_b += v2 + v3;
    high_a += (v0 >> 32) + (v1 >> 32);
    high_b += (v2 >> 32) + (v3 >> 32);
  }
  const Lanes high = high_a + high_b;
  const Lanes low = all_a + all_b - (high << 32);
  return high[0] + high[1] + low[0] + low[1] + sum_rest(p, length & 63);
}

[[gnu::target("avx2")]] std::uint64_t sum_avx2(const std::uint8_t* p, std::size_t length) noexcept {
  const std::uint8_t* const end = p + (length & ~std::size_t{63});
  __m256i all = _mm256_setzero_si256();
  __m256i high = _mm256_setzero_si256();
  for (; p != end; p += 64) {
    const __m256i v0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    const __m256i v1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32));
    all = _mm256_add_epi64(all, _mm256_add_epi64(v0, v1));
    high = _mm256_add_epi64(high, _mm256_add_epi64(_mm256_srli_epi64(v0, 32), _mm256_srli_epi64(v1, 32)));
  }
  const __m256i low = _mm256_sub_epi64(all, _mm256_slli_epi64(high, 32));
  const __m256i both = _mm256_add_epi64(low, high);
  const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  const auto sum =
      static_cast<std::uint64_t>(_mm_extract_epi64(half, 0)) + static_cast<std::uint64_t>(_mm_extract_epi64(half, 1));
  // GCC 12 leaves this out before the call; code for the floor would run slowly from here on.
  _mm256_zeroupper();
  return sum + sum_rest(p, length & 63);
}

using WideLanes [[gnu::vector_size(64)]] = std::uint64_t;

// With operators and not with intrinsics: those of GCC 12 read a variable that nobody set, and warn of it.
[[gnu::target("avx512f,avx512bw,avx512vl")]] std::uint64_t sum_avx512(const std::uint8_t* p,
                                                                      std::size_t length) noexcept {
  const std::uint8_t* const end = p + (length & ~std::size_t{63});
  // The last block is read under a mask: nothing past the text is touched, and an odd byte gets its zero.
  const auto rest = reinterpret_cast<WideLanes>(
      _mm512_maskz_loadu_epi8(static_cast<__mmask64>((std::uint64_t{1} << (length & 63)) - 1), end));
  WideLanes all = rest;
  WideLanes high = rest >> 32;
  for (; p != end; p += 64) {
    WideLanes v;
    std::memcpy(&v, p, sizeof v);
    all += v;
    high += v >> 32;
  }
  const WideLanes both = all - (high << 32) + high;
  const auto quarter =
      __builtin_shufflevector(both, both, 0, 1, 2, 3) + __builtin_shufflevector(both, both, 4, 5, 6, 7);
  const auto pair = __builtin_shufflevector(quarter, quarter, 0, 1) + __builtin_shufflevector(quarter, quarter, 2, 3);
  return pair[0] + pair[1];
}

std::uint64_t sum_first(const std::uint8_t* data, std::size_t length) noexcept {
  const auto kernel = sum_kernel(simd_level());
  detail::g_sum.store(kernel, std::memory_order_relaxed);
  return kernel(data, length);
}

}  // namespace

namespace detail {
std::atomic<SumKernel> g_sum{sum_first};
}  // namespace detail

SumKernel sum_kernel(SimdLevel level) noexcept {
  switch (level) {
    case SimdLevel::kFloor:
      break;
    case SimdLevel::kAvx2:
      return sum_avx2;
    case SimdLevel::kAvx512:
      return sum_avx512;
  }
  return sum_floor;
}

}  // namespace dialplane::net
