// SPDX-License-Identifier: Apache-2.0
// From a message in its buffer to a frame for the next hop.
#include "stages.hpp"

#include "dialplane/net/frame_edit.hpp"

namespace dialplane::pipeline {

sip::Room message_room(const Packet& packet, const sip::Message& message) noexcept {
  const std::size_t before = std::size_t{packet.frame.payload_offset} + message.skipped;
  const std::size_t after = packet.length - packet.frame.payload_offset - packet.frame.payload_length;
  const std::size_t available = packet.headroom + before;
  // A received frame has at least the headers we write, so this never runs below zero.
  return {packet.data + before, packet.frame.payload_length - std::size_t{message.skipped},
          available - net::kUdp4Headers, packet.tailroom + after};
}

void adopt(Packet& packet, const sip::Room& room) noexcept {
  packet.data = room.data - net::kUdp4Headers;
  packet.length = static_cast<std::uint32_t>(room.length + net::kUdp4Headers);
  packet.headroom = static_cast<std::uint32_t>(room.headroom);
  packet.tailroom = static_cast<std::uint32_t>(room.tailroom);
}

void send(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  using Status = snapshot::NextHopTable::Hop::Status;
  auto hop = snapshot.next_hops->find(work.target.ip);
  // An answer can always go back the way its request came.
  if (hop.status != Status::kResolved && packet.verdict.kind == Verdict::Kind::kReply) {
    hop = {Status::kResolved, packet.port, work.target.ip, work.previous_hop};
  }
  if (hop.status == Status::kNoRoute) return drop(stage, DropReason::kNoRoute);
  if (hop.status == Status::kNoNeighbor) {
    if (!context.dry_run) context.unresolved.push(hop.port, hop.next);
    return drop(stage, DropReason::kNoNeighbor);
  }
  packet.verdict.out_port = hop.port;
  net::write_udp4_headers(packet.data + net::kUdp4Headers, packet.length - net::kUdp4Headers,
                          {snapshot.macs[hop.port.value], hop.mac, work.sender->address, work.target},
                          context.next_ip_id, packet.frame.dscp_ecn);
  context.next_ip_id = static_cast<std::uint16_t>(context.next_ip_id + context.ip_id_step);
}

}  // namespace dialplane::pipeline
