// SPDX-License-Identifier: Apache-2.0
// A small seeded generator of random numbers, so that a corpus is the same on every machine. One thread each.
#pragma once

#include <cstdint>

namespace dialplane::gen {

/// SplitMix64: 64 bits of state, every seed is good, the sequence is fixed for ever (std:: distributions are not).
class Prng {
 public:
  explicit constexpr Prng(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    return mix(state_);
  }

  /// A number in [0, bound); 0 if bound is 0. The bias of the plain multiplication is below 2^-32 for our bounds.
  constexpr std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

  /// A number in [low, high].
  constexpr std::uint32_t between(std::uint32_t low, std::uint32_t high) noexcept {
    return low + below(high - low + 1);
  }

  constexpr bool chance(std::uint32_t percent) noexcept { return below(100) < percent; }

  /// Spreads `value` over 64 bits, one to one.
  static constexpr std::uint64_t mix(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace dialplane::gen
