// SPDX-License-Identifier: Apache-2.0
// Plans the edits of a forwarded message as one list and applies it once.
#include "stages.hpp"

#include "dialplane/base/short_copy.hpp"
#include "dialplane/base/text.hpp"
#include "dialplane/net/frame_edit.hpp"
#include "dialplane/sip/response.hpp"

#include <algorithm>
#include <cstring>

namespace dialplane::pipeline {
namespace {

/// Rows we put in front of a request: one Via, at most two Record-Routes, perhaps Max-Forwards.
class Rows {
 public:
  /// Writes to `room`, where the edit list keeps its text anyway.
  explicit Rows(char* room) noexcept : begin_(room), at_(room) {}
  /// A literal: its size is known when compiled.
  template <std::size_t kSize>
  Rows& text(const char (&literal)[kSize]) noexcept {
    std::memcpy(at_, literal, kSize - 1);
    at_ += kSize - 1;
    return *this;
  }
  Rows& text(std::string_view s) noexcept {
    short_copy(at_, s.data(), s.size());
    at_ += s.size();
    return *this;
  }
  char* at() noexcept { return at_; }
  void took(std::size_t n) noexcept { at_ += n; }
  [[nodiscard]] std::string_view view() const noexcept { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
};
// A Via is at most 130 bytes and each Record-Route at most 190: sent-by 47, parameters, token 96.
static_assert(sip::EditList::kMaxTextBytes >= 640);

void put_via(const Work& work, Rows& rows) noexcept {
  rows.text(work.sender->via_start);
  rows.took(write_hex(rows.at(), work.branch_digest, sip::kDigestDigits));
  rows.text(work.listener->dps_start);
  rows.took(write_hex(rows.at(), work.dps_digest, sip::kDigestDigits));
  rows.text("\r\n");
}

/// The value towards the next hop stands first, so that each side meets its own address first in its route set.
void put_own_values(Stage stage, Rows& rows) noexcept {
  const auto& work = stage.work;
  const auto put_name = [&] { work.own_values == OwnValues::kPath ? rows.text("Path") : rows.text("Record-Route"); };
  const bool pair = work.sender != work.listener;
  put_name();
  rows.text(pair ? work.sender->pair_uri : work.sender->own_uri);
  const std::string_view token{rows.at(), work.token.write(rows.at(), stage.snapshot.keys.tokens[0])};
  rows.took(token.size());
  rows.text(">\r\n");
  if (!pair) return;
  put_name();
  rows.text(work.listener->pair_uri).text(token).text(">\r\n");
}

/// Source: RFC 3261 §16.6 step 3.
bool edit_max_forwards(const Work& work, sip::EditList& edits) noexcept {
  const auto length = write_decimal(edits.room(), work.facts.max_forwards - 1u);
  const auto& row = *work.message.find(sip::HeaderId::kMaxForwards);
  return edits.replace(row.value_offset, static_cast<std::size_t>(row.value_end - row.value_offset),
                       {edits.room(), length});
}

/// Where the white space before a parameter begins.
std::uint16_t before_blanks(std::string_view text, std::uint16_t at) noexcept {
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '\r' || text[at - 1] == '\n')) --at;
  return at;
}

/// received and rport as the packet says, whatever the client wrote. Source: RFC 3261 §18.2.1, RFC 3581 §4.
bool edit_top_via(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto& via = work.facts.via;
  auto& edits = context.edits;
  static_assert(sip::EditList::kSpareBytes >= sip::kMaxReceivedText);
  std::string_view wanted{edits.room(), sip::write_received(edits.room(), via, work.via_ip, packet.frame.source,
                                                            work.listener->force_rport)};
  bool ok = true;
  const auto message_text = work.message.text;
  const auto take_place = [&](std::uint16_t begin, std::uint16_t end) {
    // A parameter that goes takes the fold before it along: a line of blanks alone might end the section for someone.
    if (wanted.empty()) begin = before_blanks(message_text, begin);
    ok = ok && edits.replace(begin, static_cast<std::size_t>(end - begin), wanted);
    wanted = {};
  };
  if (via.rport_end != 0) take_place(via.rport_begin, via.rport_end);
  if (via.received_end != 0) take_place(via.received_begin, via.received_end);
  if (!wanted.empty()) ok = ok && edits.insert(via.end, wanted);
  return ok;
}

/// The version, which stands at `at`, is read in any case and sent in capitals. Source: RFC 3261 §7.1.
bool edit_version(const sip::Message& message, std::size_t at, sip::EditList& edits) noexcept {
  constexpr std::string_view kVersion = "SIP/2.0";
  if (std::memcmp(message.text.data() + at, kVersion.data(), kVersion.size()) == 0) [[likely]]
    return true;
  return edits.replace(at, kVersion.size(), kVersion);
}

/// Octets beyond Content-Length never leave. Source: RFC 3261 §18.3.
bool cut_surplus(const sip::Message& message, sip::EditList& edits) noexcept {
  const auto surplus = message.text.size() - message.body_end;
  return surplus == 0 || edits.erase(message.body_end, surplus);
}

/// A backend's Retry-After would keep clients away from all of us, not from that backend. Source: RFC 3261 §21.5.4.
bool strip_retry_after(Stage stage) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  if (work.message.status != 503 || work.from_backend == nullptr) return true;
  if (snapshot.pools[work.from_backend->pool.value].retry_after == config::RetryAfterMode::kPass) return true;
  bool ok = true;
  for (const auto* row = work.message.find(sip::HeaderId::kRetryAfter); row != nullptr; row = work.message.next(*row)) {
    ok = ok && context.edits.erase(row->offset, static_cast<std::size_t>(row->end - row->offset));
  }
  return ok;
}

