// SPDX-License-Identifier: Apache-2.0
// Looks for characters, never for grammar.
#include "sip_text.hpp"

#include <algorithm>
#include <cctype>

namespace dialplane::test {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool same_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// One past the quoted string that starts at `at`, or `end`.
std::size_t skip_quoted(std::string_view text, std::size_t at, std::size_t end) {
  for (++at; at < end && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, end);
}

/// The first of `wanted` outside quotes, and outside brackets if it is no bracket itself; `within.end` if none.
std::size_t find_outside(std::string_view text, Span within, char wanted) {
  char closing = 0;
  for (auto at = within.begin; at < within.end;) {
    const char c = text[at];
    if (c == '"' && closing == 0) {
      at = skip_quoted(text, at, within.end);
      continue;
    }
    if (closing == 0 && c == wanted) return at;
    if (closing == 0 && c == '<') closing = '>';
    if (closing == 0 && c == '[') closing = ']';
    if (c == closing) closing = 0;
    ++at;
  }
  return within.end;
}

}  // namespace

std::optional<SipText> cut_message(std::string_view datagram) {
  while (datagram.substr(0, 2) == "\r\n") datagram.remove_prefix(2);
  SipText text;
  const auto line_end = datagram.find("\r\n");
  if (line_end == std::string_view::npos) return std::nullopt;
  text.start_line = datagram.substr(0, line_end + 2);
  auto at = line_end + 2;
  while (datagram.substr(at, 2) != "\r\n") {
    auto end = datagram.find("\r\n", at);
    while (end != std::string_view::npos && end + 2 < datagram.size() &&
           (datagram[end + 2] == ' ' || datagram[end + 2] == '\t')) {
      end = datagram.find("\r\n", end + 2);
    }
    if (end == std::string_view::npos) return std::nullopt;
    text.rows.push_back(datagram.substr(at, end + 2 - at));
    at = end + 2;
  }
  text.body = datagram.substr(at + 2);
  return text;
}

Span trim(std::string_view text, Span within) {
  while (within.begin < within.end && is_blank(text[within.begin])) ++within.begin;
  while (within.end > within.begin && is_blank(text[within.end - 1])) --within.end;
  return within;
}

bool is_named(std::string_view row, std::string_view name, std::string_view compact) {
  const auto is_end = [&](std::size_t at) { return at < row.size() && (row[at] == ':' || is_blank(row[at])); };
  return (is_end(name.size()) && same_but_for_case(row.substr(0, name.size()), name)) ||
         (!compact.empty() && is_end(compact.size()) && same_but_for_case(row.substr(0, compact.size()), compact));
}

Span value_of(std::string_view row) { return trim(row, {row.find(':') + 1, row.size()}); }

std::size_t find_row(const std::vector<std::string_view>& rows, std::string_view name, std::string_view compact) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](auto row) { return is_named(row, name, compact); });
  return static_cast<std::size_t>(found - rows.begin());
}

std::vector<Span> split(std::string_view text, Span within, char separator) {
  std::vector<Span> parts;
  for (auto at = within.begin;;) {
    const auto end = find_outside(text, {at, within.end}, separator);
    parts.push_back(trim(text, {at, end}));
    if (end == within.end) return parts;
    at = end + 1;
  }
}

std::vector<Span> parameters_of(std::string_view text, Span value) {
  auto parts = split(text, value, ';');
  parts.erase(parts.begin());
  return parts;
}

std::string_view parameter_name(std::string_view text, Span parameter) {
  const auto equals = find_outside(text, parameter, '=');
  return trim(text, {parameter.begin, equals}).of(text);
}

Span parameter_value(std::string_view text, Span parameter) {
  const auto equals = find_outside(text, parameter, '=');
  return trim(text, {std::min(equals + 1, parameter.end), parameter.end});
}

Span sent_by_of(std::string_view text, Span via) {
  const auto end = find_outside(text, via, ';');
  // Behind the second slash stand the transport and, after blanks, the host.
  auto at = text.find('/', text.find('/', via.begin) + 1) + 1;
  while (at < end && is_blank(text[at])) ++at;
  while (at < end && !is_blank(text[at])) ++at;
  return trim(text, {at, end});
}

std::string_view top_branch(std::string_view datagram) {
  const auto message = cut_message(datagram);
  if (!message) return {};
  const auto index = find_row(message->rows, "Via", "v");
  if (index == message->rows.size()) return {};
  const auto row = message->rows[index];
  for (const auto parameter : parameters_of(row, split(row, value_of(row), ',').front())) {
    if (same_but_for_case(parameter_name(row, parameter), "branch")) return parameter_value(row, parameter).of(row);
  }
  return {};
}

}  // namespace dialplane::test
