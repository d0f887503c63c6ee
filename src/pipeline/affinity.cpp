// SPDX-License-Identifier: Apache-2.0
// Requests and the affinity table: who is bound where, who gets a second chance. Runs on workers.
#include "affinity.hpp"

#include "second_chance.hpp"

#include "dialplane/base/siphash.hpp"
#include "dialplane/base/text.hpp"
#include "dialplane/sip/dialog_id.hpp"

#include <cstring>

namespace dialplane::pipeline {
namespace {

using balance::AffinityTable;
using State = balance::AffinityState;

/// Under drain a registration moves at its next REGISTER, unless that may be a copy of the last one (64·T1).
constexpr std::uint16_t kRegisterRest_ticks = AffinityTable::ticks(32) - 1;

bool has(const sip::Message& message, sip::HeaderId id) noexcept {
  return (message.present >> static_cast<unsigned>(id) & 1) != 0;
}

/// The state of the entry that a request without To tag makes.
State opening_state(sip::Method method, bool only_here) noexcept {
  switch (method) {
    case sip::Method::kInvite:
    case sip::Method::kSubscribe:
    case sip::Method::kRefer:
      return State::kEarly;
    case sip::Method::kRegister:
    case sip::Method::kPublish:
      return State::kRegistering;
    default:
      return only_here ? State::kBound : State::kTransaction;
  }
}

/// The state after another transaction of the Call-ID has begun.
State reopened(State state, State opening) noexcept {
  const bool is_over = state == State::kTransaction || state == State::kBound || state == State::kClosing ||
                       state == State::kEnding || state == State::kDoubleEnding;
  if (opening == State::kTransaction || opening == State::kBound) return state;
  return is_over ? opening : state;
}

AffinityTable::Moment now(const WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept {
  return {context.now_ms, context.now_us, snapshot.affinity_ages};
}

AffinityTable::Writer writer(const WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept {
  return {*snapshot.backend_states, snapshot.backend_states->writer(context.index)};
}

/// Whether a new transaction without To tag may still go to the backend that its Call-ID has had.
bool may_stay(Stage stage, const snapshot::Pool& pool, std::uint16_t position) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  if (pool.usable_new[position] != 0) return true;
  const auto& backend = pool.backends[position];
  if (backend.observed == snapshot::ObservedState::kDown) return false;
  const bool is_draining = backend.admin == config::AdminState::kDrain;
  switch (work.message.method) {
    case sip::Method::kRegister:
      return !is_draining || work.entry.age(context.now_ms) < kRegisterRest_ticks;
    case sip::Method::kPublish:
      return !is_draining || has(work.message, sip::HeaderId::kSipIfMatch);
    default:
      return true;
  }
}

void begin_transaction(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto opening = opening_state(work.message.method, false);
  for (int attempt = 0; attempt < 2 && work.entry; ++attempt) {
    const auto state = reopened(work.entry.state(), opening);
    if (snapshot.affinity->change(work.entry, state, work.entry.cell(), now(context, snapshot),
                                  writer(context, snapshot))) {
      // The note of a double one names its other backend.
      if (state != State::kDouble) snapshot.affinity->note(work.entry, work.transaction, context.now_us);
      return;
    }
  }
}

Choice repeat_transaction(Stage stage, const snapshot::Pool& pool, std::uint16_t position) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (const auto other = give_second_chance(stage, pool, position); other != kNoIndex) {
    return {other, SteeredBy::kSecondChance};
  }
  if (!context.dry_run) {
    const auto [states, by] = writer(context, snapshot);
    states.note_retransmission(by, pool.backends[position].cell);
    snapshot.affinity->touch(work.entry, now(context, snapshot));
  }
  return {position, SteeredBy::kAffinity};
}

bool is_double(State state) noexcept { return state == State::kDouble || state == State::kDoubleEnding; }

/// A state is a token, and tokens are read in any case. Source: RFC 6665 §8.4, RFC 3261 §7.3.1.
bool is_terminated(std::string_view subscription_state) noexcept {
  constexpr std::string_view kTerminated = "terminated";
  return iequals(cut(subscription_state, 0, kTerminated.size()), kTerminated);
}

/// What a request in a dialog makes of its entry's state.
State after_request(Stage stage, State state, bool is_vouched) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  const bool is_open = state >= State::kEarly && state <= State::kConfirmed;
  switch (work.message.method) {
    case sip::Method::kAck:
      // The ACK to a failure has a To tag as well, but no Route of ours.
      return is_open && (is_vouched || state == State::kAnswered) ? State::kConfirmed : state;
    case sip::Method::kBye:
      return is_open ? State::kClosing : state;
    case sip::Method::kNotify: {
      const auto* row = work.message.find(sip::HeaderId::kSubscriptionState);
      const auto* event = work.message.find(sip::HeaderId::kEvent);
      // The subscription of a REFER may share the dialog of a call that goes on.
      const bool is_refer = event != nullptr && work.message.value(*event).starts_with("refer");
      const bool ends = row != nullptr && !is_refer && is_terminated(work.message.value(*row));
      return ends && is_open ? State::kClosing : state;
    }
    case sip::Method::kInvite:
    case sip::Method::kUpdate:
    case sip::Method::kSubscribe:
      return state == State::kClosing ? State::kConfirmed : state;
    default:
      return state;
  }
}

bool says_something(sip::Method method) noexcept {
  return method == sip::Method::kAck || method == sip::Method::kBye || method == sip::Method::kNotify ||
         method == sip::Method::kInvite || method == sip::Method::kUpdate || method == sip::Method::kSubscribe;
}

void follow(Stage stage, BackendCell cell, bool is_vouched) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  for (int attempt = 0; attempt < 2 && work.entry; ++attempt) {
    const auto state = work.entry.state();
    const auto next = after_request(stage, state, is_vouched);
    if (next == state) return snapshot.affinity->touch(work.entry, now(context, snapshot));
    const auto keeper = next == State::kConfirmed && is_vouched ? cell : work.entry.cell();
    if (snapshot.affinity->change(work.entry, next, keeper, now(context, snapshot), writer(context, snapshot))) return;
  }
}

}  // namespace

