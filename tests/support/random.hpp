// SPDX-License-Identifier: Apache-2.0
// Random choices for tests that make their own input: equal seeds make equal input on every machine. One thread each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dialplane::test {

/// SplitMix64 (Steele, Lea and Flood 2014): every seed is good and the sequence is fixed for ever.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    auto word = state_;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
    return word ^ (word >> 31);
  }

  /// A number in [0, bound); 0 if bound is 0. Units: bound below 2^32.
  constexpr std::size_t below(std::size_t bound) noexcept {
    return static_cast<std::size_t>(((next() >> 32) * bound) >> 32);
  }
  /// A number in [low, high].
  constexpr std::size_t between(std::size_t low, std::size_t high) noexcept { return low + below(high - low + 1); }
  constexpr bool chance(std::size_t percent) noexcept { return below(100) < percent; }

  template <typename T, std::size_t N>
  constexpr const T& pick(const std::array<T, N>& choices) noexcept {
    return choices[below(N)];
  }

 private:
  std::uint64_t state_;
};

}  // namespace dialplane::test
