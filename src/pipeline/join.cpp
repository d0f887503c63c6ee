// SPDX-License-Identifier: Apache-2.0
// Finds the layers of a frame and joins fragments that are for a listener's address.
#include "stages.hpp"

#include "dialplane/pipeline/pipeline.hpp"

namespace dialplane::pipeline {
namespace {

constexpr std::uint8_t kUdpProtocol = 17;

/// Why fragments end that came before or with the one of this outcome.
DropReason reason_of(net::FragmentOutcome outcome) noexcept {
  switch (outcome) {
    case net::FragmentOutcome::kTooLarge:
      return DropReason::kFragmentTooLarge;
    case net::FragmentOutcome::kTableFull:
    case net::FragmentOutcome::kHeld:
      return DropReason::kFragmentTableFull;
    case net::FragmentOutcome::kComplete:
    case net::FragmentOutcome::kRepeated:
    case net::FragmentOutcome::kOverlap:
      break;
  }
  return DropReason::kFragmentOverlap;
}

void continue_as(Packet& packet, const net::JoinedFrame& joined, WorkerContext& context) noexcept {
  for (std::uint16_t i = 0; i < joined.fragments; ++i) count_terminal(context, Terminal::kMerged);
  context.counters.sources.add(Source::kReassembled);
  packet.data = joined.data;
  packet.length = joined.length;
  packet.headroom = joined.headroom;
  packet.tailroom = joined.tailroom;
  packet.joined_slot = joined.slot;
  net::parse_frame(packet.bytes(), packet.frame);
}

}  // namespace

void join(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  net::parse_frame(packet.bytes(), packet.frame);
  const auto& frame = packet.frame;
  if (frame.kind != net::FrameKind::kFragment || frame.ip_protocol != kUdpProtocol ||
      !snapshot.is_listener_ip(frame.destination.ip)) {
    return;
  }

  net::JoinedFrame joined;
  std::size_t given_up = 0;
  const auto outcome = context.fragments.add(packet.bytes(), frame, context.now_ms, joined, given_up);
  context.counters.fragments_held.set(context.fragments.held());
  if (outcome == net::FragmentOutcome::kComplete) return continue_as(packet, joined, context);
  // The fragments that waited end with the one that spoilt their datagram, or that took its place.
  for (; given_up > 0; --given_up) count_drop(context, reason_of(outcome));
  if (outcome != net::FragmentOutcome::kHeld) return drop(stage, reason_of(outcome));
  packet.verdict.kind = Verdict::Kind::kHold;
}

}  // namespace dialplane::pipeline
