// SPDX-License-Identifier: Apache-2.0
// mbuf to Packet and back: the one place that knows both. Runs on workers.
#pragma once

#include "dialplane/pipeline/packet.hpp"

#include <rte_mbuf.h>

namespace dialplane::dpdk {

/// Describes a received frame to the pipeline; a chain is joined first.
/// Errors: false if the chain does not fit one buffer or too little room is left; the packet is then not filled.
inline bool fill_packet(pipeline::Packet& packet, rte_mbuf* frame, PortIndex port) noexcept {
  if (frame->nb_segs > 1 && rte_pktmbuf_linearize(frame) != 0) return false;
  packet.data = rte_pktmbuf_mtod(frame, std::uint8_t*);
  packet.length = frame->data_len;
  packet.headroom = rte_pktmbuf_headroom(frame);
  packet.tailroom = rte_pktmbuf_tailroom(frame);
  packet.port = port;
  packet.verdict = {};
  packet.joined_slot = kNoIndex;
  packet.buffer = frame;
  return packet.headroom + packet.tailroom >= pipeline::kMinRoom;
}

/// Writes what the pipeline made of the packet back to its mbuf and returns that. Not for joined packets, whose bytes
/// lie elsewhere.
inline rte_mbuf* take_back(const pipeline::Packet& packet) noexcept {
  auto* frame = static_cast<rte_mbuf*>(packet.buffer);
  frame->data_off = static_cast<std::uint16_t>(packet.data - static_cast<std::uint8_t*>(frame->buf_addr));
  frame->data_len = static_cast<std::uint16_t>(packet.length);
  frame->pkt_len = packet.length;
  return frame;
}

/// What a frame carries with it through a ring: its logical port, and how it will be counted or, upwards, its lane.
struct RingTag {
  PortIndex port;
  std::uint8_t terminal = 0;
};
inline void set_tag(rte_mbuf* frame, RingTag tag) noexcept {
  frame->hash.usr = static_cast<std::uint32_t>(tag.port.value) << 8U | tag.terminal;
}
inline RingTag tag_of(const rte_mbuf* frame) noexcept {
  return {PortIndex(static_cast<std::uint16_t>(frame->hash.usr >> 8U)), static_cast<std::uint8_t>(frame->hash.usr)};
}

}  // namespace dialplane::dpdk