std::uint32_t transaction_digest(const sip::ViaView& via, std::uint32_t cseq) noexcept {
  std::uint64_t tail = 0;
  const auto length = via.branch.size() < sizeof(tail) ? via.branch.size() : sizeof(tail);
  if (length != 0) std::memcpy(&tail, via.branch.data() + via.branch.size() - length, length);
  const auto mixed = (tail ^ (std::uint64_t{cseq} << 32 | via.branch.size())) * 0x9e3779b97f4a7c15U;
  return static_cast<std::uint32_t>(mixed >> 44);
}

void prefetch_entries(Batch& batch, WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept {
  context.second_backends = 0;
  for (std::size_t i = 0; i < batch.count; ++i) {
    if (batch.packets[i].verdict.kind != Verdict::Kind::kUndecided) continue;
    auto& work = context.work[i];
    work.entry = {};
    work.also = kNoIndex;
    const auto* pool = pool_at(snapshot, work.listener->service);
    if (pool != nullptr) snapshot.affinity->prefetch(work.call_hash ^ pool->affinity_salt);
  }
}

Choice choose_by_entry(Stage stage, const snapshot::Pool& pool) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  work.entry = snapshot.affinity->find(work.call_hash ^ pool.affinity_salt, now(context, snapshot));
  work.transaction = transaction_digest(work.facts.via, work.facts.cseq.number);
  if (!work.entry) return {};
  const auto position = pool.find(work.entry.cell());
  if (position == kNoIndex || pool.usable_existing[position] == 0) return {};
  if (opens_nothing(stage)) {
    const auto method = work.message.method;
    const bool ends_invite = method == sip::Method::kCancel || method == sip::Method::kAck;
    if (ends_invite && is_double(work.entry.state())) work.also = pool.find(work.entry.other_cell());
    if (work.also != kNoIndex && pool.usable_existing[work.also] == 0) work.also = kNoIndex;
    if (work.also != kNoIndex) ++context.second_backends;
    if (!context.dry_run) follow(stage, work.entry.cell(), false);
    return {position, SteeredBy::kAffinity};
  }
  if (work.entry.is_transaction(work.transaction)) return repeat_transaction(stage, pool, position);
  if (!may_stay(stage, pool, position)) return {};
  if (!context.dry_run) begin_transaction(stage);
  return {position, SteeredBy::kAffinity};
}

