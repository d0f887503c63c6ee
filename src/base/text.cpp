// SPDX-License-Identifier: Apache-2.0
// Case folding, decimal, hex and base32 on text. Any thread; no allocation.
#include "dialplane/base/text.hpp"

#include "dialplane/base/bytes.hpp"

#include <smmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace dialplane {

namespace {

static_assert(std::endian::native == std::endian::little, "words are loaded in memory order");

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

constexpr auto kBase32Values = value_table(kBase32Digits);

constexpr std::uint64_t every_byte(std::uint8_t v) noexcept { return 0x0101010101010101U * v; }

// Five bytes as a big-endian number; those past `length` are zero.
std::uint64_t load_five(const std::uint8_t* p, std::size_t length) noexcept {
  if (length >= 5) return (std::uint64_t{__builtin_bswap32(load_as<std::uint32_t>(p))} << 8) | p[4];
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < length; ++i) v |= std::uint64_t{p[i]} << (32 - 8 * i);
  return v;
}

// Forty bits as eight base32 characters, the first in the lowest byte.
std::uint64_t base32_text(std::uint64_t bits) noexcept {
  bits = ((bits & 0xfffff00000U) << 12) | (bits & 0xfffffU);
  bits = ((bits & 0x000ffc00000ffc00U) << 6) | (bits & 0x000003ff000003ffU);
  bits = ((bits & 0x03e003e003e003e0U) << 3) | (bits & 0x001f001f001f001fU);
  // From 26 on digits follow the letters: '2' stands where '{' would.
  const std::uint64_t is_digit = ((bits + every_byte(0x80 - 26)) >> 7) & every_byte(1);
  return __builtin_bswap64(bits + every_byte('a') - is_digit * ('a' + 26 - '2'));
}

// The five bytes from kAt on as eight numbers of five bits, each in 16 bits.
template <char kAt>
__m128i base32_digits(__m128i bytes) noexcept {
  // Two bytes that hold the digit, the first one high; the product moves it to the low end of its upper half.
  constexpr char a = kAt, b = kAt + 1, c = kAt + 2, d = kAt + 3, e = kAt + 4;
  const __m128i pairs = _mm_shuffle_epi8(bytes, _mm_setr_epi8(b, a, b, a, b, a, c, b, d, c, d, c, e, d, e, e));
  const __m128i products =
      _mm_mulhi_epu16(pairs, _mm_setr_epi16(1 << 5, 1 << 10, -(1 << 15), 1 << 12, 1 << 9, 1 << 14, 1 << 11, 1 << 8));
  return _mm_and_si128(products, _mm_set1_epi16(0x1f));
}

// Sixteen numbers of five bits as base32 characters.
__m128i base32_text(__m128i digits) noexcept {
  // From 26 on digits follow the letters: '2' stands where '{' would.
  const __m128i is_digit = _mm_cmpgt_epi8(digits, _mm_set1_epi8(25));
  const __m128i letters = _mm_add_epi8(digits, _mm_set1_epi8('a'));
  return _mm_sub_epi8(letters, _mm_and_si128(is_digit, _mm_set1_epi8('a' + 26 - '2')));
}

// All 16 hex digits of a value, the most significant first.
__m128i hex_text(std::uint64_t value) noexcept {
  const __m128i digits = _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
  const __m128i bytes = _mm_cvtsi64_si128(static_cast<long long>(__builtin_bswap64(value)));
  const __m128i nibble = _mm_set1_epi8(0x0f);
  const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), nibble);
  return _mm_shuffle_epi8(digits, _mm_unpacklo_epi8(high, _mm_and_si128(bytes, nibble)));
}

bool is_equal_word(std::uint64_t a, std::uint64_t b) noexcept { return fold_word(a) == fold_word(b); }

}  // namespace

bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  std::size_t at = 0;
  for (; a.size() - at >= 8; at += 8) {
    if (!is_equal_word(load_word(a.data() + at), load_word(b.data() + at))) return false;
  }
  const std::size_t rest = a.size() - at;
  return is_equal_word(load_short(a.data() + at, rest), load_short(b.data() + at, rest));
}

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max) noexcept {
  if (text.empty()) return std::nullopt;
  constexpr std::size_t kNeverWraps = 19;
  std::uint64_t value = 0;
  if (text.size() <= kNeverWraps) {
    for (const char c : text) {
      const auto digit = static_cast<std::uint64_t>(static_cast<unsigned char>(c)) - '0';
      if (digit > 9) return std::nullopt;
      value = value * 10 + digit;
    }
    return value > max ? std::nullopt : std::optional(value);
  }
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(static_cast<unsigned char>(c)) - '0';
    if (digit > 9) return std::nullopt;
    if (value > max / 10 || digit > max - value * 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::size_t write_decimal(char* out, std::uint64_t value) noexcept {
  if (value < 100'000) [[likely]] {
    // All five digits, one to a byte, the first lowest; then the zeros in front are shifted out.
    const std::uint64_t first = value / 10'000;
    const std::uint64_t rest = value % 10'000;
    const std::uint64_t pairs = rest / 100 | rest % 100 << 16;
    const std::uint64_t tens = pairs * 103 >> 10 & 0x000f000f;
    const std::uint64_t digits = first | (tens | (pairs - tens * 10) << 8) << 8;
    const auto leading = static_cast<unsigned>(std::countr_zero(digits | std::uint64_t{1} << 32)) / 8;
    const std::uint64_t text = (digits | every_byte('0')) >> (8 * leading);
    std::memcpy(out, &text, sizeof text);
    return 5 - leading;
  }
  std::size_t length = 1;
  for (std::uint64_t left = value; left > 9; left /= 10) ++length;
  for (std::size_t at = length; at > 0; value /= 10) out[--at] = static_cast<char>('0' + value % 10);
  return length;
}

std::size_t write_hex(char* out, std::uint64_t value, std::size_t digits) noexcept {
  const __m128i text = hex_text(value << (4 * (16 - digits)));
  if (digits == 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), text);
    return digits;
  }
  auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(text));
  std::size_t at = 0;
  if (digits >= 8) {
    std::memcpy(out, &low, 8);
    low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(text, text)));
    at = 8;
  }
  for (; at < digits; ++at, low >>= 8) out[at] = static_cast<char>(low);
  return digits;
}

