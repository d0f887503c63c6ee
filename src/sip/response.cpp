// SPDX-License-Identifier: Apache-2.0
// Responses of a stateless UAS, and where responses go. Any thread; no allocation.
#include "dialplane/sip/response.hpp"

#include "chars.hpp"

#include "dialplane/base/bytes.hpp"
#include "dialplane/base/short_copy.hpp"
#include "dialplane/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace dialplane::sip {
namespace {

constexpr std::uint16_t kBadExtension = 420;

/// Appends to a fixed buffer; once something does not fit, nothing counts any more.
class Output {
 public:
  Output(std::span<char> room, std::string_view request) noexcept : room_(room), request_(request) {}
  Output& add(std::string_view text) noexcept {
    if (text.size() > room_.size() - used_) {
      ok_ = false;
    } else {
      short_copy(room_.data() + used_, text.data(), text.size());
      used_ += text.size();
    }
    return *this;
  }
  /// Adds bytes of the request. Cost: with room on both sides they are copied without a look at their number.
  Output& add_part(std::size_t begin, std::size_t end) noexcept {
    const std::size_t length = end - begin;
    if (length > kBlind || begin + kBlind > request_.size() || used_ + kBlind > room_.size()) {
      return add(cut(request_, begin, length));
    }
    std::memcpy(room_.data() + used_, request_.data() + begin, kBlind);
    used_ += length;
    return *this;
  }
  Output& add_row(const HeaderRow& row) noexcept { return add_part(row.offset, row.end); }
  [[nodiscard]] std::size_t length() const noexcept { return ok_ ? used_ : 0; }

 private:
  static constexpr std::size_t kBlind = 64;

