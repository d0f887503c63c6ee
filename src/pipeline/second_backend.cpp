// SPDX-License-Identifier: Apache-2.0
// After a second chance two backends may hold a transaction: a CANCEL or ACK is copied for the second one. Runs on
// workers.
#include "placement.hpp"

#include "dialplane/sip/scanner.hpp"

#include <cstring>

namespace dialplane::pipeline {
namespace {

/// Takes over the frame as it was received. Errors: false if it does not fit.
bool copy_frame(const Packet& from, Packet& to) noexcept {
  if (std::size_t{from.length} + kMinRoom > to.tailroom) return false;
  std::memcpy(to.data, from.data, from.length);
  to.length = from.length;
  to.tailroom -= from.length;
  to.port = from.port;
  to.frame = from.frame;
  to.verdict = {};
  to.joined_slot = kNoIndex;
  return true;
}

/// Reads the copy anew, so that every view of it lies in its own buffer.
void steer_copy(Stage stage, const Work& original) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto bytes = payload_of(packet);
  const std::string_view payload{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  sip::scan(payload, work.message);
  sip::validate(work.message, work.facts);
  work.source = original.source;
  work.previous_hop = original.previous_hop;
  work.listener = original.listener;
  work.from_backend = original.from_backend;
  work.direction = original.direction;
  work.call_hash = original.call_hash;
  work.call_seal = original.call_seal;
  work.flow.reset();
  // Claims were read before the copy was made; what this place held then is another message's.
  work.has_claim = false;
  static_cast<void>(pop_own_routes(stage));
  send_to_backend(stage, original.pool, original.also, SteeredBy::kAffinity);
}

}  // namespace

void add_second_backends(Batch& batch, WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept {
  const auto received = batch.count;
  for (std::size_t i = 0; i < received; ++i) {
    const auto& packet = batch.packets[i];
    const auto& work = context.work[i];
    if (packet.verdict.kind != Verdict::Kind::kForward || !work.message.is_request || work.also == kNoIndex) continue;
    if (context.dry_run) continue;
    auto* copy = batch.spare_count == 0 ? nullptr : &batch.packets[batch.count];
    if (copy != nullptr) *copy = batch.spares[batch.spare_count - 1];
    if (copy == nullptr || !copy_frame(packet, *copy)) {
      context.counters.affinity.add(AffinityEvent::kUncloned);
      continue;
    }
    --batch.spare_count;
    context.counters.sources.add(Source::kCloned);
    auto& copied = context.work[batch.count];
    ++batch.count;
    copied.also = kNoIndex;
    steer_copy(StageParts{*copy, copied, context, snapshot}, work);
  }
}

}  // namespace dialplane::pipeline
