// SPDX-License-Identifier: Apache-2.0
// Fuzz target: scan() on any datagram. What it accepts is a well-formed header section to the byte, what it refuses has
// a cause, and its index depends on nothing but the header section. One thread.
#include "index.hpp"
#include "naive.hpp"

#include <algorithm>
#include <string>

namespace dialplane::fuzz {
namespace {

using sip::Fault;
using sip::HeaderRow;
using sip::Message;

constexpr std::string_view kEmptyLine = "\r\n\r\n";
constexpr std::size_t kMaxDatagram = 65535;

bool ends_line(std::string_view text, std::size_t at) noexcept { return text.substr(at, 2) == "\r\n"; }

/// A CR without its LF or a LF without its CR; a CR as the last byte is still open.
bool has_bare_line_end(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return true;
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] != '\n') return true;
  }
  return false;
}

void check_start(std::string_view datagram, const Message& message) {
  const auto text = message.text;
  require(message.skipped % 2 == 0 && message.skipped <= datagram.size(), "whole CRLFs are skipped");
  require(text.data() == datagram.data() + message.skipped && text.size() == datagram.size() - message.skipped,
          "the text is the datagram without what was skipped");
  for (std::size_t at = 0; at < message.skipped; at += 2) require(ends_line(datagram, at), "only CRLFs are skipped");
  require(!ends_line(text, 0), "all leading CRLFs are skipped");

  require(message.uri_offset <= message.uri_end && message.uri_end <= text.size(), "URI or reason inside the text");
  require(message.method_end <= text.size(), "method inside the text");
  if (message.uri_offset != 0) require(message.method_end < message.uri_offset, "method before URI");
  if (message.headers_offset != 0) {
    require(message.headers_offset >= message.uri_end + 2U && message.headers_offset <= text.size(),
            "the headers follow the start line");
    require(ends_line(text, message.headers_offset - 2U), "a CRLF ends the start line");
    require(text.find("\r\n") == message.headers_offset - 2U, "the first CRLF ends the start line");
  }
  require(message.body_end == text.size(), "the body goes to the end of the datagram");
  if (message.headers_end == 0) return;
  require(message.headers_offset != 0 && message.headers_end >= message.headers_offset,
          "the section ends past its start");
  require(message.body_offset == message.headers_end + 2U && message.body_offset <= text.size(),
          "body behind the section");
  require(message.body_offset <= sip::kMaxHeaderBytes, "the section keeps its limit");
  require(text.find(kEmptyLine) == message.headers_end - 2U, "the first empty line ends the section");
}

/// One row against the grammar; `accepted` rows hold no control byte that is not a quoted pair.
void check_row(const Message& message, const HeaderRow& row, bool accepted) {
  const auto text = message.text;
  require(row.end <= text.size() && row.offset + 3U <= row.end, "the row lies inside the text");
  const auto whole = text.substr(row.offset, static_cast<std::size_t>(row.end - row.offset) - 2);
  require(ends_line(text, row.end - 2U), "a CRLF ends the row");
  require(row.end < text.size() && !naive::is_blank(text[row.end]), "a row takes all its folds");

  const auto name = whole.substr(0, std::min(whole.find_first_of(": \t\r\n"), whole.size()));
  require(naive::is_token(name), "a header name is a token");
  require(row.name_length == std::min<std::size_t>(name.size(), 255), "name length");
  require(row.id == naive::header_id(name), "header id");
  const auto colon = whole.find(':');
  require(
      colon != std::string_view::npos && naive::only(whole.substr(name.size(), colon - name.size()), naive::is_blank),
      "blanks and a colon follow the name");

  require(
      row.value_offset >= row.offset + colon + 1 && row.value_offset <= row.value_end && row.value_end <= row.end - 2U,
      "the value lies inside the row");
  require(message.value(row) == naive::trim(whole.substr(colon + 1)), "the value is what follows the colon, trimmed");

  for (auto fold = whole.find("\r\n"); fold != std::string_view::npos; fold = whole.find("\r\n", fold + 2)) {
    require(fold + 2 < whole.size() && naive::is_blank(whole[fold + 2]), "a CRLF inside a row is a fold");
  }
  if (!accepted) return;
  require(!has_bare_line_end(text.substr(row.offset, static_cast<std::size_t>(row.end - row.offset))),
          "no bare CR or LF in an accepted row");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (naive::is_control(whole[i]) && !naive::is_lws(whole[i])) {
      require(i > 0 && whole[i - 1] == '\\' && row.id != sip::HeaderId::kCallId, "control bytes are quoted pairs");
    }
  }
}

