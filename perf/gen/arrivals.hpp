// SPDX-License-Identifier: Apache-2.0
// Which messages of a run have arrived already: one bit each, for a window that moves with the newest. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dialplane::gen {

class Arrivals {
 public:
  /// Messages told apart at once: 45 s at 3 million a second. An older one counts as repeated.
  static constexpr std::uint32_t kWindow = 1U << 27;

  Arrivals() : bits_(kWindow / 64, 0) {}

  /// True for the first arrival of `sequence`, which may wrap round. Cost: one cache line.
  bool add(std::uint32_t sequence) noexcept {
    const auto ahead = static_cast<std::int32_t>(sequence - newest_);
    if (ahead > 0) {
      forget_until(sequence);
      newest_ = sequence;
    } else if (newest_ - sequence >= kWindow - 64) {
      return false;
    }
    auto& word = bits_[(sequence % kWindow) / 64];
    const auto bit = std::uint64_t{1} << (sequence % 64);
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  }

 private:
  void forget_until(std::uint32_t sequence) noexcept {
    // Word numbers have 26 bits: their difference must wrap where they do.
    const std::uint32_t passed = (sequence / 64 - newest_ / 64) & (0xffffffffU / 64);
    const std::uint32_t words = std::min<std::uint32_t>(passed, kWindow / 64);
    for (std::uint32_t i = 0; i < words; ++i) bits_[((sequence / 64) - i) % (kWindow / 64)] = 0;
  }

  std::vector<std::uint64_t> bits_;
  std::uint32_t newest_ = 0;
};

}  // namespace dialplane::gen
