// SPDX-License-Identifier: Apache-2.0
// Placing by key and policy, and what is noted of every request that goes to a backend. Runs on workers.
#include "placement.hpp"

#include "pick.hpp"

#include "dialplane/base/siphash.hpp"

namespace dialplane::pipeline {

std::uint64_t placement_hash(Stage stage, const snapshot::Pool& pool) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  const auto& rule = pool.keys[static_cast<std::size_t>(work.message.method)];
  if (rule.field == balance::KeyField::kCallId) return work.call_hash;
  const auto& source = packet.frame.source.ip;
  return SipHash13::of(snapshot.keys.call_id,
                       balance::key_of(rule, work.message, work.facts, source, context.key_room));
}

Choice choose_by_policy(Stage stage, const snapshot::Pool& pool, std::uint64_t hash, balance::PickMode mode) noexcept {
  const auto picked = pick_by_plan(stage, pool, pool.usable_new, hash, mode);
  return {picked.position, steered_by(picked.as)};
}

void send_to_backend(Stage stage, PoolIndex pool, std::uint16_t position, SteeredBy how) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto& backend = snapshot.pools[pool.value].backends[position];
  const auto* sender = snapshot.inner_toward(*work.listener, backend.address.ip);
  if (sender == nullptr) return answer(stage, InlineResponse::kNoNextHop);
  work.pool = pool;
  work.backend = position;
  work.steered = how;
  if (!context.dry_run) {
    auto& counters = context.counters.backends[backend.cell.value];
    context.counters.steered.add(how);
    counters.requests.add();
    if (work.message.method == sip::Method::kInvite && work.facts.to_tag.empty()) counters.dialogs.add();
    auto& states = *snapshot.backend_states;
    states.note_sent(states.writer(context.index), backend.cell);
  }
  forward(stage, *sender, backend.address);
}

}  // namespace dialplane::pipeline
