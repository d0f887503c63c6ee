// SPDX-License-Identifier: Apache-2.0
// Plans the edits of a forwarded message as one list and applies it once.
#include "stages.hpp"

#include "dialplane/base/short_copy.hpp"
#include "dialplane/base/text.hpp"
#include "dialplane/sip/response.hpp"

#include <algorithm>
#include <cstring>

namespace dialplane::pipeline {
namespace {

/// Resolution of the time in a Path token: retransmissions within it are byte-identical (docs/wire-formats.md).
constexpr std::uint64_t kPathTimeUnit_s = 256;

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

/// What the client's Via will say once received and rport are in it: dps vouches for exactly that.
sip::ResponseRoute route_after(const Work& work, const Endpoint& source) noexcept {
  const auto& via = work.facts.via;
  const bool asked = via.has_rport || work.listener->force_rport;
  sip::ResponseRoute route{via.host, via.port, {}, 0, work.via_ip};
  if (asked || work.via_ip != source.ip) route.received = source.ip;
  if (asked) route.rport = source.port;
  return route;
}

void put_via(Stage stage, Rows& rows) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  rows.text("Via: SIP/2.0/UDP ").text(work.sender->sent_by).text(";branch=");
  const char* branch = rows.at();
  sip::write_branch(rows.at(), snapshot.keys, work.message, work.facts);
  rows.took(sip::kBranchLength);
  rows.text(";dps=");
  rows.took(sip::write_dps(rows.at(), snapshot.keys, snapshot.node, work.listener->id, {branch, sip::kBranchLength},
                           work.facts.call_id, route_after(work, packet.frame.source)));
  rows.text("\r\n");
}

/// True only if a Contact value of this text either does not parse or has exactly this host. Most clients write the
/// same address into both, and need no parser to tell.
bool has_host(std::string_view contact, std::string_view host) noexcept {
  constexpr std::string_view kOpening = "<sip:";
  if (!contact.starts_with(kOpening)) return false;
  auto uri = cut(contact, kOpening.size());
  uri = cut(uri, 0, uri.find('>'));
  // A second '@' would be an error.
  if (const auto at = uri.find('@'); at != std::string_view::npos) uri.remove_prefix(at + 1);
  if (!uri.starts_with(host)) return false;
  const auto after = cut(uri, host.size(), 1);
  return after.empty() || after == ":" || after == ";" || after == "?";
}

/// A client whose packets come from elsewhere than it believes, and to which nobody nearer stands.
bool is_behind_nat(Stage stage) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  const auto& message = work.message;
  const auto& via = work.facts.via;
  const bool one_via = via.next == 0 && message.next(message.rows[via.row]) == nullptr;
  if (!one_via || message.find(sip::HeaderId::kRecordRoute) != nullptr) return false;
  const auto& source = packet.frame.source;
  if (work.via_ip != source.ip) return true;
  if (via.has_rport && source.port != via.port_or_default()) return true;
  const auto* contact = message.find(sip::HeaderId::kContact);
  if (contact == nullptr || has_host(message.value(*contact), via.host)) return false;
  const auto address = sip::parse_name_addr(message.value(*contact));
  const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
  const auto ip = uri ? uri->numeric_host() : std::nullopt;
  return uri && (!ip || *ip != source.ip);
}

sip::RouteToken make_token(Stage stage) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  sip::RouteToken token;
  const bool inside = work.from_backend != nullptr;
  const auto pool = inside ? work.from_backend->pool : work.pool;
  const auto position = inside ? work.from_backend->position : work.backend;
  if (position != kNoIndex) {
    token.has_backend = true;
    token.backend = snapshot.pools[pool.value].backends[position].id;
  }
  token.pair = work.sender != work.listener;
  if (inside) {
    // A request that went to a client by its flow opens a dialog that must reach it the same way.
    token.flow = work.flow;
  } else if (work.listener->nat == config::NatMode::kAlways ||
             (work.listener->nat == config::NatMode::kAuto && is_behind_nat(stage))) {
    token.flow = sip::Flow{packet.frame.source, work.listener->id, 0};
  }
  return token;
}