bool repeats_noted_transaction(Stage stage, const snapshot::Pool& pool) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  const auto entry = snapshot.affinity->find(work.call_hash ^ pool.affinity_salt, now(context, snapshot));
  return entry && entry.is_transaction(transaction_digest(work.facts.via, work.facts.cseq.number));
}

bool find_named_dialog(Stage stage, const snapshot::Pool& pool, Choice& choice, std::uint64_t& hash) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (opens_nothing(stage)) return false;
  const auto named = sip::find_named_dialog(work.message);
  if (!named) return false;
  hash = SipHash13::of(snapshot.keys.call_id, named->call_id);
  const auto entry = snapshot.affinity->find(hash ^ pool.affinity_salt, now(context, snapshot));
  const auto position = entry ? pool.find(entry.cell()) : kNoIndex;
  if (position != kNoIndex && pool.usable_existing[position] != 0) choice = {position, SteeredBy::kNamedDialog};
  return true;
}

std::uint16_t keep_choice(Stage stage, const snapshot::Pool& pool, std::uint16_t position, bool only_here) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (context.dry_run || opens_nothing(stage)) return position;
  const auto when = now(context, snapshot);
  const auto by = writer(context, snapshot);
  const auto cell = pool.backends[position].cell;
  const auto state = opening_state(work.message.method, only_here);
  auto& events = context.counters.affinity;
  if (work.entry && snapshot.affinity->change(work.entry, state, cell, when, by)) {
    snapshot.affinity->note(work.entry, work.transaction, context.now_us);
    events.add(AffinityEvent::kMoved);
    return position;
  }
  const auto claim =
      snapshot.affinity->claim(work.call_hash ^ pool.affinity_salt, cell, state, work.transaction, when, by);
  work.entry = claim.view;
  if (claim.evicted) events.add(AffinityEvent::kEvicted);
  if (claim.outcome == AffinityTable::Outcome::kFull) {
    events.add(AffinityEvent::kFull);
    return kNoIndex;
  }
  if (claim.outcome == AffinityTable::Outcome::kMade) {
    events.add(AffinityEvent::kMade);
    return position;
  }
  events.add(AffinityEvent::kAdopted);
  const auto theirs = pool.find(claim.view.cell());
  return theirs != kNoIndex && pool.usable_existing[theirs] != 0 ? theirs : position;
}

void follow_dialog(Stage stage, const snapshot::Pool& pool, std::uint16_t position, bool is_vouched) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (context.dry_run || work.facts.to_tag.empty() || !says_something(work.message.method)) return;
  work.entry = snapshot.affinity->find(work.call_hash ^ pool.affinity_salt, now(context, snapshot));
  follow(stage, pool.backends[position].cell, is_vouched);
}

void follow_backend_request(Stage stage, bool is_vouched) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (context.dry_run) return;
  const auto cell = snapshot.pools[work.from_backend->pool.value].backends[work.from_backend->position].cell;
  const auto* pool = pool_at(snapshot, work.listener->service);
  const auto position = pool == nullptr ? kNoIndex : pool->find(cell);
  if (position == kNoIndex) return;
  if (!work.facts.to_tag.empty()) return follow_dialog(stage, *pool, position, is_vouched);
  if (opening_state(work.message.method, false) != State::kEarly) return;
  const auto hash = work.call_hash ^ pool->affinity_salt;
  const auto when = now(context, snapshot);
  const auto by = writer(context, snapshot);
  const auto digest = transaction_digest(work.facts.via, work.facts.cseq.number);
  // Nobody waits for an answer of this backend: the entry begins where one has been seen.
  auto claim = snapshot.affinity->claim(hash, cell, State::kRinging, digest, when, by);
  if (claim.evicted) context.counters.affinity.add(AffinityEvent::kEvicted);
  if (claim.outcome == AffinityTable::Outcome::kMade) context.counters.affinity.add(AffinityEvent::kMade);
  if (claim.outcome != AffinityTable::Outcome::kAdopted) return;
  const auto next = reopened(claim.view.state(), State::kRinging);
  if (next == claim.view.state()) return snapshot.affinity->touch(claim.view, when);
  if (snapshot.affinity->change(claim.view, next, cell, when, by)) {
    snapshot.affinity->note(claim.view, digest, context.now_us);
  }
}

}  // namespace dialplane::pipeline