std::optional<std::uint64_t> parse_hex(std::string_view text) noexcept {
  if (text.empty() || text.size() > 16) return std::nullopt;
  // Right-aligned behind zero digits.
  std::uint64_t high = load_short(text.data() + text.size() - std::min<std::size_t>(text.size(), 8), text.size());
  std::uint64_t low = every_byte('0');
  if (text.size() > 8) {
    const unsigned missing = 8 * static_cast<unsigned>(16 - text.size());
    low = load_short(text.data(), text.size() - 8) << missing;
    if (missing != 0) low |= every_byte('0') >> (64 - missing);
  } else if (text.size() < 8) {
    const unsigned missing = 8 * static_cast<unsigned>(8 - text.size());
    high = (high << missing) | (every_byte('0') >> (64 - missing));
  }
  const __m128i bytes = _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
  const __m128i digit = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
  const __m128i letter = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
  if (_mm_movemask_epi8(_mm_or_si128(is_digit, is_letter)) != 0xffff) return std::nullopt;
  const __m128i values = _mm_blendv_epi8(_mm_add_epi8(letter, _mm_set1_epi8(10)), digit, is_digit);
  const __m128i pairs = _mm_maddubs_epi16(values, _mm_set1_epi16(0x0110));
  return __builtin_bswap64(static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(pairs, pairs))));
}

std::size_t write_base32(char* out, const std::uint8_t* data, std::size_t length) noexcept {
  const std::size_t characters = (8 * length + 4) / 5;
  std::size_t written = 0;
  for (std::size_t at = 0; at < length; at += 5, written += 8) {
    const std::uint64_t text = base32_text(load_five(data + at, length - at));
    std::memcpy(out + written, &text, std::min<std::size_t>(8, characters - written));
  }
  return characters;
}

std::size_t write_base32_blocks(char* out, const std::uint8_t* data, std::size_t length) noexcept {
  for (std::size_t at = 0; at < length; at += 15, out += 24) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + at));
    const __m128i first = base32_digits<0>(bytes);
    const __m128i second = base32_digits<5>(bytes);
    const __m128i third = base32_digits<10>(bytes);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), base32_text(_mm_packus_epi16(first, second)));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + 16), base32_text(_mm_packus_epi16(third, third)));
  }
  return (8 * length + 4) / 5;
}

std::optional<std::size_t> parse_base32(std::string_view text, std::uint8_t* out, std::size_t capacity) noexcept {
  // 8 characters carry 5 bytes; 1, 3 or 6 left over cannot come from whole bytes.
  const std::size_t left_over = text.size() % 8;
  if (left_over == 1 || left_over == 3 || left_over == 6) return std::nullopt;
  const std::size_t length = text.size() / 8 * 5 + left_over * 5 / 8;
  if (length > capacity) return std::nullopt;
  std::size_t written = 0;
  std::uint8_t foreign = 0;
  std::uint64_t bits = 0;
  for (std::size_t at = 0; at < text.size(); at += 8) {
    const std::size_t count = std::min<std::size_t>(8, text.size() - at);
    bits = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t digit = kBase32Values[static_cast<std::uint8_t>(text[at + i])];
      foreign |= digit;
      bits |= std::uint64_t{digit & 0x1fU} << (35 - 5 * i);
    }
    const std::size_t bytes = count * 5 / 8;
    for (std::size_t i = 0; i < bytes; ++i) out[written++] = static_cast<std::uint8_t>(bits >> (32 - 8 * i));
    bits &= (std::uint64_t{1} << (40 - 8 * bytes)) - 1;
  }
  if ((foreign & 0xe0) != 0 || bits != 0) return std::nullopt;
  return written;
}

bool constant_time_equal(const std::uint8_t* a, const std::uint8_t* b, std::size_t length) noexcept {
  // volatile: the compiler may not turn the fold into an early exit.
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < length; ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace dialplane
