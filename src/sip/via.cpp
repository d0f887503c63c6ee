// SPDX-License-Identifier: Apache-2.0
// Via values, RFC 3261 §20.42. Any thread; no allocation; zero copy.
#include "chars.hpp"
#include "kernels.hpp"
#include "words.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/fields.hpp"

namespace dialplane::sip {
namespace {

constexpr std::string_view kMagicCookie = "z9hG4bK";

/// Reads a token at `at` and moves past it; empty if there is none.
std::string_view take_token(std::string_view text, std::size_t& at) noexcept {
  const auto end = skip_token(text, at);
  const auto token = cut(text, at, end - at);
  at = end;
  return token;
}

/// Moves past '/' with white space round it; false if there is none.
bool take_slash(std::string_view text, std::size_t& at) noexcept {
  at = skip_lws(text, at);
  if (at >= text.size() || text[at] != '/') return false;
  at = skip_lws(text, at + 1);
  return true;
}

/// Reads "SIP/2.0/UDP" and the white space that must follow it.
bool take_protocol(std::string_view text, std::size_t& at, ViaView& via) noexcept {
  if (take_token(text, at).empty() || !take_slash(text, at)) return false;
  if (take_token(text, at).empty() || !take_slash(text, at)) return false;
  via.transport = take_token(text, at);
  const auto blank_end = skip_lws(text, at);
  if (via.transport.empty() || blank_end == at) return false;
  at = blank_end;
  return true;
}

bool take_sent_by(std::string_view text, std::size_t& at, ViaView& via) noexcept {
  const auto host_end = skip_host(text, at);
  if (host_end == std::string_view::npos) return false;
  via.host = cut(text, at, host_end - at);
  at = host_end;
  const auto colon = skip_lws(text, at);
  if (colon < text.size() && text[colon] == ':') {
    const auto port = skip_lws(text, colon + 1);
    at = port;
    while (at < text.size() && is_digit(text[at])) ++at;
    via.port = parse_port(cut(text, port, at - port));
    if (via.port == 0) return false;
  }
  via.sent_by_end = static_cast<std::uint16_t>(at);
  return true;
}

/// Files one parameter. False if it is one we read and it stands twice: then two readers may take different ones.
bool file_parameter(const Parameter& parameter, ViaView& via) noexcept {
  if (iequals(parameter.name, "branch")) {
    if (!via.branch.empty() || !parameter.has_value) return false;
    via.branch = parameter.value;
    return !parameter.value.empty();
  }
  if (iequals(parameter.name, "rport")) {
    if (via.has_rport) return false;
    via.has_rport = true;
    via.rport_value = parameter.value;
    via.rport_begin = static_cast<std::uint16_t>(parameter.begin);
    via.rport_end = static_cast<std::uint16_t>(parameter.end);
  } else if (iequals(parameter.name, "received")) {
    if (!via.received.empty() || parameter.value.empty()) return false;
    via.received = parameter.value;
    via.received_begin = static_cast<std::uint16_t>(parameter.begin);
    via.received_end = static_cast<std::uint16_t>(parameter.end);
  } else if (iequals(parameter.name, "dps")) {
    if (!via.dps.empty() || parameter.value.empty()) return false;
    via.dps = parameter.value;
  }
  return true;
}

}  // namespace

bool ViaView::has_magic_branch() const noexcept {
  constexpr auto kFolded = word_of("z9hg4bk");
  static_assert(kMagicCookie.size() == 7);
  if (branch.size() <= kMagicCookie.size()) return false;
  return (fold_word(load_word(branch.data())) << 8) == kFolded << 8;
}

bool parse_via(const Message& message, std::uint16_t row, std::uint16_t begin, ViaView& via) noexcept {
  via = ViaView{};
  // Offsets stay those of the message because the text is only cut at its end.
  const auto text = cut(message.text, 0, message.rows[row].value_end);
  std::size_t at = begin;
  if (!take_protocol(text, at, via) || !take_sent_by(text, at, via)) return false;

  ParameterCursor cursor(text, at);
  Parameter parameter;
  auto step = cursor.next(parameter);
  for (; step == ParameterCursor::Step::kParameter; step = cursor.next(parameter)) {
    if (!file_parameter(parameter, via)) return false;
  }
  if (step == ParameterCursor::Step::kMalformed) return false;

  via.row = row;
  via.begin = begin;
  via.end = static_cast<std::uint16_t>(cursor.at());
  at = skip_lws(text, cursor.at());
  if (at == text.size()) return true;
  if (text[at] != ',') return false;
  at = skip_lws(text, at + 1);
  via.next = static_cast<std::uint16_t>(at);
  return at < text.size();
}

bool top_via(const Message& message, ViaView& via) noexcept {
  const auto* row = message.find(HeaderId::kVia);
  if (row == nullptr) return false;
  return parse_via(message, static_cast<std::uint16_t>(row - message.rows.data()), row->value_offset, via);
}

bool next_via(const Message& message, const ViaView& via, ViaView& next) noexcept {
  if (via.next != 0) return parse_via(message, via.row, via.next, next);
  const auto next_row = message.rows[via.row].next_same;
  if (next_row == 0) return false;
  next = ViaView{};
  if (via_row(message, message.rows[next_row], next)) return true;
  return parse_via(message, next_row, message.rows[next_row].value_offset, next);
}

}  // namespace dialplane::sip
