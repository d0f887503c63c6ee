// SPDX-License-Identifier: Apache-2.0
// Case folding, decimal, hex and base32 on text. Any thread; no allocation.
#include "dialplane/base/text.hpp"

#include <algorithm>
#include <array>

namespace dialplane {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase32Digits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::uint8_t kForeign = 0xff;

constexpr std::array<std::uint8_t, 256> value_table(std::string_view digits) noexcept {
  std::array<std::uint8_t, 256> table{};
  table.fill(kForeign);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const char lower = digits[i];
    table[static_cast<std::uint8_t>(lower)] = static_cast<std::uint8_t>(i);
    if (lower >= 'a') table[static_cast<std::uint8_t>(lower - 0x20)] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr auto kHexValues = value_table(kHexDigits);
constexpr auto kBase32Values = value_table(kBase32Digits);

}  // namespace

bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(static_cast<unsigned char>(c)) - '0';
    if (digit > 9) return std::nullopt;
    if (value > max / 10 || digit > max - value * 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::size_t write_decimal(char* out, std::uint64_t value) noexcept {
  std::array<char, 20> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  std::copy(digits.begin() + static_cast<std::ptrdiff_t>(at), digits.end(), out);
  return digits.size() - at;
}

std::size_t write_hex(char* out, std::uint64_t value, std::size_t digits) noexcept {
  for (std::size_t i = digits; i > 0; --i) {
    out[i - 1] = kHexDigits[value & 0xfU];
    value >>= 4;
  }
  return digits;
}

std::optional<std::uint64_t> parse_hex(std::string_view text) noexcept {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const std::uint8_t digit = kHexValues[static_cast<std::uint8_t>(c)];
    if (digit == kForeign) return std::nullopt;
    value = (value << 4) | digit;
  }
  return value;
}

std::size_t write_base32(char* out, const std::uint8_t* data, std::size_t length) noexcept {
  std::uint32_t held = 0;
  unsigned held_bits = 0;
  std::size_t written = 0;
  for (std::size_t i = 0; i < length; ++i) {
    held = (held << 8) | data[i];
    held_bits += 8;
    while (held_bits >= 5) {
      held_bits -= 5;
      out[written++] = kBase32Digits[(held >> held_bits) & 0x1fU];
    }
  }
  if (held_bits != 0) out[written++] = kBase32Digits[(held << (5 - held_bits)) & 0x1fU];
  return written;
}

std::optional<std::size_t> parse_base32(std::string_view text, std::uint8_t* out, std::size_t capacity) noexcept {
  // 8 characters carry 5 bytes; 1, 3 or 6 left over cannot come from whole bytes.
  const std::size_t left_over = text.size() % 8;
  if (left_over == 1 || left_over == 3 || left_over == 6) return std::nullopt;
  const std::size_t length = text.size() / 8 * 5 + left_over * 5 / 8;
  if (length > capacity) return std::nullopt;
  std::uint32_t held = 0;
  unsigned held_bits = 0;
  std::size_t written = 0;
  for (const char c : text) {
    const std::uint8_t digit = kBase32Values[static_cast<std::uint8_t>(c)];
    if (digit == kForeign) return std::nullopt;
    held = (held << 5) | digit;
    held_bits += 5;
    if (held_bits >= 8) {
      held_bits -= 8;
      out[written++] = static_cast<std::uint8_t>(held >> held_bits);
    }
  }
  if ((held & ((1U << held_bits) - 1U)) != 0) return std::nullopt;
  return written;
}

bool constant_time_equal(const std::uint8_t* a, const std::uint8_t* b, std::size_t length) noexcept {
  // volatile: the compiler may not turn the fold into an early exit.
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < length; ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace dialplane