/// Rows of one known header are chained in order, those of unknown ones not at all.
void check_chains(const Message& message) {
  std::array<const HeaderRow*, sip::kHeaderCount> last{};
  for (std::uint16_t i = 0; i < message.row_count; ++i) {
    const auto& row = message.rows[i];
    auto& before = last[static_cast<std::size_t>(row.id)];
    if (row.id == sip::HeaderId::kOther && before != nullptr) {
      require(message.next(*before) == nullptr, "no chain of unknown headers");
      continue;
    }
    const auto* chained = before == nullptr ? message.find(row.id) : message.next(*before);
    require(chained == &row, "rows of a header in order");
    before = &row;
  }
  for (std::size_t id = 0; id < last.size(); ++id) {
    if (last[id] == nullptr) {
      require(message.find(static_cast<sip::HeaderId>(id)) == nullptr, "no row of an absent header");
    } else {
      require(message.next(*last[id]) == nullptr, "no row behind the last of its header");
    }
  }
}

void check_rows(const Message& message, bool accepted) {
  require(message.row_count <= sip::kMaxHeaderRows, "the rows keep their limit");
  std::size_t at = message.headers_offset;
  for (std::uint16_t i = 0; i < message.row_count; ++i) {
    const auto& row = message.rows[i];
    require(accepted ? row.offset == at : row.offset >= at, "rows follow each other");
    check_row(message, row, accepted);
    at = row.end;
  }
  if (message.headers_end != 0) require(at <= message.headers_end, "rows end where the section ends");
  if (accepted) require(at == message.headers_end, "rows cover the section");
}

void check_request_line(const Message& message, std::string_view line) {
  require(naive::is_token(message.method_text()), "a method is a token");
  require(message.method == sip::find_method(message.method_text()), "the method by its text");
  require(message.uri_offset == message.method_end + 1U && line[message.method_end] == ' ',
          "one blank behind the method");
  require(!message.request_uri().empty() && message.request_uri().find(' ') == std::string_view::npos,
          "no blank in the Request-URI");
  require(line[message.uri_end] == ' ' && naive::same_name(line.substr(message.uri_end + 1U), "SIP/2.0"),
          "the version ends the request line");
}

void check_status_line(const Message& message, std::string_view line) {
  require(line.size() >= 12 && naive::same_name(line.substr(0, 8), "SIP/2.0 ") && line[11] == ' ', "status line");
  require(naive::number(line.substr(8, 3), 699) == message.status && message.status >= 100, "status code");
  require(message.uri_offset == 12 && message.uri_end == line.size(), "reason phrase");
  require(message.method == sip::Method::kOther && message.method_end == 0, "a response has no method yet");
}

bool has_duplicate(const Message& message) noexcept {
  for (std::size_t id = 0; id < naive::kHeaders.size(); ++id) {
    if (naive::kHeaders[id].single && message.count(static_cast<sip::HeaderId>(id)) > 1) return true;
  }
  return false;
}

void check_accepted(const Message& message) {
  require(message.headers_end != 0, "what is accepted has a whole section");
  const auto line = message.text.substr(0, message.headers_offset - 2U);
  require(naive::only(line, [](char c) { return !naive::is_control(c) || c == '\t'; }), "start line without controls");
  if (message.is_request) {
    check_request_line(message, line);
  } else {
    check_status_line(message, line);
  }
  require(!has_duplicate(message), "single headers stand once");
}

/// True if some line of the section that is no fold lacks a name and a colon.
bool has_nameless_row(const Message& message) noexcept {
  auto rest = message.text.substr(message.headers_offset);
  while (!rest.empty() && !ends_line(rest, 0)) {
    const auto line = rest.substr(0, std::min(rest.find("\r\n"), rest.size()));
    auto name_end = std::min(line.find_first_of(": \t\r\n"), line.size());
    const bool named = naive::is_token(line.substr(0, name_end));
    while (name_end < line.size() && naive::is_blank(line[name_end])) ++name_end;
    const bool has_colon = name_end < line.size() && line[name_end] == ':';
    if (!naive::is_blank(line[0]) && (!named || !has_colon)) return true;
    rest.remove_prefix(std::min(line.size() + 2, rest.size()));
  }
  return false;
}

/// The start line to the letter, by cutting it at its blanks.
bool is_start_line(std::string_view line) noexcept {
  const auto first = line.find(' ');
  const auto second = line.find(' ', first + 1);
  if (first == line.npos || second == line.npos) return false;
  const auto middle = line.substr(first + 1, second - first - 1);
  if (naive::same_name(line.substr(0, first), "SIP/2.0")) {
    return middle.size() == 3 && naive::number(middle, 699).value_or(0) >= 100;
  }
  return naive::is_token(line.substr(0, first)) && !middle.empty() &&
         naive::same_name(line.substr(second + 1), "SIP/2.0");
}

