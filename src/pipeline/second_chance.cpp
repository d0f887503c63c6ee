// SPDX-License-Identifier: Apache-2.0
// When a repeated request may go to another backend, and to which. Runs on workers.
#include "second_chance.hpp"

#include "pick.hpp"
#include "placement.hpp"

#include <algorithm>
#include <array>

namespace dialplane::pipeline {
namespace {

using State = balance::AffinityState;

/// A backend that answers within this time is slow, not silent: the first copy that may leave it is the second one of a
/// client with T1 = 500 ms, 1.5 s after the request.
constexpr std::uint32_t kSilence_us = 1'000'000;
/// Messages that must have gone to it unheard, unless a probe did.
constexpr std::uint64_t kUnheard = 8;
/// Below this share of own responses a silent backend may be answering another node.
constexpr double kOwnShare = 0.9;

bool may_have_one(sip::Method method, config::SecondChance mode) noexcept {
  if (mode == config::SecondChance::kOff) return false;
  if (method == sip::Method::kInvite) return true;
  const bool is_repeatable = method == sip::Method::kRegister || method == sip::Method::kSubscribe;
  return is_repeatable && mode == config::SecondChance::kAlways;
}

bool is_silent(Stage stage, BackendCell cell) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  const auto& states = *snapshot.backend_states;
  const auto since_us = work.entry.since_first_us(context.now_us);
  if (since_us < kSilence_us) return false;
  const auto first_ms = context.now_ms - std::min<std::uint64_t>(since_us / 1000, context.now_ms);
  if (states.heard_ms(cell) >= first_ms) return false;
  if (states.sent_since_heard(cell) < kUnheard && states.probed_ms(cell) < first_ms) return false;
  return states.own_response_ratio_known(cell) && states.own_response_ratio(cell) >= kOwnShare;
}

/// The best backend for this request if the one at `avoided` were not there.
std::uint16_t choose_other(Stage stage, const snapshot::Pool& pool, std::uint16_t avoided) noexcept {
  std::array<std::uint8_t, kMaxBackendCells> usable;
  const auto count = std::min(pool.usable_new.size(), usable.size());
  std::copy_n(pool.usable_new.begin(), count, usable.begin());
  if (avoided < count) usable[avoided] = 0;
  return pick_by_plan(stage, pool, {usable.data(), count}, placement_hash(stage, pool), balance::PickMode::kMessageOnly)
      .position;
}

}  // namespace

std::uint16_t give_second_chance(Stage stage, const snapshot::Pool& pool, std::uint16_t position) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto state = work.entry.state();
  if (state != State::kEarly && state != State::kRegistering) return kNoIndex;
  if (!may_have_one(work.message.method, pool.second_chance)) return kNoIndex;
  const auto cell = pool.backends[position].cell;
  if (!is_silent(stage, cell)) return kNoIndex;
  const auto other = choose_other(stage, pool, position);
  if (other == kNoIndex || context.dry_run) return other;
  const auto other_cell = pool.backends[other].cell;
  const auto next = state == State::kEarly ? State::kDouble : State::kRegistering;
  // Before the state, so that whoever sees the state finds both backends.
  snapshot.affinity->note(work.entry, work.transaction, context.now_us, cell);
  auto& states = *snapshot.backend_states;
  if (!snapshot.affinity->change(work.entry, next, other_cell, {context.now_ms, context.now_us, snapshot.affinity_ages},
                                 {states, states.writer(context.index)})) {
    return kNoIndex;
  }
  context.counters.backends[cell.value].second_chances_lost.add();
  context.counters.backends[other_cell.value].second_chances_won.add();
  return other;
}

}  // namespace dialplane::pipeline
