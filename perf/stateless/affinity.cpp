// SPDX-License-Identifier: Apache-2.0
// Steering without the affinity table, for perf/compare only: takes the place of src/pipeline/affinity.cpp and
// affinity_response.cpp when dialplane-stateless is linked. Runs on workers.
//
// What the table is not needed for stays: the signals of responses, and the named dialog's Call-ID as the key.
#include "../../src/pipeline/affinity.hpp"

#include "dialplane/base/siphash.hpp"
#include "dialplane/sip/dialog_id.hpp"

namespace dialplane::pipeline {

void prefetch_entries(Batch& batch, WorkerContext& context, const snapshot::Snapshot& /*snapshot*/) noexcept {
  context.second_backends = 0;
  for (std::size_t i = 0; i < batch.count; ++i) {
    if (batch.packets[i].verdict.kind != Verdict::Kind::kUndecided) continue;
    context.work[i].entry = {};
    context.work[i].also = kNoIndex;
  }
}

Choice choose_by_entry(Stage /*stage*/, const snapshot::Pool& /*pool*/) noexcept { return {}; }

bool repeats_noted_transaction(Stage /*stage*/, const snapshot::Pool& /*pool*/) noexcept { return false; }

bool find_named_dialog(Stage stage, const snapshot::Pool& /*pool*/, Choice& /*choice*/, std::uint64_t& hash) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  if (opens_nothing(stage)) return false;
  const auto named = sip::find_named_dialog(work.message);
  if (named) hash = SipHash13::of(snapshot.keys.call_id, named->call_id);
  return named.has_value();
}

std::uint16_t keep_choice(Stage /*stage*/, const snapshot::Pool& /*pool*/, std::uint16_t position,
                          bool /*only_here*/) noexcept {
  return position;
}

void follow_dialog(Stage /*stage*/, const snapshot::Pool& /*pool*/, std::uint16_t /*position*/,
                   bool /*is_vouched*/) noexcept {}

void follow_backend_request(Stage /*stage*/, bool /*is_vouched*/) noexcept {}

void follow_response(Stage stage, const snapshot::Listener& /*came_to*/, bool own) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  if (context.dry_run || work.from_backend == nullptr) return;
  auto& states = *snapshot.backend_states;
  const auto cell = snapshot.pools[work.from_backend->pool.value].backends[work.from_backend->position].cell;
  states.note_heard(cell, context.now_ms);
  states.note_response(states.writer(context.index), cell, work.message.status / 100U, own);
}

}  // namespace dialplane::pipeline