void apply(Stage stage) noexcept {
  const auto& target = stage.work.target.ip;
  // A datagram that grows beyond what its length fields can say would leave with the rest of that number.
  const auto length = static_cast<std::ptrdiff_t>(stage.work.message.text.size()) + stage.context.edits.growth();
  if (length > static_cast<std::ptrdiff_t>(net::longest_udp_payload(target))) return drop(stage, DropReason::kNoRoom);
  auto room = message_room(stage.packet, stage.work.message, target);
  if (!room || !stage.context.edits.apply(*room)) return drop(stage, DropReason::kNoRoom);
  adopt(stage.packet, *room, target);
}

}  // namespace

void rewrite_request(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  auto& edits = context.edits;
  edits.clear();
  Rows rows(edits.room());
  put_via(work, rows);
  if (work.own_values != OwnValues::kNone) put_own_values(stage, rows);
  if (!work.facts.has_max_forwards) rows.text("Max-Forwards: 70\r\n");
  // Behind the start line our rows precede every other Via and Record-Route, in whatever order the message has them.
  bool ok = edits.insert(work.message.headers_offset, rows.view());
  ok = ok && edit_version(work.message, work.message.uri_end + 1u, edits);
  ok = ok && edit_top_via(stage);
  if (work.facts.has_max_forwards) ok = ok && edit_max_forwards(work, edits);
  ok = ok && edit_source_header(stage);
  ok = ok && edit_routing(work, edits);
  ok = ok && cut_surplus(work.message, edits);
  if (!ok) return drop(stage, DropReason::kNoRoom);
  apply(stage);
}

void rewrite_response(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  auto& edits = context.edits;
  edits.clear();
  const auto& via = work.facts.via;
  const auto& row = work.message.rows[via.row];
  // Exactly our value goes; a client's value in the same row stays. Source: RFC 3261 §16.11, §7.3.1.
  const std::uint16_t begin = via.next == 0 ? row.offset : via.begin;
  const std::uint16_t end = via.next == 0 ? row.end : via.next;
  if (!edit_version(work.message, 0, edits) || !edits.erase(begin, static_cast<std::size_t>(end - begin)) ||
      !cut_surplus(work.message, edits) || !strip_retry_after(stage)) {
    return drop(stage, DropReason::kNoRoom);
  }
  apply(stage);
}

}  // namespace dialplane::pipeline