bool has_control_byte(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) { return naive::is_control(c) && !naive::is_lws(c); });
}

/// Whatever is refused is refused for something that is there.
bool has_cause(Fault fault, const Message& message) noexcept {
  const auto window = message.text.substr(0, sip::kMaxHeaderBytes);
  const auto line = window.substr(0, std::min(window.find("\r\n"), window.size()));
  const auto blank = line.find(' ');
  const bool ends = window.find(kEmptyLine) != window.npos;
  const bool cut = message.text.size() > sip::kMaxHeaderBytes;
  switch (fault) {
    case Fault::kNone:
      return true;
    case Fault::kNotSip:
      return blank == line.npos || !naive::is_token(line.substr(0, blank));
    case Fault::kStartLine:
    case Fault::kVersion:
      return !is_start_line(line);
    case Fault::kStatus:
      return !is_start_line(line) && !message.is_request;
    case Fault::kBareLineEnd:
      return has_bare_line_end(window);
    case Fault::kControlByte:
      return has_control_byte(window);
    case Fault::kFoldFirst:
      return naive::is_blank(message.text[message.headers_offset]);
    case Fault::kHeaderName:
      return has_nameless_row(message);
    case Fault::kUnterminated:
      return !ends && !cut;
    case Fault::kTooLarge:
      return message.row_count == sip::kMaxHeaderRows || (!ends && cut);
    case Fault::kDuplicate:
      return has_duplicate(message);
    default:
      return false;
  }
}

/// Every kernel gives this fault and this index, wherever the bytes lie.
void check_kernels(std::string_view datagram, Fault fault, const Message& index) {
  static Message message;
  const std::string shift(digest(datagram) % 64, 'x');
  const ExactText moved({shift, datagram});
  with_each_kernel([&] {
    for (const auto text : {datagram, moved.view().substr(shift.size())}) {
      dirty(message, 0xa5);
      require(sip::scan(text, message) == fault, "every kernel finds the same fault");
      require(message.skipped == index.skipped, "every kernel skips the same bytes");
      require_same_index(message, index);
    }
  });
}

void check_prefix(const Message& index, std::size_t length) {
  static Message message;
  dirty(message, 0x33);
  const ExactText prefix({index.text.substr(0, length)});
  const auto fault = sip::scan(prefix.view(), message);
  if (length < index.body_offset) return require(fault != Fault::kNone, "half a header section is never accepted");
  require(fault == Fault::kNone, "a shorter body changes no verdict");
  message.text = index.text;
  message.body_end = index.body_end;
  require_same_index(message, index);
}

/// A row of each header's long name with one blank and no fold carries the same values.
void check_rebuilt(const Message& index) {
  static Message message;
  std::string text(index.text.substr(0, index.headers_offset));
  for (std::size_t i = 0; i < index.row_count; ++i) {
    const auto& row = index.rows[i];
    const auto whole = index.text.substr(row.offset);
    text += row.id == sip::HeaderId::kOther ? whole.substr(0, whole.find_first_of(": \t")) : sip::header_name(row.id);
    text += ": ";
    text += index.value(row);
    text += "\r\n";
  }
  text += "\r\n";
  if (text.size() > sip::kMaxHeaderBytes) return;
  const ExactText exact({text});
  require(sip::scan(exact.view(), message) == Fault::kNone, "an accepted message is accepted in its plain form");
  require(message.row_count == index.row_count, "the plain form has the same rows");
  for (std::size_t i = 0; i < index.row_count; ++i) {
    require(message.rows[i].id == index.rows[i].id, "the plain form has the same headers");
    require(message.value(message.rows[i]) == index.value(index.rows[i]), "the plain form has the same values");
  }
}

}  // namespace

void fuzz_scanner(std::string_view input) {
  static Message message;
  dirty(message, 0xcc);
  const auto fault = sip::scan(input, message);
  if (input.size() > kMaxDatagram) {
    return require(fault == Fault::kTooLarge && message.text.empty() && message.row_count == 0,
                   "longer than a datagram");
  }
  const bool accepted = fault == Fault::kNone;
  check_start(input, message);
  check_rows(message, accepted);
  check_chains(message);
  require(has_cause(fault, message), "what is refused has the fault that it is refused for");
  check_kernels(input, fault, message);
  if (!accepted) return;
  check_accepted(message);
  const auto chosen = digest(input);
  check_prefix(message, message.body_offset);
  check_prefix(message, message.body_offset - 1U);
  check_prefix(message, chosen % message.body_offset);
  check_prefix(message, message.body_offset + (chosen >> 20) % (message.text.size() - message.body_offset + 1));
  check_rebuilt(message);
}

}  // namespace dialplane::fuzz
