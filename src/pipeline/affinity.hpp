// SPDX-License-Identifier: Apache-2.0
// What steering reads from the affinity table and writes to it. Runs on workers; a dry run only reads.
#pragma once

#include "stages.hpp"

namespace dialplane::pipeline {

/// A backend and how it was found; kNoIndex: none.
struct Choice {
  std::uint16_t position = kNoIndex;
  SteeredBy how = SteeredBy::kAffinity;
};

/// The pool at this position, nullptr if there is none.
inline const snapshot::Pool* pool_at(const snapshot::Snapshot& snapshot, PoolIndex index) noexcept {
  return index.value < snapshot.pools.size() ? &snapshot.pools[index.value] : nullptr;
}

/// True for a request that goes on with what an earlier one has opened, or ends it.
inline bool opens_nothing(Stage stage) noexcept { return sip::opens_nothing(stage.work.message, stage.work.facts); }

/// Brings the entries of a burst's messages near and forgets those of the burst before. Needs their call_hash.
void prefetch_entries(Batch& batch, WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept;

/// The backend that the entry of the Call-ID binds this request to. Notes a copy, a new transaction or what an
/// in-dialog request says of its dialog; sets work.entry, and work.also where a second backend must get it too.
Choice choose_by_entry(Stage stage, const snapshot::Pool& pool) noexcept;

/// True if this request has branch and CSeq number of the transaction that its Call-ID's entry noted last.
bool repeats_noted_transaction(Stage stage, const snapshot::Pool& pool) noexcept;

/// The backend of the dialog that Replaces, Join or Target-Dialog names, if the table has it; else `hash` becomes that
/// of the named Call-ID. False: the request names none, or is no request that opens something.
bool find_named_dialog(Stage stage, const snapshot::Pool& pool, Choice& choice, std::uint64_t& hash) noexcept;

/// Makes the entry for a request that was placed at `position`, and returns where it goes: another worker may have been
/// faster. `only_here`: nothing but the entry will know the backend again. kNoIndex: no entry could be made.
std::uint16_t keep_choice(Stage stage, const snapshot::Pool& pool, std::uint16_t position, bool only_here) noexcept;

/// What a request inside a dialog says of it. `is_vouched`: our own token named the backend at `position`.
void follow_dialog(Stage stage, const snapshot::Pool& pool, std::uint16_t position, bool is_vouched) noexcept;

/// A backend opens a dialog or goes on with one: its Call-ID stays with it.
void follow_backend_request(Stage stage, bool is_vouched) noexcept;

/// What a response says of its dialog and of the backend it came from. `own`: this node sent the request.
void follow_response(Stage stage, const snapshot::Listener& came_to, bool own) noexcept;

}  // namespace dialplane::pipeline
