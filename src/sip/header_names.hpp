// SPDX-License-Identifier: Apache-2.0
// Header names by perfect hash: the name's first eight bytes and its length lead to the one header it can be.
// Constants and pure functions; any thread.
#pragma once

#include "dialplane/base/text.hpp"
#include "dialplane/sip/message.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::sip {

struct HeaderInfo {
  std::string_view name;
  char compact;
  bool single;
};

inline constexpr std::array<HeaderInfo, kHeaderCount> kHeaders = {{
#define DP_HEADER(id, name, compact, single, source) {name, compact, single},
#include "dialplane/sip/headers.def"
#undef DP_HEADER
    {"", 0, false},
}};

inline constexpr std::size_t kLongestName = 30;

/// Bit i: the header with id i may stand once only.
inline constexpr std::uint64_t kSingleHeaders = [] {
  std::uint64_t bits = 0;
  for (std::size_t id = 0; id < kHeaderCount; ++id) bits |= std::uint64_t{kHeaders[id].single} << id;
  return bits;
}();

/// Registered headers that have no id of their own.
inline constexpr std::string_view kRegisteredHeaders[] = {
#define DP_REGISTERED(name, source) name,
#include "registered_headers.def"
#undef DP_REGISTERED
};

/// One spelling of a header: its long or its compact name.
struct alignas(64) HeaderSpelling {
  char folded[32] = {};     ///< in lower case, then a colon and two blanks
  std::uint8_t length = 0;  ///< of the name
  HeaderId id = HeaderId::kOther;
  std::uint8_t value = 0xff;  ///< where a value begins that stands one blank after the colon
};

class HeaderTable {
 public:
  constexpr HeaderTable() noexcept {
    for (std::size_t id = 0; id + 1 < kHeaderCount; ++id) {
      add(kHeaders[id].name, static_cast<HeaderId>(id));
      if (kHeaders[id].compact != 0) add({&kHeaders[id].compact, 1}, static_cast<HeaderId>(id));
    }
    for (const auto name : kRegisteredHeaders) add(name, HeaderId::kOther);
    for (multiplier_ = kFirstMultiplier; !fill(); multiplier_ = multiplier_ * kNextMultiplier + 2) {
    }
  }

  /// `word`: the first eight bytes of the name, folded by `| 0x20`, zeros after its end. The place of the spelling it
  /// can only be, for operator[]; that of one which no name equals if no header is meant.
  [[nodiscard]] std::uint16_t find(std::uint64_t word, std::size_t length) const noexcept {
    return slots_[slot(word, length)];
  }
  [[nodiscard]] const HeaderSpelling& operator[](std::size_t place) const noexcept {
    return *reinterpret_cast<const HeaderSpelling*>(reinterpret_cast<const char*>(spellings_.data()) + place);
  }

  static constexpr std::uint64_t first_word(std::string_view name) noexcept {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(8, name.size()); ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(name[i] | 0x20)} << (8 * i);
    }
    return word;
  }

 private:
  static constexpr std::size_t kSlotBits = 10;
  static constexpr std::uint64_t kFirstMultiplier = 0x6c97b291b502863;
  static constexpr std::uint64_t kNextMultiplier = 0x5851f42d4c957f2d;

  [[nodiscard]] constexpr std::size_t slot(std::uint64_t word, std::size_t length) const noexcept {
    return (word + length) * multiplier_ >> (64 - kSlotBits);
  }
  constexpr void add(std::string_view name, HeaderId id) noexcept {
    auto& spelling = spellings_[++count_];
    for (std::size_t i = 0; i < name.size(); ++i) spelling.folded[i] = ascii_lower(name[i]);
    spelling.folded[name.size()] = ':';
    spelling.folded[name.size() + 1] = ' ';
    spelling.folded[name.size() + 2] = ' ';
    spelling.length = static_cast<std::uint8_t>(name.size());
    spelling.id = id;
    spelling.value = static_cast<std::uint8_t>(name.size() + 2);
  }
  /// False if two spellings meet in one slot.
  constexpr bool fill() noexcept {
    slots_ = {};
    for (std::size_t i = 1; i <= count_; ++i) {
      const auto& spelling = spellings_[i];
      auto& cell = slots_[slot(first_word({spelling.folded, spelling.length}), spelling.length)];
      if (cell != 0) return false;
      cell = static_cast<std::uint16_t>(i * sizeof(HeaderSpelling));
    }
    return true;
  }

  std::array<HeaderSpelling, 2 * kHeaderCount + 1 + std::size(kRegisteredHeaders)> spellings_{};  ///< cell 0: no header
  std::array<std::uint16_t, std::size_t{1} << kSlotBits> slots_{};  ///< places: byte offsets in spellings_
  std::uint64_t multiplier_ = 0;
  std::size_t count_ = 0;
};

/// Hidden, so that its address is no load in every loop.
[[gnu::visibility("hidden")]] inline constexpr HeaderTable kHeaderTable;

}  // namespace dialplane::sip
