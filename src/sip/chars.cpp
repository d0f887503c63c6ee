// SPDX-License-Identifier: Apache-2.0
// Shared steps of the value parsers: quoted control bytes, hosts, ports, parameters. Any thread; no allocation.
#include "chars.hpp"

#include "dialplane/base/address.hpp"
#include "dialplane/base/text.hpp"

#include <cstring>

namespace dialplane::sip {
namespace {

/// Longest text of an IPv6 reference without its brackets.
constexpr std::size_t kMaxIpv6Text = 48;

bool is_ipv6_reference(std::string_view inside) noexcept {
  if (inside.size() > kMaxIpv6Text || inside.find(':') == std::string_view::npos) return false;
  if (IpAddress::parse(inside)) return true;
  // The grammar of RFC 3261 allows ":::" before an embedded IPv4 address, and such hosts are sent (RFC 5118 §4.10).
  const auto triple = inside.find(":::");
  if (triple == std::string_view::npos) return false;
  std::array<char, kMaxIpv6Text> repaired;
  std::memcpy(repaired.data(), inside.data(), triple);
  std::memcpy(repaired.data() + triple, inside.data() + triple + 1, inside.size() - triple - 1);
  return IpAddress::parse({repaired.data(), inside.size() - 1}).has_value();
}

}  // namespace

bool control_bytes_allowed(std::string_view value, bool has_comments) noexcept {
  bool quoted = false;
  bool seen_inside = false;
  std::size_t comments = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    const bool inside = quoted || comments > 0;
    if (c == '"' && comments == 0) {
      quoted = !quoted;
      seen_inside = seen_inside && quoted;
    } else if (has_comments && !quoted && c == '(') {
      ++comments;
    } else if (comments > 0 && c == ')') {
      --comments;
      seen_inside = seen_inside && comments > 0;
    } else if (inside && c == '\\' && i + 1 < value.size() && value[i + 1] != '\r' && value[i + 1] != '\n') {
      ++i;
      if (static_cast<unsigned char>(value[i]) < 0x20) seen_inside = true;
    } else if (c == '\r') {
      if (i + 1 >= value.size() || value[i + 1] != '\n') return false;
      ++i;
    } else if (c < 0x20 && c != '\t') {
      return false;
    }
  }
  return !seen_inside;
}

std::size_t skip_host(std::string_view text, std::size_t at) noexcept {
  if (at < text.size() && text[at] == '[') {
    const auto close = text.find(']', at);
    if (close == std::string_view::npos || !is_ipv6_reference(cut(text, at + 1, close - at - 1))) {
      return std::string_view::npos;
    }
    return close + 1;
  }
  const auto end = skip_class(text, at, kHostChar);
  return end == at ? std::string_view::npos : end;
}

std::uint16_t parse_port(std::string_view text) noexcept {
  return static_cast<std::uint16_t>(parse_decimal(text, 65535).value_or(0));
}

ParameterCursor::Step ParameterCursor::next(Parameter& parameter) noexcept {
  const auto semicolon = skip_lws(text_, at_);
  if (semicolon >= text_.size() || text_[semicolon] != ';') return Step::kEnd;
  const auto name = skip_lws(text_, semicolon + 1);
  const auto at = skip_class(text_, name, kNameChar);
  if (at == name) return Step::kMalformed;
  parameter = Parameter{};
  parameter.begin = semicolon;
  parameter.end = at;
  parameter.name = cut(text_, name, at - name);
  at_ = at;
  const auto equals = skip_lws(text_, at);
  if (equals >= text_.size() || text_[equals] != '=') return Step::kParameter;

  const auto value = skip_lws(text_, equals + 1);
  parameter.has_value = true;
  if (value < text_.size() && text_[value] == '"') {
    const auto end = skip_quoted(text_, value);
    if (end == std::string_view::npos) return Step::kMalformed;
    parameter.value = cut(text_, value + 1, end - value - 2);
    parameter.quoted = true;
    at_ = parameter.end = end;
    return Step::kParameter;
  }
  const auto end = find_class(text_, value, kValueStop);
  if (end == value) return Step::kMalformed;
  parameter.value = cut(text_, value, end - value);
  at_ = parameter.end = end;
  return Step::kParameter;
}

}  // namespace dialplane::sip
