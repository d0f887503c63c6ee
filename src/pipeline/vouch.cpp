// SPDX-License-Identifier: Apache-2.0
// What the messages of a burst bring along as proof that they passed here before: dps of responses, dp of requests.
// Each is read first, then all are hashed together; who steers asks what came of it. Runs on workers; owns nothing.
#include "stages.hpp"

#include "dialplane/base/text.hpp"

namespace dialplane::pipeline {
namespace {

/// The listener that the top Via names: nearly always the one that the response came to, as that one writes itself.
const snapshot::Listener* owner_of(const sip::Message& message, const sip::ViaView& via,
                                   const snapshot::Listener& arrived, const snapshot::Snapshot& snapshot) noexcept {
  const auto host = static_cast<std::size_t>(via.host.data() - message.text.data());
  if (cut(message.text, host, via.sent_by_end - host) == arrived.sent_by) return &arrived;
  const auto ip = IpAddress::parse(via.host);
  return ip ? snapshot.find_listener(Endpoint{*ip, via.port_or_default()}) : nullptr;
}

sip::ResponseRoute route_of(const sip::ViaView& via) noexcept {
  sip::ResponseRoute route{via.host, via.port, {}, 0, IpAddress::parse(via.host).value_or(IpAddress{})};
  if (const auto received = IpAddress::parse(via.received)) route.received = *received;
  if (const auto rport = parse_decimal(via.rport_value, 65535)) route.rport = static_cast<std::uint16_t>(*rport);
  return route;
}

void read_response(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto& via = work.facts.via;
  work.via_owner = owner_of(work.message, via, *work.listener, snapshot);
  work.has_next_via = work.via_owner != nullptr && sip::next_via(work.message, via, work.next_via);
  if (!work.has_next_via) return;
  work.below = route_of(work.next_via);
  work.has_claim = work.dps_claim.add(context.via_lanes, via.dps, snapshot.keys, via.branch, work.facts.call_id,
                                      work.below, work.call_seal);
}

/// Only the first Route value: of a pair both have the same token, and further ones are rare.
void read_request(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (!work.facts.has_route) return;
  const auto text = sip::find_parameter(work.facts.route.uri.parameters, "dp");
  if (!text) return;
  work.route_claim_text = *text;
  work.has_claim = work.route_claim.add_stream(context.token_lanes, *text, snapshot.keys);
}

}  // namespace

std::size_t vouch(const Burst& burst) noexcept {
  auto& [batch, context, snapshot] = burst;
  std::size_t messages = 0;
  bool any_request = false;
  for (std::size_t i = 0; i < batch.count; ++i) {
    if (batch.packets[i].verdict.kind != Verdict::Kind::kUndecided) continue;
    auto& work = context.work[i];
    work.has_claim = false;
    const StageParts stage{batch.packets[i], work, context, snapshot};
    work.message.is_request ? read_request(stage) : read_response(stage);
    any_request = any_request || (work.message.is_request && work.has_claim);
    ++messages;
  }
  context.via_lanes.run();
  if (!any_request) return messages;
  context.token_lanes.run();
  for (std::size_t i = 0; i < batch.count; ++i) {
    if (batch.packets[i].verdict.kind != Verdict::Kind::kUndecided) continue;
    auto& work = context.work[i];
    if (!work.has_claim || !work.message.is_request) continue;
    work.route_claim.add_mac(context.token_lanes, snapshot.keys, work.facts.call_id, work.call_seal);
  }
  context.token_lanes.run();
  return messages;
}

std::optional<sip::RouteToken> vouched_token(const Work& work, const snapshot::Snapshot& snapshot,
                                             std::string_view text) noexcept {
  if (work.has_claim && text == work.route_claim_text) return work.route_claim.check();
  return sip::read_route_token(text, snapshot.keys, work.facts.call_id, work.call_seal);
}

}  // namespace dialplane::pipeline
