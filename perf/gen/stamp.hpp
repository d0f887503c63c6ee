// SPDX-License-Identifier: Apache-2.0
// What the generator writes into each message it sends, and finds again in what comes back: run, sequence number and
// time of sending, in the branch of its Via. Any thread; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::gen {

/// The start of every branch of ours; the stamp follows at once.
inline constexpr std::string_view kStampMarker = "z9hG4bKdg";

struct Stamp {
  std::uint16_t run = 0;       ///< tells this run from packets left over from another
  std::uint32_t sequence = 0;  ///< counts messages of the run from 0
  std::uint64_t tsc = 0;       ///< when it was due, in ticks of the time stamp counter
};

/// Hex digits of a stamp: run 4, sequence 8, tsc 16.
inline constexpr std::size_t kStampDigits = 28;

/// Units: kStampDigits bytes at `out`.
void write_stamp(char* out, const Stamp& stamp) noexcept;

/// Finds the first stamp in a message, wherever its Via stands. Cost: a search up to the marker.
std::optional<Stamp> find_stamp(std::string_view message) noexcept;

/// A place in a message whose digits are new in every copy that is sent.
enum class SlotKind : std::uint8_t { kStamp, kCall, kTag };
inline constexpr std::size_t kCallDigits = 16;
inline constexpr std::size_t kTagDigits = 8;

struct Slot {
  SlotKind kind = SlotKind::kStamp;
  std::uint16_t offset = 0;  ///< from the first byte of what holds it: field, message or frame
};

constexpr std::size_t slot_digits(SlotKind kind) noexcept {
  switch (kind) {
    case SlotKind::kStamp:
      return kStampDigits;
    case SlotKind::kCall:
      return kCallDigits;
    case SlotKind::kTag:
      return kTagDigits;
  }
  return 0;
}

/// Writes the lowest `digits` hex digits of `value`, lower case; a table instead of a division or branch a digit.
void write_digits(char* out, std::uint64_t value, std::size_t digits) noexcept;

/// Fills one slot for a message of the run: Call-ID and tag are one-to-one images of run and sequence.
void fill_slot(char* out, SlotKind kind, const Stamp& stamp) noexcept;

}  // namespace dialplane::gen
