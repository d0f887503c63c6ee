// SPDX-License-Identifier: Apache-2.0
// Steers responses: ours by Via and by dps, or dropped; then to where the Via below ours says.
#include "affinity.hpp"

#include "dialplane/sip/response.hpp"

namespace dialplane::pipeline {
namespace {

void count(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (context.dry_run) return;
  const auto status = work.message.status;
  context.counters.responses.add(status - 100u);
  context.counters.method_responses.add(static_cast<std::size_t>(work.message.method) * 6 + status / 100u - 1);
  if (work.from_backend != nullptr) {
    const auto& backend = snapshot.pools[work.from_backend->pool.value].backends[work.from_backend->position];
    context.counters.backends[backend.cell.value].responses.add();
  }
}

}  // namespace

void steer_response(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto* ours = work.via_owner;
  if (ours == nullptr) return drop(stage, DropReason::kForeignResponse);
  const auto& rows = work.message;
  const bool single = work.facts.via.next == 0 && rows.next(rows.rows[work.facts.via.row]) == nullptr;
  if (single) return drop(stage, DropReason::kSingleVia);
  if (!work.has_next_via) return drop(stage, DropReason::kMalformedResponse);

  const auto dps = work.has_claim ? work.dps_claim.check() : std::nullopt;
  if (!dps) return drop(stage, DropReason::kForgedResponse);
  const auto target = sip::response_target(work.next_via, work.below.sent_by_ip, work.below.received);
  if (!target || !target->ip.is_routable_unicast() || snapshot.find_listener(*target) != nullptr) {
    return drop(stage, DropReason::kBadNextHop);
  }

  work.from_backend = work.source;
  work.direction = work.from_backend != nullptr ? Direction::kFromInside : Direction::kFromOutside;
  count(stage);
  // The listener the request came to may have left the configuration since; its partner's address is the next best.
  const auto* came_to = snapshot.find_listener(dps->came_to);
  follow_response(stage, came_to != nullptr ? *came_to : *work.listener, dps->node == snapshot.node);
  const auto* sender = came_to != nullptr ? came_to : snapshot.outer_toward(*ours, target->ip);
  if (sender == nullptr || sender->address.ip.family() != target->ip.family()) {
    return drop(stage, DropReason::kBadNextHop);
  }
  forward(stage, *sender, *target);
}

}  // namespace dialplane::pipeline
