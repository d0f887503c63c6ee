// SPDX-License-Identifier: Apache-2.0
// Finds the listener a frame is for. What is not ours goes to the kernel.
#include "stages.hpp"

#include <array>
#include <cstring>

namespace dialplane::pipeline {
namespace {

// Ports whose sessions keep routes alive: losing them to a full ring would take the node off the network.
constexpr std::uint16_t kBgpPort = 179;
constexpr std::uint16_t kBfdPort = 3784;
constexpr std::uint16_t kBfdMultihopPort = 4784;

constexpr std::size_t kSourceMacOffset = 6;

DropReason reason_of(net::FrameFault fault) noexcept {
  switch (fault) {
    case net::FrameFault::kIpHeader:
      return DropReason::kIpHeader;
    case net::FrameFault::kIpChecksum:
      return DropReason::kIpChecksum;
    case net::FrameFault::kUdpLength:
      return DropReason::kUdpLength;
    case net::FrameFault::kNone:
    case net::FrameFault::kRunt:
      break;
  }
  return DropReason::kRunt;
}

bool is_session_port(std::uint16_t port) noexcept {
  return port == kBgpPort || port == kBfdPort || port == kBfdMultihopPort;
}

/// An ICMP error that says that something could not be delivered. Source: RFC 792, RFC 4443 §3.1.
bool is_unreachable(const Packet& packet) noexcept {
  constexpr std::uint8_t kUnreachable = 3;
  constexpr std::uint8_t kUnreachable6 = 1;
  const auto& frame = packet.frame;
  if (frame.kind != net::FrameKind::kIcmp || packet.length <= frame.l4_offset) return false;
  return packet.data[frame.l4_offset] == (frame.source.ip.is_v6() ? kUnreachable6 : kUnreachable);
}

/// Ping, and answers to it: the one kind of ICMP that strangers may send as much of as they like.
bool is_echo(const Packet& packet) noexcept {
  constexpr std::array<std::uint8_t, 2> kEcho{0, 8};
  constexpr std::array<std::uint8_t, 2> kEcho6{129, 128};
  const auto& frame = packet.frame;
  if (frame.kind != net::FrameKind::kIcmp || packet.length <= frame.l4_offset) return false;
  const auto& types = frame.source.ip.is_v6() ? kEcho6 : kEcho;
  return packet.data[frame.l4_offset] == types[0] || packet.data[frame.l4_offset] == types[1];
}

/// Answers to probes, and errors that may tell of a backend.
bool is_for_control(const Packet& packet, const snapshot::Snapshot& snapshot) noexcept {
  const auto& frame = packet.frame;
  if (frame.kind == net::FrameKind::kUdp) return snapshot.is_probe_source(frame.destination);
  return is_unreachable(packet) &&
         (snapshot.is_probe_ip(frame.destination.ip) || snapshot.is_listener_ip(frame.destination.ip));
}

void punt(Packet& packet, const snapshot::Snapshot& snapshot) noexcept {
  const auto& frame = packet.frame;
  const bool is_control =
      frame.kind == net::FrameKind::kArp || (frame.kind == net::FrameKind::kIcmp && !is_echo(packet));
  const bool critical = is_control || is_session_port(frame.destination.port) || is_session_port(frame.source.port);
  packet.verdict.kind = Verdict::Kind::kPunt;
  packet.verdict.lane = critical ? PuntLane::kCritical : PuntLane::kOther;
  if (is_for_control(packet, snapshot)) packet.verdict.lane = PuntLane::kControl;
}

/// Of the backends with the prefix of `first` the one that sent from `source` to a listener of `pool`. A host may be
/// several backends, in other pools or one for each port: then it is one of this pool if there is any, and of those the
/// one at exactly this address, or the first. Not inlined: most messages come from callers and never get here.
[[gnu::noinline]] const snapshot::BackendSource* best_sender(const snapshot::Snapshot& snapshot,
                                                             const snapshot::BackendSource* first,
                                                             const Endpoint& source, PoolIndex pool) noexcept {
  const auto rank_of = [&](const snapshot::BackendSource& sender) {
    const bool is_exact = snapshot.pools[sender.pool.value].backends[sender.position].address == source;
    return (sender.pool == pool ? 2 : 0) + (is_exact ? 1 : 0);
  };
  constexpr int kBest = 3;
  const auto* const end = snapshot.sources.data() + snapshot.sources.size();
  const auto* best = first;
  int rank = rank_of(*first);
  for (const auto* other = first + 1; rank < kBest && other != end && other->prefix == first->prefix; ++other) {
    const int others = rank_of(*other);
    if (others <= rank) continue;
    rank = others;
    best = other;
  }
  return best;
}

const snapshot::BackendSource* sender_of(const snapshot::Snapshot& snapshot, const Endpoint& source,
                                         PoolIndex pool) noexcept {
  const auto* const first = snapshot.find_source(source.ip);
  return first == nullptr ? nullptr : best_sender(snapshot, first, source, pool);
}

}  // namespace

void parse(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto& frame = packet.frame;

  if (frame.kind == net::FrameKind::kMalformed) return drop(stage, reason_of(frame.fault));
  const bool joined = packet.joined_slot != kNoIndex;
  // A frame to a whole network carries nothing for a single address (RFC 1122 §3.3.6): other nodes got it, too.
  const bool is_datagram = frame.kind == net::FrameKind::kUdp && !is_group(packet.data);
  work.listener = is_datagram ? snapshot.find_listener(frame.destination, packet.port) : nullptr;
  if (work.listener == nullptr) return joined ? drop(stage, DropReason::kFragment) : punt(packet, snapshot);
  work.source = sender_of(snapshot, frame.source, work.listener->service);
  std::memcpy(work.previous_hop.bytes.data(), packet.data + kSourceMacOffset, work.previous_hop.bytes.size());

  if (!frame.source.ip.is_routable_unicast() || frame.source.port == 0 || snapshot.is_listener_ip(frame.source.ip)) {
    return drop(stage, DropReason::kBadSource);
  }
  // A wrong checksum must be found before the message is edited: a new one would make the damage look valid.
  if (snapshot.rx_checksum[packet.port.value] == config::RxChecksum::kVerify &&
      !net::udp_checksum_ok(packet.bytes(), frame)) {
    drop(stage, DropReason::kUdpChecksum);
  }
}

}  // namespace dialplane::pipeline
