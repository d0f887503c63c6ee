// SPDX-License-Identifier: Apache-2.0
// Text forms of IP addresses and endpoints: strict reading, RFC 5952 writing. Any thread; no allocation.
#include "dialplane/base/address.hpp"

#include "dialplane/base/bytes.hpp"
#include "dialplane/base/text.hpp"

#include <smmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace dialplane {

namespace {

bool is_mapped(const std::array<std::uint8_t, 16>& b) noexcept {
  return std::all_of(b.begin(), b.begin() + 10, [](std::uint8_t v) { return v == 0; }) && b[10] == 0xff &&
         b[11] == 0xff;
}

// A decimal without leading zero: "010" is octal to some readers and decimal to others, so nobody gets it.
std::optional<std::uint64_t> strict_decimal(std::string_view text, std::uint64_t max) noexcept {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_decimal(text, max);
}

constexpr std::uint64_t kNoQuad = ~std::uint64_t{0};

// Seven to fifteen characters with zeros behind them. The loads overlap, so none goes past the text.
__m128i load_quad(const char* p, unsigned size) noexcept {
  if (size == 7) return _mm_set_epi32(0, 0, load_as<int>(p + 3) >> 8 & 0xffffff, load_as<int>(p));
  const std::uint64_t last = load_word(p + size - 8) >> 1 >> (8 * (16 - size) - 1);
  return _mm_set_epi64x(static_cast<long long>(last), static_cast<long long>(load_word(p)));
}

// Works on all characters at once: the dots first, then the digits between them. The value is in memory order, kNoQuad
// for any text but a dotted quad: an optional would travel through memory, in pieces.
std::uint64_t parse_quad(std::string_view text) noexcept {
  if (text.size() - 7 > 8) return kNoQuad;
  const auto size = static_cast<unsigned>(text.size());
  const __m128i bytes = load_quad(text.data(), size);
  auto dots = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'))));
  if (std::popcount(dots) != 3) return kNoQuad;

  // Where each octet ends and begins, one to a byte.
  auto ends = static_cast<unsigned>(std::countr_zero(dots)) | size << 24;
  dots &= dots - 1;
  ends |= static_cast<unsigned>(std::countr_zero(dots)) << 8;
  dots &= dots - 1;
  ends |= static_cast<unsigned>(std::countr_zero(dots)) << 16;
  const unsigned begins = (ends << 8) + 0x01010100;
  const unsigned lengths = ends - begins;
  // One to three digits each.
  if (((lengths - 0x01010101) | (lengths + 0x7c7c7c7c)) & 0x80808080) return kNoQuad;

  // The digits of each octet into the last of four bytes, zeros before them.
  const __m128i to_lanes = _mm_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  const __m128i from =
      _mm_sub_epi8(_mm_shuffle_epi8(_mm_cvtsi32_si128(static_cast<int>(ends)), to_lanes), _mm_set1_epi32(0x01020304));
  const __m128i least_from = _mm_shuffle_epi8(_mm_cvtsi32_si128(static_cast<int>(begins)), to_lanes);
  const __m128i digits =
      _mm_shuffle_epi8(_mm_xor_si128(bytes, _mm_set1_epi8('0')), _mm_or_si128(from, _mm_cmpgt_epi8(least_from, from)));
  const __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi32(0x010a6400));
  const __m128i values = _mm_madd_epi16(pairs, _mm_set1_epi16(1));

  // Nothing but digits, no octet above 255, and none that fewer digits would do for.
  const __m128i least = _mm_shuffle_epi8(_mm_setr_epi8(0, 0, 10, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                                         _mm_cvtepu8_epi32(_mm_cvtsi32_si128(static_cast<int>(lengths))));
  const __m128i wrong =
      _mm_or_si128(_mm_subs_epu8(digits, _mm_set1_epi8(9)),
                   _mm_or_si128(_mm_cmpgt_epi32(values, _mm_set1_epi32(255)), _mm_cmpgt_epi32(least, values)));
  if (_mm_testz_si128(wrong, wrong) == 0) return kNoQuad;
  const __m128i quad = _mm_shuffle_epi8(values, _mm_set1_epi32(0x0c080400));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(quad));
}

// Reads colon-separated groups, the last of which may be a dotted quad if `quad_allowed`; returns the number of bytes
// written, nullopt if malformed. Empty text is zero groups, as on either side of "::".
std::optional<std::size_t> parse_groups(std::string_view text, bool quad_allowed, std::uint8_t* out) noexcept {
  std::size_t written = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (quad_allowed && last && group.find('.') != std::string_view::npos) {
      const auto quad = parse_quad(group);
      if (written > 12 || quad == kNoQuad) return std::nullopt;
      std::memcpy(out + written, &quad, 4);
      return written + 4;
    }
    const auto value = parse_hex(group);
    if (!value || group.size() > 4 || written > 14) return std::nullopt;
    out[written] = static_cast<std::uint8_t>(*value >> 8);
    out[written + 1] = static_cast<std::uint8_t>(*value);
    written += 2;
    if (last) return written;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return written;
}

