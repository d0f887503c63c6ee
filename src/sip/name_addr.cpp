// SPDX-License-Identifier: Apache-2.0
// name-addr and addr-spec values (To, From, Contact, Route) and their tag. Any thread; no allocation.
#include "chars.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/fields.hpp"

#include <algorithm>

namespace dialplane::sip {
namespace {

constexpr auto kNone = std::string_view::npos;

/// The position of the '<' of a name-addr; text.size() for an addr-spec; npos if the display name is malformed.
std::size_t find_bracket(std::string_view text, std::size_t at) noexcept {
  if (text[at] == '"') {
    at = skip_quoted(text, at);
    if (at == kNone) return kNone;
    at = skip_lws(text, at);
    return at < text.size() && text[at] == '<' ? at : kNone;
  }
  const auto stop = find_class(text, at, kAddressStop);
  if (stop == text.size() || text[stop] == ',' || text[stop] == ';') return text.size();
  return text[stop] == '<' ? stop : kNone;
}

/// The end of a value whose header parameters start at `at`: a comma outside quotes or the end; npos if what stands
/// there are no parameters.
std::size_t find_value_end(std::string_view text, std::size_t at) noexcept {
  if (at < text.size() && text[at] != ';' && text[at] != ',') return kNone;
  while (at < text.size() && text[at] != ',') {
    if (text[at] == '<' || text[at] == '>') return kNone;
    at = text[at] == '"' ? skip_quoted(text, at) : at + 1;
    if (at == kNone) return kNone;
  }
  return at;
}

}  // namespace

std::optional<NameAddrView> parse_name_addr(std::string_view text) noexcept {
  const auto begin = skip_lws(text, 0);
  if (begin >= text.size()) return std::nullopt;
  const auto bracket = find_bracket(text, begin);
  if (bracket == kNone) return std::nullopt;

  NameAddrView view;
  std::size_t after = 0;
  if (bracket < text.size()) {
    const auto close = text.find('>', bracket);
    if (close == kNone || cut(text, bracket + 1, close - bracket - 1).find('<') != kNone) return std::nullopt;
    view.bracketed = true;
    view.uri = cut(text, bracket + 1, close - bracket - 1);
    after = close + 1;
  } else {
    after = begin;
    while (after < text.size() && !is_lws(text[after]) && text[after] != ';' && text[after] != ',') ++after;
    view.uri = cut(text, begin, after - begin);
    // A word without a scheme is the first half of a display name that a comma or semicolon tore apart.
    if (view.uri.find(':') == kNone) return std::nullopt;
  }
  if (view.uri.empty()) return std::nullopt;

  const auto parameters = skip_lws(text, after);
  const auto end = find_value_end(text, parameters);
  if (end == kNone) return std::nullopt;
  view.parameters = cut(text, parameters, trim_lws(text, parameters, end) - parameters);
  view.end = end;
  return view;
}

std::optional<std::string_view> parse_tag(std::string_view value) noexcept {
  const auto address = parse_name_addr(value);
  if (!address || address->end != value.size()) return std::nullopt;
  std::optional<std::string_view> tag;
  ParameterCursor cursor(address->parameters);
  Parameter parameter;
  auto step = cursor.next(parameter);
  for (; step == ParameterCursor::Step::kParameter; step = cursor.next(parameter)) {
    if (!iequals(parameter.name, "tag")) continue;
    if (tag || parameter.quoted || parameter.value.empty()) return std::nullopt;
    tag = parameter.value;
  }
  const bool whole = step == ParameterCursor::Step::kEnd && cursor.at() == address->parameters.size();
  if (!whole) return std::nullopt;
  return tag.value_or(std::string_view{});
}

}  // namespace dialplane::sip