  std::span<char> room_;
  std::string_view request_;
  std::size_t used_ = 0;
  bool ok_ = true;
};

std::string_view row_text(const Message& message, const HeaderRow& row) noexcept {
  return cut(message.text, row.offset, static_cast<std::size_t>(row.end - row.offset));
}

bool has_control_byte(std::string_view text) noexcept {
  constexpr std::uint64_t kEach = 0x0101010101010101U;
  std::uint64_t found = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    const auto v = load_word(text.data() + at);
    found |= (v - kEach * 0x20) & ~v;
  }
  // Subtraction borrows from higher bytes only, so that a hit may be false but none is missed.
  if ((found & (kEach * 0x80)) != 0) return true;
  return std::ranges::any_of(cut(text, at), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// The row holds nothing that another parser could take for a line end or the end of a string. A Call-ID has no quoted
/// strings, so its value may hold no control byte at all.
bool is_clean(const Message& message, const HeaderRow& row) noexcept {
  const auto text = row_text(message, row);
  // Most rows hold no control byte but those of their line end.
  if (text.ends_with("\r\n") && !has_control_byte(cut(text, 0, text.size() - 2))) return true;
  if (!control_bytes_allowed(row_text(message, row))) return false;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  return row.id != HeaderId::kCallId || std::ranges::none_of(message.value(row), is_control);
}

/// Adds the row of the top Via: its first value loses the received and rport it came with, and the white space before
/// them (a line of blanks alone might end the section for someone), and gains ours.
void add_top_via(Output& out, const Message& request, const ViaView& via, std::string_view received) noexcept {
  struct Range {
    std::size_t begin;
    std::size_t end;
  };
  std::array<Range, 2> removed{{{via.received_begin, via.received_end}, {via.rport_begin, via.rport_end}}};
  if (removed[1].begin < removed[0].begin) std::swap(removed[0], removed[1]);
  const auto& row = request.rows[via.row];
  std::size_t at = row.offset;
  for (const auto& range : removed) {
    if (range.end == 0) continue;
    out.add_part(at, trim_lws(request.text, at, range.begin));
    at = range.end;
  }
  out.add_part(at, via.end).add(received).add_part(via.end, row.end);
}

void add_status_line(Output& out, const ResponseSpec& spec) noexcept {
  std::array<char, 12> head{'S', 'I', 'P', '/', '2', '.', '0', ' ', '0', '0', '0', ' '};
  head[8] = static_cast<char>('0' + spec.status / 100);
  head[9] = static_cast<char>('0' + spec.status / 10 % 10);
  head[10] = static_cast<char>('0' + spec.status % 10);
  out.add({head.data(), head.size()}).add(spec.reason).add("\r\n");
}

void add_row(Output& out, const Message& request, HeaderId id, bool is_sound) noexcept {
  const auto* row = request.find(id);
  if (row != nullptr && (is_sound || is_clean(request, *row))) out.add_row(*row);
}

bool has_no_tag(std::string_view value) noexcept {
  const auto tag = parse_tag(value);
  return tag && tag->empty();
}

void add_to(Output& out, const Message& request, const Facts& facts, const ResponseSpec& spec) noexcept {
  const auto* row = request.find(HeaderId::kTo);
  if (row == nullptr || !(spec.is_sound || is_clean(request, *row))) return;
  const auto tag = spec.to_tag;
  const bool gets_tag = spec.is_sound ? facts.to_tag.empty() : has_no_tag(request.value(*row));
  if (tag.empty() || !gets_tag) {
    out.add_row(*row);
    return;
  }
  out.add_part(row->offset, row->value_end).add(";tag=").add(tag).add_part(row->value_end, row->end);
}

/// Nothing but option tags can be repeated in another row: a quote left open would run on into the next value.
bool is_tag_list(std::string_view value) noexcept {
  return std::ranges::all_of(value, [](char c) { return is_token_char(c) || c == ',' || is_lws(c); });
}

/// A request that asks nothing of a proxy was refused for what it asks of a user agent server.
HeaderId refused_header(const Message& request) noexcept {
  for (const auto* row = request.find(HeaderId::kProxyRequire); row != nullptr; row = request.next(*row)) {
    if (row->value_end != row->value_offset) return HeaderId::kProxyRequire;
  }
  return HeaderId::kRequire;
}

/// Every value of that header in one row, which is never longer than theirs. Source: RFC 3261 §16.3 step 5, §8.2.2.3,
/// §20.40.
void add_unsupported(Output& out, const Message& request) noexcept {
  std::string_view before = "Unsupported: ";
  for (const auto* row = request.find(refused_header(request)); row != nullptr; row = request.next(*row)) {
    const auto value = request.value(*row);
    if (value.empty() || !is_tag_list(value) || !is_clean(request, *row)) continue;
    out.add(before).add(value);
    before = ", ";
  }
  if (before == ", ") out.add("\r\n");
}

}  // namespace

std::size_t write_response(std::span<char> out, const Message& request, const Facts& facts,
                           const ResponseSpec& spec) noexcept {
  if (!facts.has_via) return 0;
  std::array<char, kMaxReceivedText> received;
  Output output(out, request.text);
  add_status_line(output, spec);

  for (const auto* row = request.find(HeaderId::kVia); row != nullptr; row = request.next(*row)) {
    if (!spec.is_sound && !is_clean(request, *row)) return 0;
    if (row == &request.rows[facts.via.row]) {
      add_top_via(output, request, facts.via,
                  {received.data(), write_received(received.data(), facts.via, spec.source, false)});
    } else {
      output.add_row(*row);
    }
  }
  add_row(output, request, HeaderId::kFrom, spec.is_sound);
  add_to(output, request, facts, spec);
  add_row(output, request, HeaderId::kCallId, spec.is_sound);
  add_row(output, request, HeaderId::kCSeq, spec.is_sound);
  if (spec.status == kBadExtension) add_unsupported(output, request);
  return output.add(spec.extra_rows).add("Content-Length: 0\r\n\r\n").length();
}

std::size_t write_received(char* out, const ViaView& via, const Endpoint& source, bool force_rport) noexcept {
  // With rport the address is written whatever sent-by is.
  const auto sent_by = via.has_rport || force_rport ? std::nullopt : IpAddress::parse(via.host);
  return write_received(out, via, sent_by.value_or(IpAddress{}), source, force_rport);
}

std::size_t write_received(char* out, const ViaView& via, const IpAddress& sent_by, const Endpoint& source,
                           bool force_rport) noexcept {
  constexpr std::string_view kRport = ";rport=";
  constexpr std::string_view kReceived = ";received=";
  const bool rport = via.has_rport || force_rport;
  std::size_t length = 0;
  if (rport) {
    length += kRport.copy(out, kRport.size());
    length += write_decimal(out + length, source.port);
  }
  if (rport || sent_by != source.ip) {
    length += kReceived.copy(out + length, kReceived.size());
    length += source.ip.write(out + length);
  }
  return length;
}

std::optional<Endpoint> response_target(const ViaView& via) noexcept {
  return response_target(via, IpAddress::parse(via.host).value_or(IpAddress{}),
                         IpAddress::parse(via.received).value_or(IpAddress{}));
}

std::optional<Endpoint> response_target(const ViaView& via, const IpAddress& sent_by,
                                        const IpAddress& received) noexcept {
  const bool has_received = !via.received.empty();
  const auto& ip = has_received ? received : sent_by;
  if (ip.is_none()) return std::nullopt;
  if (!has_received || via.rport_value.empty()) return Endpoint{ip, via.port_or_default()};
  const auto port = parse_port(via.rport_value);
  if (port == 0) return std::nullopt;
  return Endpoint{ip, port};
}

}  // namespace dialplane::sip