/// The value towards the next hop stands first, so that each side meets its own address first in its route set.
void put_own_values(Stage stage, std::string_view name, const sip::RouteToken& token, Rows& rows) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  std::array<char, sip::kMaxRouteTokenText> bytes;
  const std::string_view text{bytes.data(),
                              sip::write_route_token(bytes.data(), snapshot.keys, token, work.facts.call_id)};
  const bool pair = work.sender != work.listener;
  const auto put = [&](const snapshot::Listener& listener) {
    rows.text(name).text(": <sip:").text(listener.sent_by);
    pair ? rows.text(";lr;r2=on;dp=") : rows.text(";lr;dp=");
    rows.text(text).text(">\r\n");
  };
  put(*work.sender);
  if (pair) put(*work.listener);
}

bool wants_record_route(const Work& work) noexcept {
  const auto& outside = work.from_backend != nullptr ? *work.sender : *work.listener;
  return outside.record_route && sip::is_record_routed(work.message.method);
}

/// Path takes the place of Record-Route on REGISTER: the registrar's requests come back along it. Source: RFC 3327
/// §5.1.
bool wants_path(const Work& work) noexcept {
  if (work.message.method != sip::Method::kRegister || work.from_backend != nullptr) return false;
  const auto mode = work.listener->path;
  if (mode != config::PathMode::kSupported) return mode == config::PathMode::kAlways;
  return sip::has_option_tag(work.message, sip::HeaderId::kSupported, "path");
}

/// The client's flow, always: a registrar may keep the Path for as long as the registration lives, and nothing else in
/// its later requests says where the client's packets came from.
sip::RouteToken make_path_token(Stage stage) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  sip::RouteToken token;
  token.type = sip::RouteToken::Type::kPath;
  token.pair = work.sender != work.listener;
  token.flow = sip::Flow{packet.frame.source, work.listener->id, 0};
  token.bound_to = work.listener->id;
  token.issued_at = static_cast<std::uint32_t>(context.unix_time_s / kPathTimeUnit_s);
  return token;
}

/// Source: RFC 3261 §16.6 step 3.
bool edit_max_forwards(const Work& work, sip::EditList& edits) noexcept {
  std::array<char, 20> text;
  const auto length = write_decimal(text.data(), work.facts.max_forwards - 1u);
  const auto& row = *work.message.find(sip::HeaderId::kMaxForwards);
  return edits.replace(row.value_offset, static_cast<std::size_t>(row.value_end - row.value_offset),
                       {text.data(), length});
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
  std::array<char, 80> text;
  std::string_view wanted{
      text.data(), sip::write_received(text.data(), via, work.via_ip, packet.frame.source, work.listener->force_rport)};
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
  auto room = message_room(stage.packet, stage.work.message, target);
  if (!room || !stage.context.edits.apply(*room)) return drop(stage, DropReason::kNoRoom);
  adopt(stage.packet, *room, target);
}

}  // namespace

void rewrite_request(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  auto& edits = context.edits;
  edits.clear();
  work.via_ip = IpAddress::parse(work.facts.via.host).value_or(IpAddress{});
  Rows rows(edits.room());
  put_via(stage, rows);
  if (wants_record_route(work)) put_own_values(stage, "Record-Route", make_token(stage), rows);
  if (wants_path(work)) put_own_values(stage, "Path", make_path_token(stage), rows);
  if (!work.facts.has_max_forwards) rows.text("Max-Forwards: 70\r\n");
  // Behind the start line our rows precede every other Via and Record-Route, in whatever order the message has them.
  bool ok = edits.insert(work.message.headers_offset, rows.view());
  if (work.facts.has_max_forwards) ok = ok && edit_max_forwards(work, edits);
  ok = ok && edit_source_header(stage);
  ok = ok && edit_top_via(stage);
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
  if (!edits.erase(begin, static_cast<std::size_t>(end - begin)) || !cut_surplus(work.message, edits) ||
      !strip_retry_after(stage)) {
    return drop(stage, DropReason::kNoRoom);
  }
  apply(stage);
}

}  // namespace dialplane::pipeline
