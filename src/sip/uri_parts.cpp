// SPDX-License-Identifier: Apache-2.0
// The inside of tel and urn URIs. Any thread; no allocation; zero copy.
#include "dialplane/sip/uri_parts.hpp"

#include "chars.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/uri.hpp"

#include <algorithm>

namespace dialplane::sip {
namespace {

constexpr std::size_t kMinNamespace = 2;
constexpr std::size_t kMaxNamespace = 32;

constexpr bool is_visual_separator(char c) noexcept { return c == '-' || c == '.' || c == '(' || c == ')'; }
constexpr bool is_letter(char c) noexcept { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
constexpr bool is_local_digit(char c) noexcept {
  return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f') || c == '*' || c == '#';
}

/// Digits and visual separators, at least one of them a digit.
bool is_number(std::string_view text, bool global) noexcept {
  const auto is_wanted_digit = [global](char c) { return global ? is_digit(c) : is_local_digit(c); };
  return std::ranges::any_of(text, is_wanted_digit) &&
         std::ranges::all_of(text, [&](char c) { return is_wanted_digit(c) || is_visual_separator(c); });
}

bool is_namespace(std::string_view text) noexcept {
  const auto is_inner = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
  return text.size() >= kMinNamespace && text.size() <= kMaxNamespace && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, is_inner);
}

}  // namespace

std::optional<TelView> parse_tel(std::string_view uri) noexcept {
  const auto parsed = parse_uri(uri);
  if (!parsed || parsed->scheme != Scheme::kTel) return std::nullopt;
  TelView tel;
  tel.number = parsed->user;
  tel.parameters = parsed->parameters;
  tel.global = !tel.number.empty() && tel.number.front() == '+';
  if (!is_number(cut(tel.number, tel.global ? 1 : 0), tel.global)) return std::nullopt;
  if (tel.global) return tel;
  tel.phone_context = find_parameter(tel.parameters, "phone-context").value_or(std::string_view{});
  if (tel.phone_context.empty()) return std::nullopt;
  return tel;
}

std::optional<UrnView> parse_urn(std::string_view uri) noexcept {
  const auto parsed = parse_uri(uri);
  if (!parsed || parsed->scheme != Scheme::kUrn) return std::nullopt;
  const auto rest = cut(uri, parsed->scheme_text.size() + 1);
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos || !is_namespace(cut(rest, 0, colon))) return std::nullopt;
  const auto name = cut(rest, colon + 1);
  const auto nss = cut(name, 0, std::min({name.find("?+"), name.find("?="), name.find('#')}));
  if (nss.empty()) return std::nullopt;
  return UrnView{.nid = cut(rest, 0, colon), .nss = nss};
}

bool is_emergency_urn(std::string_view uri) noexcept {
  constexpr std::string_view kSos = "sos";
  const auto urn = parse_urn(uri);
  if (!urn || !iequals(urn->nid, "service") || !iequals(cut(urn->nss, 0, kSos.size()), kSos)) return false;
  return urn->nss.size() == kSos.size() || urn->nss[kSos.size()] == '.';
}

}  // namespace dialplane::sip
