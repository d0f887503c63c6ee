// SPDX-License-Identifier: Apache-2.0
// The transmit gate and the bursts behind it. Runs on workers.
#include "transmit.hpp"

#include "mbuf_packet.hpp"

#include "dialplane/base/bytes.hpp"
#include "dialplane/net/fragment.hpp"
#include "dialplane/net/frame.hpp"

#include <rte_ethdev.h>
#include <rte_pause.h>

#include <bit>
#include <cstring>

namespace dialplane::dpdk {
namespace {

using pipeline::DropReason;
using pipeline::Terminal;

/// Times a full queue is asked again before the rest of the burst is dropped.
constexpr int kSendAttempts = 8;
/// Most fragments of one datagram: 64 KiB at the smallest MTU of a port, 576; IPv6 ports have 1280 or more.
constexpr std::size_t kMostFragments = 128;
/// The mark of a fragment whose datagram is counted with its last one.
constexpr Terminal kUncounted = Terminal::kCount;

/// Bytes before the IP header: the Ethernet header and at most two tags.
std::uint32_t l2_length(const rte_mbuf* frame) noexcept {
  const auto* bytes = rte_pktmbuf_mtod(frame, const std::uint8_t*);
  std::uint32_t length = net::kEthernetHeader;
  for (int tag = 0; tag < 2; ++tag) {
    if (frame->data_len < length) break;
    const auto type = load_be16(bytes + length - 2);
    if (type != 0x8100 && type != 0x88a8) break;
    length += net::kVlanTag;
  }
  return length;
}

}  // namespace

void Transmitter::drop(rte_mbuf* frame, DropReason reason) noexcept {
  pipeline::count_drop(context_, reason);
  rte_pktmbuf_free(frame);
}

rte_mbuf* Transmitter::copy(const rte_mbuf* frame) noexcept {
  rte_mbuf* own = rte_pktmbuf_alloc(&pool_);
  if (own == nullptr) return nullptr;
  char* to = rte_pktmbuf_append(own, static_cast<std::uint16_t>(frame->pkt_len));
  const void* from = to == nullptr ? nullptr : rte_pktmbuf_read(frame, 0, frame->pkt_len, to);
  if (from == nullptr) {
    rte_pktmbuf_free(own);
    return nullptr;
  }
  if (from != to) std::memcpy(to, from, frame->pkt_len);
  return own;
}

rte_mbuf* Transmitter::pass_gate(rte_mbuf* frame, const Outlet& outlet) noexcept {
  // Drivers over kernel sockets swallow a longer frame and report it sent.
  if (frame->pkt_len > outlet.mtu + l2_length(frame)) {
    drop(frame, DropReason::kMtu);
    return nullptr;
  }
  // net_af_xdp sends stale memory for a chain, and overruns its memory area for a buffer of another pool.
  const bool plain =
      frame->nb_segs == 1 && RTE_MBUF_DIRECT(frame) && rte_mbuf_refcnt_read(frame) == 1 && frame->pool == &pool_;
  if (!plain) {
    rte_mbuf* own = copy(frame);
    if (own == nullptr) {
      drop(frame, DropReason::kNoBuffer);
      return nullptr;
    }
    rte_pktmbuf_free(frame);
    frame = own;
  }
  // What the receiving driver said about the frame is no order to the sending one.
  frame->ol_flags = 0;
  frame->tx_offload = 0;
  return frame;
}

void Transmitter::send(rte_mbuf* frame, PortIndex port, Terminal terminal) noexcept {
  if (!is_used(port)) return drop(frame, DropReason::kNoRoute);
  frame = pass_gate(frame, outlets_[port.value]);
  if (frame != nullptr) place(&frame, 1, port, terminal);
}

void Transmitter::send_copy(ByteSpan frame, PortIndex port, Terminal terminal) noexcept {
  if (!is_used(port)) return pipeline::count_drop(context_, DropReason::kNoRoute);
  const std::size_t mtu = outlets_[port.value].mtu;
  const std::size_t count = net::fragment_count(frame, mtu);
  std::array<rte_mbuf*, kMostFragments> pieces;
  if (count > pieces.size()) return pipeline::count_drop(context_, DropReason::kMtu);
  if (rte_pktmbuf_alloc_bulk(&pool_, pieces.data(), static_cast<unsigned>(count)) != 0)
    return pipeline::count_drop(context_, DropReason::kNoBuffer);
  const auto id = context_.next_fragment_id;
  if (count > 1 && net::needs_fragment_id(frame)) context_.next_fragment_id += context_.ip_id_step;
  for (std::size_t i = 0; i < count; ++i) {
    const auto length = net::write_fragment(frame, mtu, i, id, rte_pktmbuf_mtod(pieces[i], std::uint8_t*));
    pieces[i]->data_len = static_cast<std::uint16_t>(length);
    pieces[i]->pkt_len = static_cast<std::uint32_t>(length);
  }
  place(pieces.data(), count, port, terminal);
}

void Transmitter::place(rte_mbuf** frames, std::size_t count, PortIndex port, Terminal terminal) noexcept {
  auto* ring = outlets_[port.value].ring;
  // The last frame of a datagram carries its terminal. One burst for all of them where that is possible: the driver
  // then takes the last one only after the others.
  if (ring == nullptr) {
    if (bursts_[port.value].count + count > pipeline::kBatchSize) flush_port(port);
    for (std::size_t i = 0; i < count; ++i) append(frames[i], port, i + 1 == count ? terminal : kUncounted);
    return;
  }
  for (std::size_t i = 0; i < count; ++i)
    set_tag(frames[i], {port, static_cast<std::uint8_t>(i + 1 == count ? terminal : kUncounted)});
  if (ring->push_all(frames, count)) return;
  pipeline::count_drop(context_, DropReason::kHandoffFull);
  rte_pktmbuf_free_bulk(frames, static_cast<unsigned>(count));
}

void Transmitter::send_handed(rte_mbuf* frame) noexcept {
  const auto tag = tag_of(frame);
  append(frame, tag.port, static_cast<Terminal>(tag.terminal));
}

void Transmitter::append(rte_mbuf* frame, PortIndex port, Terminal terminal) noexcept {
  auto& burst = bursts_[port.value];
  burst.frames[burst.count] = frame;
  burst.terminals[burst.count] = terminal;
  waiting_ |= std::uint32_t{1} << port.value;
  if (++burst.count == pipeline::kBatchSize) flush_port(port);
}

void Transmitter::flush() noexcept {
  while (waiting_ != 0) flush_port(PortIndex(static_cast<std::uint16_t>(std::countr_zero(waiting_))));
}

void Transmitter::flush_port(PortIndex port) noexcept {
  auto& burst = bursts_[port.value];
  const auto& outlet = outlets_[port.value];
  // The driver owns a frame, and may have freed it, as soon as it has taken it.
  std::array<std::uint32_t, pipeline::kBatchSize> lengths;
  for (std::uint16_t i = 0; i < burst.count; ++i) lengths[i] = burst.frames[i]->pkt_len;
  std::uint16_t sent = 0;
  for (int attempt = 0; attempt < kSendAttempts && sent < burst.count; ++attempt) {
    if (attempt > 0) rte_pause();
    sent = static_cast<std::uint16_t>(sent + rte_eth_tx_burst(outlet.device, outlet.queue, burst.frames.data() + sent,
                                                              static_cast<std::uint16_t>(burst.count - sent)));
  }
  std::uint64_t bytes = 0;
  for (std::uint16_t i = 0; i < sent; ++i) {
    bytes += lengths[i];
    if (burst.terminals[i] != kUncounted) pipeline::count_terminal(context_, burst.terminals[i]);
  }
  auto& counters = context_.counters.ports[port.value];
  counters.tx_packets.add(sent);
  counters.tx_bytes.add(bytes);
  for (std::uint16_t i = sent; i < burst.count; ++i) {
    if (burst.terminals[i] != kUncounted) pipeline::count_drop(context_, DropReason::kTxFull);
    rte_pktmbuf_free(burst.frames[i]);
  }
  burst.count = 0;
  waiting_ &= ~(std::uint32_t{1} << port.value);
}

}  // namespace dialplane::dpdk
