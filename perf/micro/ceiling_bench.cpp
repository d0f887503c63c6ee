// SPDX-License-Identifier: Apache-2.0
// What the machine could do at best in the same minute: read every byte of the corpus once with its widest loads, and
// the frequency the core runs at, by additions that wait for each other.
#include "benches.hpp"
#include "loop.hpp"

#include <immintrin.h>

#include <cstring>

namespace dialplane::micro {
namespace {

// Each sums whole vectors from the first byte on; the last one reads on into the packet's tail room. None refuses.
[[gnu::target("avx512f,avx512bw")]] std::uint64_t read_512(std::string_view text) {
  auto sum = _mm512_setzero_si512();
  for (std::size_t at = 0; at < text.size(); at += 64) {
    sum = _mm512_xor_si512(sum, _mm512_loadu_si512(text.data() + at));
  }
  return 1 | static_cast<std::uint64_t>(_mm512_test_epi8_mask(sum, sum));
}

[[gnu::target("avx2")]] std::uint64_t read_256(std::string_view text) {
  auto sum = _mm256_setzero_si256();
  for (std::size_t at = 0; at < text.size(); at += 32) {
    sum = _mm256_xor_si256(sum, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + at)));
  }
  return 1 | static_cast<std::uint64_t>(_mm256_movemask_epi8(sum));
}

std::uint64_t read_128(std::string_view text) {
  auto sum = _mm_setzero_si128();
  for (std::size_t at = 0; at < text.size(); at += 16) {
    sum = _mm_xor_si128(sum, _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at)));
  }
  return 1 | static_cast<std::uint64_t>(_mm_movemask_epi8(sum));
}

void dependent_adds(benchmark::State& state) {
  constexpr std::uint64_t kAdds = 1 << 16;
  std::uint64_t value = 1;
  for ([[maybe_unused]] auto _ : state) {
    for (std::uint64_t i = 0; i < kAdds / 16; ++i) {
      // Opaque to the compiler, so that sixteen additions stay sixteen; each takes one cycle.
      asm volatile(
          "add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n"
          "add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n"
          : "+r"(value));
    }
  }
  state.counters["ghz"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(kAdds) * 1e-9, benchmark::Counter::kIsRate);
}

}  // namespace

void register_ceilings() {
  benchmark::RegisterBenchmark("core_clock", dependent_adds);
  if (__builtin_cpu_supports("avx512bw") != 0) {
    register_bench("read_avx512", kEveryCorpus, read_512);
  }
  if (__builtin_cpu_supports("avx2") != 0) {
    register_bench("read_avx2", kEveryCorpus, read_256);
  }
  register_bench("read_sse", kEveryCorpus, read_128);
}

}  // namespace dialplane::micro
