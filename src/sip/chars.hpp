// SPDX-License-Identifier: Apache-2.0
// Character classes of RFC 3261 §25.1 and the small steps every value parser takes. Any thread; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::sip {

inline constexpr std::uint8_t kTokenChar = 1;     ///< token
inline constexpr std::uint8_t kWordChar = 2;      ///< word, as in Call-ID
inline constexpr std::uint8_t kHostChar = 4;      ///< host name, with the '_' that real networks use
inline constexpr std::uint8_t kUriStop = 8;       ///< white space, control bytes, '<', '>', '"': never inside a URI
inline constexpr std::uint8_t kValueStop = 16;    ///< ends an unquoted parameter value
inline constexpr std::uint8_t kNameChar = 32;     ///< parameter name: a token, or what a URI's paramchar adds
inline constexpr std::uint8_t kAddressStop = 64;  ///< what ends an unquoted display name or an addr-spec

inline constexpr std::array<std::uint8_t, 256> kCharClass = [] {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&table](std::string_view chars, unsigned bits) {
    for (const char c : chars) {
      auto& cell = table[static_cast<unsigned char>(c)];
      cell = static_cast<std::uint8_t>(cell | bits);
    }
  };
  add("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._",
      kTokenChar | kWordChar | kHostChar | kNameChar);
  add("!%*+`'~", kTokenChar | kWordChar | kNameChar);
  add("[]/:&$()", kNameChar);
  add("<>\",;", kAddressStop);
  add("()<>:\\/\"[]?{}", kWordChar);
  add(" <>\"", kUriStop);
  add(" ;,\"<>", kValueStop);
  for (unsigned c = 0; c < 0x20; ++c) table[c] = kUriStop | kValueStop;
  table[0x7f] = kUriStop | kValueStop;
  return table;
}();

constexpr bool has_class(char c, std::uint8_t bits) noexcept {
  return (kCharClass[static_cast<unsigned char>(c)] & bits) != 0;
}
constexpr bool is_token_char(char c) noexcept { return has_class(c, kTokenChar); }
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
/// White space inside a row: blanks and the CRLF of a fold (the scanner vouches that a blank follows it).
constexpr bool is_lws(char c) noexcept { return is_blank(c) || c == '\r' || c == '\n'; }

/// The first position from `at` whose character lies outside the class; text.size() if none.
constexpr std::size_t skip_class(std::string_view text, std::size_t at, std::uint8_t bits) noexcept {
  while (at < text.size() && has_class(text[at], bits)) ++at;
  return at;
}
/// The first position from `at` whose character lies inside the class; text.size() if none.
constexpr std::size_t find_class(std::string_view text, std::size_t at, std::uint8_t bits) noexcept {
  while (at < text.size() && !has_class(text[at], bits)) ++at;
  return at;
}
constexpr std::size_t skip_token(std::string_view text, std::size_t at) noexcept {
  return skip_class(text, at, kTokenChar);
}
constexpr std::size_t skip_lws(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_lws(text[at])) ++at;
  return at;
}
/// One past the last character before `end` that is not white space, at least `begin`.
constexpr std::size_t trim_lws(std::string_view text, std::size_t begin, std::size_t end) noexcept {
  while (end > begin && is_lws(text[end - 1])) --end;
  return end;
}
constexpr bool is_token(std::string_view text) noexcept { return !text.empty() && skip_token(text, 0) == text.size(); }

/// The position after the closing quote of the quoted string that opens at `at`; npos if it never closes.
constexpr std::size_t skip_quoted(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// True if every control byte of a row's value is HTAB, belongs to a CRLF, or is a quoted pair inside a quoted string
/// that closes; or inside a comment that closes, in a header which may have them. Source: RFC 3261 §25.1 quoted-pair.
bool control_bytes_allowed(std::string_view value, bool has_comments = false) noexcept;

/// Reads `host` or `[IPv6]` at `at` and returns the position after it; npos if there is none.
std::size_t skip_host(std::string_view text, std::size_t at) noexcept;

/// Reads a decimal port from 1 to 65535 that is all of `text`; 0 if it is anything else.
std::uint16_t parse_port(std::string_view text) noexcept;

/// One `;name=value` of a parameter text. Offsets are from the first byte of that text.
struct Parameter {
  std::size_t begin = 0;  ///< its ';'
  std::size_t end = 0;    ///< one past its name or value
  std::string_view name;
  std::string_view value;  ///< quotes removed
  bool has_value = false;
  bool quoted = false;
};

/// Walks `;name=value` parameters with white space round ';' and '='. Source: RFC 3261 §25.1 generic-param.
class ParameterCursor {
 public:
  explicit ParameterCursor(std::string_view text, std::size_t at = 0) noexcept : text_(text), at_(at) {}
  enum class Step : std::uint8_t { kParameter, kEnd, kMalformed };
  /// Reads the next one. kEnd: what follows is no ';', see at(). kMalformed: an empty name, an empty value or an open
  /// quote.
  Step next(Parameter& parameter) noexcept;
  /// The position after the last parameter.
  [[nodiscard]] std::size_t at() const noexcept { return at_; }

 private:
  std::string_view text_;
  std::size_t at_;
};

}  // namespace dialplane::sip
