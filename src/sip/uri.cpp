// SPDX-License-Identifier: Apache-2.0
// SIP, tel and urn URIs. Any thread; no allocation.
#include "dialplane/sip/uri.hpp"

#include "char_tables.hpp"

#include "dialplane/base/text.hpp"

#include <smmintrin.h>

#include <algorithm>
#include <bit>

namespace dialplane::sip {
namespace {

constexpr bool is_alpha(char c) noexcept { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }

/// The scheme before the first ':', empty if there is none.
std::string_view scheme_of(std::string_view text) noexcept {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_alpha(text[0])) return {};
  for (const char c : cut(text, 0, colon)) {
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return {};
  }
  return cut(text, 0, colon);
}

Scheme find_scheme(std::string_view text) noexcept {
  if (iequals(text, "sip")) return Scheme::kSip;
  if (iequals(text, "sips")) return Scheme::kSips;
  if (iequals(text, "tel")) return Scheme::kTel;
  if (iequals(text, "urn")) return Scheme::kUrn;
  return Scheme::kOther;
}

/// Parses what follows "sip:". Only one '@' is legal, and before it ';' and '?' belong to the user part.
bool parse_sip_rest(std::string_view rest, UriView& uri) noexcept {
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    const auto userinfo = cut(rest, 0, at);
    uri.user = cut(userinfo, 0, userinfo.find(':'));
    uri.has_user = true;
    rest.remove_prefix(at + 1);
    if (uri.user.empty() || rest.find('@') != std::string_view::npos) return false;
  }
  const auto host_end = skip_host(rest, 0);
  if (host_end == std::string_view::npos) return false;
  uri.host = cut(rest, 0, host_end);
  rest.remove_prefix(host_end);
  if (!rest.empty() && rest[0] == ':') {
    std::size_t port_end = 1;
    while (port_end < rest.size() && rest[port_end] != ';' && rest[port_end] != '?') ++port_end;
    uri.port = parse_port(cut(rest, 1, port_end - 1));
    if (uri.port == 0) return false;
    rest.remove_prefix(port_end);
  }
  if (const auto headers = rest.find('?'); headers != std::string_view::npos) {
    uri.has_headers = true;
    rest = cut(rest, 0, headers);
  }
  if (!rest.empty() && rest[0] != ';') return false;
  uri.parameters = rest;
  return true;
}

__m128i load16(const void* from) noexcept { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
std::uint64_t marks_of(__m128i bytes) noexcept { return static_cast<std::uint64_t>(_mm_movemask_epi8(bytes)); }

/// The starts of all parameters of a text of 16 to 64 bytes; 0 if it holds a quote, a blank, an empty part or anything
/// else that takes a ParameterCursor.
std::uint64_t plain_parameter_marks(std::string_view text) noexcept {
  std::uint64_t semicolons = 0;
  std::uint64_t equals = 0;
  std::uint64_t others = 0;
  const auto mark = [&](std::size_t at) {
    const __m128i bytes = load16(text.data() + at);
    const __m128i nibble = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(0x0f));
    const __m128i row = _mm_shuffle_epi8(load16(kRowBits.cells), nibble);
    const __m128i members = _mm_and_si128(_mm_shuffle_epi8(load16(kParameterTable.cells), bytes), row);
    semicolons |= marks_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(';'))) << at;
    equals |= marks_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('='))) << at;
    others |= marks_of(_mm_cmpeq_epi8(members, _mm_setzero_si128()));
  };
  // The last block overlaps the one before and ends where the text ends.
  for (std::size_t at = 0; at + 16 < text.size(); at += 16) mark(at);
  mark(text.size() - 16);
  const auto separators = semicolons | equals;
  const auto last = std::uint64_t{1} << (text.size() - 1);
  const bool has_empty_part = (separators & (separators >> 1 | last)) != 0;
  return others != 0 || has_empty_part || (semicolons & 1) == 0 ? 0 : semicolons;
}

std::optional<std::string_view> find_plain_parameter(std::string_view parameters, std::uint64_t semicolons,
                                                     std::string_view name) noexcept {
  while (semicolons != 0) {
    const auto begin = static_cast<std::size_t>(std::countr_zero(semicolons)) + 1;
    semicolons &= semicolons - 1;
    const auto end = semicolons != 0 ? static_cast<std::size_t>(std::countr_zero(semicolons)) : parameters.size();
    const auto part = cut(parameters, begin, end - begin);
    if (part.size() < name.size() || (part.size() > name.size() && part[name.size()] != '=')) continue;
    if (iequals(cut(part, 0, name.size()), name)) return cut(part, name.size() + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<UriView> parse_uri(std::string_view text) noexcept {
  if (find_class(text, 0, kUriStop) != text.size()) return std::nullopt;
  UriView uri;
  uri.scheme_text = scheme_of(text);
  if (uri.scheme_text.empty()) return std::nullopt;
  uri.scheme = find_scheme(uri.scheme_text);
  const auto rest = cut(text, uri.scheme_text.size() + 1);
  if (uri.scheme == Scheme::kSip || uri.scheme == Scheme::kSips) {
    if (!parse_sip_rest(rest, uri)) return std::nullopt;
  } else if (uri.scheme == Scheme::kTel) {
    const auto semicolon = std::min(rest.find(';'), rest.size());
    uri.user = cut(rest, 0, semicolon);
    uri.has_user = !uri.user.empty();
    uri.parameters = cut(rest, semicolon);
  }
  return uri;
}

std::optional<std::string_view> find_parameter(std::string_view parameters, std::string_view name) noexcept {
  if (parameters.size() - 16 <= 64 - 16) {
    if (const auto marks = plain_parameter_marks(parameters); marks != 0) {
      return find_plain_parameter(parameters, marks, name);
    }
  }
  ParameterCursor cursor(parameters);
  Parameter parameter;
  while (cursor.next(parameter) == ParameterCursor::Step::kParameter) {
    if (iequals(parameter.name, name)) return parameter.value;
  }
  return std::nullopt;
}

}  // namespace dialplane::sip
