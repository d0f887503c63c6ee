// SPDX-License-Identifier: Apache-2.0
// From a message in its buffer to a frame for the next hop.
#include "stages.hpp"

#include "dialplane/net/frame_edit.hpp"

namespace dialplane::pipeline {
namespace {

void write_headers(Stage stage, const net::UdpRoute& route) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const std::size_t headers = net::udp_headers(route.destination.ip);
  const auto dscp_ecn = packet.frame.dscp_ecn;
  if (route.destination.ip.is_v6()) {
    return net::write_udp6_headers(packet.data + headers, packet.length - headers, route, dscp_ecn);
  }
  net::write_udp4_headers(packet.data + headers, packet.length - headers, route, context.next_ip_id, dscp_ecn);
  context.next_ip_id = static_cast<std::uint16_t>(context.next_ip_id + context.ip_id_step);
}

}  // namespace

std::optional<sip::Room> message_room(const Packet& packet, const sip::Message& message,
                                      const IpAddress& target) noexcept {
  const std::size_t before = std::size_t{packet.frame.payload_offset} + message.skipped;
  const std::size_t after = packet.length - packet.frame.payload_offset - packet.frame.payload_length;
  const std::size_t available = packet.headroom + before;
  const std::size_t headers = net::udp_headers(target);
  if (available < headers) return std::nullopt;
  return sip::Room{packet.data + before, packet.frame.payload_length - std::size_t{message.skipped},
                   available - headers, packet.tailroom + after};
}

void adopt(Packet& packet, const sip::Room& room, const IpAddress& target) noexcept {
  const std::size_t headers = net::udp_headers(target);
  packet.data = room.data - headers;
  packet.length = static_cast<std::uint32_t>(room.length + headers);
  packet.headroom = static_cast<std::uint32_t>(room.headroom);
  packet.tailroom = static_cast<std::uint32_t>(room.tailroom);
}

void send(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  using Status = snapshot::NextHopTable::Hop::Status;
  auto hop = snapshot.next_hops->find(work.target.ip);
  if (hop.status == Status::kRefused) return drop(stage, DropReason::kNoRoute);
  // An answer can always go back the way its request came, but to one host.
  if (hop.status != Status::kResolved && packet.verdict.kind == Verdict::Kind::kReply &&
      !is_group(work.previous_hop.bytes.data())) {
    hop = {Status::kResolved, packet.port, work.target.ip, work.previous_hop};
  }
  if (hop.status == Status::kNoRoute) return drop(stage, DropReason::kNoRoute);
  if (hop.status == Status::kNoNeighbor) {
    if (!context.dry_run) context.unresolved.push(hop.port, hop.next);
    return drop(stage, DropReason::kNoNeighbor);
  }
  packet.verdict.out_port = hop.port;
  write_headers(stage, {snapshot.macs[hop.port.value], hop.mac, work.sender->address, work.target});
}

}  // namespace dialplane::pipeline
