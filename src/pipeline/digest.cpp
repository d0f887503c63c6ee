// SPDX-License-Identifier: Apache-2.0
// The keyed digests of a burst: what each message needs is listed first, and then hashed eight at a time. Decides on
// the way which tokens a forwarded request carries and what they say. Runs on workers; owns nothing.
#include "stages.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/token_digests.hpp"

#include <algorithm>
#include <cstring>

namespace dialplane::pipeline {
namespace {

/// Resolution of the time in a Path token: retransmissions within it are byte-identical (docs/wire-formats.md).
constexpr std::uint64_t kPathTimeUnit_s = 256;

/// What the client's Via will say once received and rport are in it: dps vouches for exactly that.
sip::ResponseRoute route_after(const Work& work, const Endpoint& source) noexcept {
  const auto& via = work.facts.via;
  const bool asked = via.has_rport || work.listener->force_rport;
  sip::ResponseRoute route{via.host, via.port, {}, 0, work.via_ip};
  if (asked || work.via_ip != source.ip) route.received = source.ip;
  if (asked) route.rport = source.port;
  return route;
}

/// True only if a Contact value of this text either does not parse or has exactly this host. Most clients write the
/// same address into both, and need no parser to tell.
bool has_host(std::string_view contact, std::string_view host) noexcept {
  constexpr std::string_view kOpening = "<sip:";
  if (contact.size() < kOpening.size() || std::memcmp(contact.data(), kOpening.data(), kOpening.size()) != 0) {
    return false;
  }
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
  const auto ip = uri ? numeric_host_of(*uri) : std::nullopt;
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

/// What a request is told beside our Via.
void plan_token(Stage stage) noexcept {
  auto& work = stage.work;
  work.own_values = OwnValues::kNone;
  if (wants_record_route(work)) {
    work.own_values = OwnValues::kRecordRoute;
    work.token.begin(make_token(stage));
  } else if (wants_path(work)) {
    work.own_values = OwnValues::kPath;
    work.token.begin(make_path_token(stage));
  }
}

/// What depends on the message alone.
void add_first(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto& key = snapshot.keys.tokens[0];
  if (packet.verdict.kind == Verdict::Kind::kReply) {
    return sip::add_to_tag(context.via_lanes, key, work.facts, work.call_seal, work.to_tag_digest);
  }
  work.via_ip = IpAddress::parse(work.facts.via.host).value_or(IpAddress{});
  plan_token(stage);
  sip::add_branch(context.via_lanes, snapshot.keys, work.message, work.facts, work.via_ip, work.call_hash,
                  work.branch_digest);
  if (work.own_values != OwnValues::kNone) work.token.add_mac(context.token_lanes, key, work.call_seal);
}

/// What depends on the digests before it.
void add_second(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto& key = snapshot.keys.tokens[0];
  sip::add_dps(context.via_lanes, key, snapshot.node, work.listener->id, work.branch_digest, work.call_seal,
               route_after(work, packet.frame.source), work.dps_digest);
  if (work.own_values != OwnValues::kNone) work.token.add_stream(context.token_lanes, key);
}

bool is_forwarded_request(const Packet& packet, const Work& work) noexcept {
  return packet.verdict.kind == Verdict::Kind::kForward && work.message.is_request;
}
bool is_sip_answer(const Packet& packet) noexcept {
  return packet.verdict.kind == Verdict::Kind::kReply && packet.verdict.stun == StunAnswer::kCount;
}

/// Calls `add` for every message that `wants` it, then hashes what was added. Returns the number of messages.
template <class Wants, class Add>
std::size_t for_each(const Burst& burst, Wants wants, Add add) noexcept {
  std::size_t messages = 0;
  for (std::size_t i = 0; i < burst.batch.count; ++i) {
    auto& packet = burst.batch.packets[i];
    auto& work = burst.context.work[i];
    if (!wants(packet, work)) continue;
    add(StageParts{packet, work, burst.context, burst.snapshot});
    ++messages;
  }
  return messages;
}

}  // namespace

std::size_t hash_call_ids(const Burst& burst) noexcept {
  const auto& keys = burst.snapshot.keys;
  auto& lanes = burst.context.call_lanes;
  const auto wants = [](const Packet& packet, const Work&) {
    return packet.verdict.kind == Verdict::Kind::kUndecided || is_sip_answer(packet);
  };
  const auto messages = for_each(burst, wants, [&](Stage stage) {
    auto& work = stage.work;
    lanes.twins(work.facts.call_id, keys.call_id, work.call_hash, keys.tokens[0].call_id, work.call_seal);
  });
  lanes.run();
  for_each(burst, wants, [](Stage stage) {
    const auto& pools = stage.snapshot.pools;
    const auto pool = stage.work.listener->pool.value;
    if (pool < pools.size()) pools[pool].table->prefetch(stage.work.call_hash);
  });
  return messages;
}

std::size_t digest(const Burst& burst) noexcept {
  const auto wants = [](const Packet& packet, const Work& work) {
    return is_forwarded_request(packet, work) || is_sip_answer(packet);
  };
  const auto messages = for_each(burst, wants, add_first);
  burst.context.via_lanes.run();
  burst.context.token_lanes.run();
  for_each(burst, is_forwarded_request, add_second);
  burst.context.via_lanes.run();
  burst.context.token_lanes.run();
  return messages;
}

}  // namespace dialplane::pipeline
