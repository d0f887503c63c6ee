// SPDX-License-Identifier: Apache-2.0
// What the rules on User-Agent said of the last values: a service hears some hundred programs at most, and each says
// its name in every message. One for each thread that scans; no allocation after start.
#pragma once

#include "dialplane/base/ids.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dialplane::admit {

class Memo {
  static constexpr std::size_t kBlock = 8;
  static constexpr std::size_t kMost = 60;
  // A network of phones has hundreds of models and releases. Only lines in use cost cache.
  static constexpr unsigned kPlaceBits = 10;

 public:
  struct Entry {
    std::uint16_t best = kNoIndex;  ///< first rule that matches; kNoIndex: none
    std::uint16_t length = 0;       ///< 0: nothing is known
    std::array<char, kMost> text;
  };

  /// True for texts that an entry can hold.
  static bool holds(std::string_view text) noexcept { return text.size() - kBlock <= kMost - kBlock; }
  /// The place of a text, which may be another's at present. Precondition: holds(text).
  Entry& place_of(std::string_view text) noexcept {
    std::uint64_t first;
    std::uint64_t last;
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + text.size() - 8, sizeof last);
    // Spreads and keeps no secret: whoever finds texts that share a place makes them scanned, as all were before.
    const auto mixed = (first ^ last * 0x9e3779b97f4a7c15 ^ text.size()) * 0xff51afd7ed558ccd;
    return entries_[mixed >> (64 - kPlaceBits)];
  }
  static bool is(const Entry& entry, std::string_view text) noexcept {
    if (entry.length != text.size()) return false;
    // Always eight blocks, the last ones overlapping: lengths vary, and a wrongly foretold branch costs more.
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const auto at = std::min(kBlock * i, text.size() - kBlock);
      std::uint64_t known;
      std::uint64_t given;
      std::memcpy(&known, entry.text.data() + at, kBlock);
      std::memcpy(&given, text.data() + at, kBlock);
      difference |= known ^ given;
    }
    return difference == 0;
  }
  static void set(Entry& entry, std::string_view text, std::uint16_t best) noexcept {
    entry.best = best;
    entry.length = static_cast<std::uint16_t>(text.size());
    std::memcpy(entry.text.data(), text.data(), text.size());
  }

 private:
  alignas(64) std::array<Entry, std::size_t{1} << kPlaceBits> entries_;
};

}  // namespace dialplane::admit
