// SPDX-License-Identifier: Apache-2.0
// The grammar spelled out byte by byte, slowly and without the library, as the second opinion of the fuzz targets.
// One thread.
#pragma once

#include "dialplane/sip/message.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::fuzz::naive {

inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
inline bool is_lws(char c) noexcept { return is_blank(c) || c == '\r' || c == '\n'; }
inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20; }
inline bool is_alphanumeric(char c) noexcept { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }

inline bool only(std::string_view text, bool (*kind)(char)) noexcept {
  return std::all_of(text.begin(), text.end(), kind);
}

/// RFC 3261 §25.1 token.
inline bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
  });
}

inline bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

struct Header {
  std::string_view name;
  char compact;
  bool single;
};
inline constexpr std::array kHeaders = {
#define DP_HEADER(id, name, compact, single, source) Header{name, compact, single},
#include "dialplane/sip/headers.def"
#undef DP_HEADER
};

/// The header a name stands for, by trying them all.
inline sip::HeaderId header_id(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kHeaders.size(); ++i) {
    const auto& header = kHeaders[i];
    const bool compact = name.size() == 1 && header.compact != 0 && lower(name[0]) == header.compact;
    if (compact || same_name(name, header.name)) return static_cast<sip::HeaderId>(i);
  }
  return sip::HeaderId::kOther;
}

/// Digits only, at most `max`; leading zeros are fine.
inline std::optional<std::uint64_t> number(std::string_view text, std::uint64_t max) noexcept {
  if (text.empty() || !only(text, is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > max) return std::nullopt;
  }
  return value;
}

/// `text` without white space at its ends.
inline std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_lws(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_lws(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace dialplane::fuzz::naive
