// SPDX-License-Identifier: Apache-2.0
// Responses and the affinity table: how dialogs and registrations go on and end. Runs on workers.
#include "affinity.hpp"
#include "second_chance.hpp"

namespace dialplane::pipeline {
namespace {

using State = balance::AffinityState;

bool is_provisional(std::uint16_t status) noexcept { return status < 200; }
bool is_success(std::uint16_t status) noexcept { return status >= 200 && status < 300; }

/// `matches`: the response belongs to the transaction that was noted last.
State after_opening(State state, bool needs_ack, std::uint16_t status, bool matches) noexcept {
  const bool is_forming = state == State::kEarly || state == State::kRinging;
  const bool is_over = state == State::kEnding || state == State::kDoubleEnding;
  if (is_provisional(status)) return state == State::kEarly ? State::kRinging : state;
  if (is_success(status)) {
    // Of two branches of a forked request one may succeed after the other has failed.
    const bool opens = is_forming || state == State::kDouble || (is_over && !matches);
    if (!opens) return state;
    return needs_ack ? State::kAnswered : State::kConfirmed;
  }
  if (!matches) return state;
  if (state == State::kDouble) return State::kDoubleEnding;
  return is_forming ? State::kEnding : state;
}

State after_registering(const sip::Message& message, State state) noexcept {
  const bool is_registration = state == State::kRegistering || state == State::kRegistered;
  if (!is_registration || is_provisional(message.status)) return state;
  if (!is_success(message.status)) return state == State::kRegistering ? State::kEnding : state;
  if (message.method == sip::Method::kRegister) {
    // The 200 lists all bindings that are left. Source: RFC 3261 §10.3 step 8.
    return message.find(sip::HeaderId::kContact) == nullptr ? State::kEnding : State::kRegistered;
  }
  const auto* expires = message.find(sip::HeaderId::kExpires);
  return expires != nullptr && message.value(*expires) == "0" ? State::kEnding : State::kRegistered;
}

State after_bye(State state, std::uint16_t status) noexcept {
  const bool is_dialog = state >= State::kEarly && state <= State::kClosing;
  if (!is_dialog || is_provisional(status)) return state;
  if (is_success(status) || status == 481 || status == 408) return State::kEnding;
  const bool is_challenge = status == 401 || status == 407;
  return is_challenge && state == State::kClosing ? State::kConfirmed : state;
}

State after_response(const sip::Message& message, State state, bool matches) noexcept {
  switch (message.method) {
    case sip::Method::kInvite:
      return after_opening(state, true, message.status, matches);
    case sip::Method::kSubscribe:
    case sip::Method::kRefer:
      return after_opening(state, false, message.status, matches);
    case sip::Method::kRegister:
    case sip::Method::kPublish:
      return after_registering(message, state);
    case sip::Method::kBye:
      return after_bye(state, message.status);
    default:
      return state;
  }
}

bool says_something(sip::Method method) noexcept {
  return method == sip::Method::kInvite || method == sip::Method::kBye || method == sip::Method::kRegister ||
         method == sip::Method::kSubscribe || method == sip::Method::kRefer || method == sip::Method::kPublish;
}

}  // namespace

void follow_response(Stage stage, const snapshot::Listener& came_to, bool own) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (context.dry_run) return;
  auto& states = *snapshot.backend_states;
  const balance::AffinityTable::Writer writer{states, states.writer(context.index)};
  const balance::AffinityTable::Moment when{context.now_ms, context.now_us, snapshot.affinity_ages};
  BackendCell from{kNoIndex};
  if (work.from_backend != nullptr) {
    from = snapshot.pools[work.from_backend->pool.value].backends[work.from_backend->position].cell;
    states.note_heard(from, context.now_ms);
    states.note_response(writer.by, from, work.message.status / 100U, own);
  }
  const auto* pool = pool_at(snapshot, came_to.service);
  if (pool == nullptr || !says_something(work.message.method)) return;
  auto entry = snapshot.affinity->find(work.call_hash ^ pool->affinity_salt, when);
  if (!entry) return;
  const bool matches = entry.is_transaction(transaction_digest(work.next_via, work.facts.cseq.number));
  const bool is_first = entry.state() == State::kEarly || entry.state() == State::kRegistering;
  if (is_first && matches && own && from == entry.cell()) {
    states.note_latency(writer.by, from, entry.since_first_us(context.now_us), context.now_ms);
  }
  for (int attempt = 0; attempt < 2 && entry; ++attempt) {
    const auto next = after_response(work.message, entry.state(), matches);
    if (next == entry.state()) return snapshot.affinity->touch(entry, when);
    // After a second chance the dialog belongs to the one that answers.
    const bool answers = is_success(work.message.status) && from.value != kNoIndex && pool->find(from) != kNoIndex;
    if (snapshot.affinity->change(entry, next, answers ? from : entry.cell(), when, writer)) return;
  }
}

}  // namespace dialplane::pipeline