std::optional<IpAddress> parse_v6(std::string_view text) noexcept {
  std::array<std::uint8_t, 16> bytes{};
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto length = parse_groups(text, true, bytes.data());
    if (length != std::size_t{16}) return std::nullopt;
    return IpAddress::v6(bytes);
  }
  std::array<std::uint8_t, 16> tail{};
  const auto head_length = parse_groups(text.substr(0, gap), false, bytes.data());
  const auto tail_length = parse_groups(cut(text, gap + 2), true, tail.data());
  // "::" stands for at least one group.
  if (!head_length || !tail_length || *head_length + *tail_length > 14) return std::nullopt;
  std::memcpy(bytes.data() + 16 - *tail_length, tail.data(), *tail_length);
  return IpAddress::v6(bytes);
}

// Start and length, in groups, of the zeros that RFC 5952 §4.2 shortens; length 0 if no run of two or more.
struct ZeroRun {
  int start = 0;
  int length = 0;
};

ZeroRun longest_zero_run(const std::array<std::uint16_t, 8>& groups) noexcept {
  ZeroRun best;
  ZeroRun run;
  for (int i = 0; i < 8; ++i) {
    if (groups[static_cast<std::size_t>(i)] != 0) {
      run = {i + 1, 0};
      continue;
    }
    ++run.length;
    if (run.length > best.length) best = run;
  }
  return best.length >= 2 ? best : ZeroRun{};
}

// Every octet as its digits and a dot; the fifth byte is the number of digits.
constexpr auto kOctetText = [] {
  std::array<std::array<char, 5>, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    std::size_t at = 0;
    if (value >= 100) table[value][at++] = static_cast<char>('0' + value / 100);
    if (value >= 10) table[value][at++] = static_cast<char>('0' + value / 10 % 10);
    table[value][at++] = static_cast<char>('0' + value % 10);
    table[value][at] = '.';
    table[value][4] = static_cast<char>(at);
  }
  return table;
}();

// Four bytes are stored for every octet, whatever its digits: the caller's room is that of an IPv6 address.
std::size_t write_v4(char* out, const std::uint8_t* octets) noexcept {
  char* at = out;
  for (int i = 0; i < 4; ++i) {
    const auto& text = kOctetText[octets[i]];
    std::memcpy(at, text.data(), 4);
    at += text[4] + 1;
  }
  return static_cast<std::size_t>(at - out) - 1;
}

std::size_t write_v6(char* out, const std::array<std::uint8_t, 16>& bytes) noexcept {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<std::uint16_t>((bytes[2 * i] << 8) | bytes[2 * i + 1]);
  const ZeroRun run = longest_zero_run(groups);
  std::size_t at = 0;
  for (int i = 0; i < 8; ++i) {
    if (run.length != 0 && i == run.start) {
      out[at++] = ':';
      out[at++] = ':';
      i += run.length - 1;
      continue;
    }
    if (i > 0 && out[at - 1] != ':') out[at++] = ':';
    const std::uint16_t group = groups[static_cast<std::size_t>(i)];
    const std::size_t digits = group > 0xfff ? 4 : group > 0xff ? 3 : group > 0xf ? 2 : 1;
    at += write_hex(out + at, group, digits);
  }
  return at;
}

}  // namespace

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) noexcept {
  IpAddress a;
  if (is_mapped(bytes)) {
    a.family_ = Family::kV4;
    std::copy(bytes.begin() + 12, bytes.end(), a.bytes_.begin());
    return a;
  }
  a.family_ = Family::kV6;
  a.bytes_ = bytes;
  return a;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
  if (const auto quad = parse_quad(text); quad != kNoQuad) {
    // One store of all bytes: whoever copies the address loads them at once, and would wait for several.
    std::optional<IpAddress> a(std::in_place);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(a->bytes_.data()), _mm_cvtsi64_si128(static_cast<long long>(quad)));
    a->family_ = Family::kV4;
    return a;
  }
  const bool bracketed = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  if (text.find(':') == std::string_view::npos) return std::nullopt;
  return parse_v6(text);
}

bool IpAddress::is_routable_unicast() const noexcept {
  if (is_v4()) {
    // 0/8 is "this network", 127/8 loopback; from 224 on come multicast, reserved and broadcast.
    return bytes_[0] != 0 && bytes_[0] != 127 && bytes_[0] < 224;
  }
  if (is_none() || bytes_[0] == 0xff) return false;
  const bool only_last = std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t v) { return v == 0; });
  return !only_last || bytes_[15] > 1;
}

std::size_t IpAddress::write(char* out) const noexcept {
  if (is_v4()) return write_v4(out, bytes_.data());
  if (is_v6()) return write_v6(out, bytes_);
  return 0;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text, std::uint16_t default_port) noexcept {
  std::size_t ip_length = text.find(':');
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    ip_length = close + 1;
  }
  const auto ip = IpAddress::parse(text.substr(0, ip_length));
  if (!ip) return std::nullopt;
  if (ip_length >= text.size()) {
    if (default_port == 0) return std::nullopt;
    return Endpoint{*ip, default_port};
  }
  if (text[ip_length] != ':') return std::nullopt;
  const auto port = strict_decimal(cut(text, ip_length + 1), 65535);
  if (!port || *port == 0) return std::nullopt;
  return Endpoint{*ip, static_cast<std::uint16_t>(*port)};
}

std::size_t Endpoint::write(char* out) const noexcept {
  std::size_t at = 0;
  if (ip.is_v6()) out[at++] = '[';
  at += ip.write(out + at);
  if (ip.is_v6()) out[at++] = ']';
  out[at++] = ':';
  return at + write_decimal(out + at, port);
}

}  // namespace dialplane
