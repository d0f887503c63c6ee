// SPDX-License-Identifier: Apache-2.0
// Small text tools of the packet path: case folding, numbers, hex, base32. Any thread; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane {

constexpr char ascii_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// Eight characters as loaded, with A–Z folded to lower case; every other byte stays as it is.
constexpr std::uint64_t fold_word(std::uint64_t v) noexcept {
  constexpr std::uint64_t kEach = 0x0101010101010101U;
  const std::uint64_t low = v & (kEach * 0x7f);
  const std::uint64_t from_a = low + kEach * (0x80 - 'A');
  const std::uint64_t past_z = low + kEach * (0x7f - 'Z');
  return v | (((from_a ^ past_z) & ~v & (kEach * 0x80)) >> 2);
}

/// The part of `text` from `at` on, at most `length` bytes; what lies past the end is empty. Unlike substr it can not
/// throw.
constexpr std::string_view cut(std::string_view text, std::size_t at,
                               std::size_t length = std::string_view::npos) noexcept {
  if (at >= text.size()) return {text.data() + text.size(), 0};
  return {text.data() + at, length < text.size() - at ? length : text.size() - at};
}

/// Compares ASCII text without regard to case.
bool iequals(std::string_view a, std::string_view b) noexcept;

/// Reads an unsigned decimal number made of digits only, leading zeros allowed, at most `max`.
/// Errors: nullopt if empty, not digits only, or larger than `max` (no wrap whatever the length).
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max) noexcept;

/// Writes `value` in decimal and returns the length. Units: at least 20 bytes at `out`.
std::size_t write_decimal(char* out, std::uint64_t value) noexcept;

/// Writes the lowest `digits` hex digits of `value`, lower case, most significant first; returns `digits`.
std::size_t write_hex(char* out, std::uint64_t value, std::size_t digits) noexcept;

/// Reads 1 to 16 hex digits of any case.
std::optional<std::uint64_t> parse_hex(std::string_view text) noexcept;

/// Writes bytes in RFC 4648 base32, lower case, without padding: ceil(8·length/5) characters; returns the count.
std::size_t write_base32(char* out, const std::uint8_t* data, std::size_t length) noexcept;

/// The same in blocks of 15 bytes and 24 characters, for data with four zero bytes behind it. Units: 16 bytes are read
/// from where each block begins, and the last block of text is written as a whole.
std::size_t write_base32_blocks(char* out, const std::uint8_t* data, std::size_t length) noexcept;

/// Reads unpadded base32 of any case. Errors: nullopt for a foreign character, an impossible length, non-zero
/// trailing bits (one token has one spelling but for case), or more than `capacity` bytes.
std::optional<std::size_t> parse_base32(std::string_view text, std::uint8_t* out, std::size_t capacity) noexcept;

/// Compares two byte strings of equal length in time that does not depend on where they differ.
bool constant_time_equal(const std::uint8_t* a, const std::uint8_t* b, std::size_t length) noexcept;

}  // namespace dialplane
