// SPDX-License-Identifier: Apache-2.0
// The two loops' work, burst by burst.
#include "traffic.hpp"

#include "dialplane/net/frame_edit.hpp"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <string_view>

namespace dialplane::gen {

void Sender::start(std::uint64_t now_tsc, std::uint64_t tsc_hz) noexcept {
  start_tsc_ = now_tsc;
  last_tsc_ = now_tsc;
  late_ticks_ = tsc_hz / 1000;
  ticks_per_frame_ = plan_.frames_per_s > 0 ? static_cast<double>(tsc_hz) / plan_.frames_per_s : 0;
}

std::size_t Sender::count_due(std::uint64_t now_tsc) const noexcept {
  std::uint64_t due = kBurst;
  if (ticks_per_frame_ > 0) {
    const auto total = static_cast<std::uint64_t>(static_cast<double>(now_tsc - start_tsc_) / ticks_per_frame_) + 1;
    due = total > planned_ ? total - planned_ : 0;
  }
  if (plan_.limit != 0) due = std::min(due, plan_.limit - std::min(plan_.limit, planned_));
  return static_cast<std::size_t>(std::min<std::uint64_t>(due, kBurst));
}

bool Sender::render(std::size_t count, std::uint64_t now_tsc) noexcept {
  if (rte_pktmbuf_alloc_bulk(plan_.pool, pending_.data(), static_cast<unsigned>(count)) != 0) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto sequence = planned_ + i;
    const auto due = ticks_per_frame_ > 0
                         ? start_tsc_ + static_cast<std::uint64_t>(static_cast<double>(sequence) * ticks_per_frame_)
                         : now_tsc;
    if (now_tsc > due + late_ticks_) late.add(1);
    auto* packet = pending_[i];
    const Stamp stamp{plan_.run, static_cast<std::uint32_t>(sequence), due};
    const auto length = plan_.corpus->write(next_frame_, stamp, round_, rte_pktmbuf_mtod(packet, std::uint8_t*));
    packet->data_len = static_cast<std::uint16_t>(length);
    packet->pkt_len = static_cast<std::uint32_t>(length);
    if (++next_frame_ == plan_.corpus->size()) {
      next_frame_ = 0;
      ++round_;
    }
  }
  pending_count_ = count;
  return true;
}

void Sender::transmit() noexcept {
  std::array<std::uint16_t, kBurst> lengths;
  for (std::size_t i = 0; i < pending_count_; ++i) lengths[i] = pending_[i]->data_len;
  const auto taken = rte_eth_tx_burst(plan_.port, 0, pending_.data(), static_cast<std::uint16_t>(pending_count_));
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < taken; ++i) sum += lengths[i];
  sent.add(taken);
  bytes.add(sum);
  const auto left = pending_count_ - taken;
  if (taken != 0) std::copy_n(pending_.begin() + taken, left, pending_.begin());
  pending_count_ = left;
}

void Sender::step(std::uint64_t now_tsc) noexcept {
  if (pending_count_ == 0) {
    const auto due = count_due(now_tsc);
    if (due == 0) return;
    const auto rendered = render(due, now_tsc);
    planned_ += rendered || ticks_per_frame_ > 0 ? due : 0;
    if (!rendered) {
      // Without a rate the buffers will come back; with one the moment has passed.
      if (ticks_per_frame_ > 0) no_buffer.add(due);
      return;
    }
  }
  transmit();
  last_tsc_ = now_tsc;
  if (pending_count_ != 0 && ticks_per_frame_ > 0) {
    refused.add(pending_count_);
    finish();
  }
}

void Sender::finish() noexcept {
  rte_pktmbuf_free_bulk(pending_.data(), static_cast<unsigned>(pending_count_));
  pending_count_ = 0;
}

Receiver::Receiver(std::uint16_t port, std::uint16_t run, bool any_run, std::uint64_t tsc_hz)
    : port_(port), run_(run), any_run_(any_run), ns_per_tick_(1e9 / static_cast<double>(tsc_hz)) {}

void Receiver::take(const rte_mbuf& packet, std::uint64_t now_tsc) noexcept {
  const std::string_view data(rte_pktmbuf_mtod(&packet, const char*), packet.data_len);
  const auto stamp = find_stamp(data);
  if (!stamp || (!any_run_ && stamp->run != run_)) {
    foreign.add(1);
    return;
  }
  stamped.add(1);
  constexpr std::string_view kResponse = "SIP/2.0 ";
  if (data.size() > net::kUdp4Headers + kResponse.size() &&
      data.substr(net::kUdp4Headers, kResponse.size()) == kResponse) {
    const auto digit = data[net::kUdp4Headers + kResponse.size()];
    if (digit >= '1' && digit <= '6') classes[static_cast<std::size_t>(digit - '0')].add(1);
  } else {
    requests.add(1);
  }
  if (!arrivals_.add(stamp->sequence)) return;
  distinct.add(1);
  // Clocks of two CPUs may differ by some ticks: then it took no time.
  const auto ticks = now_tsc > stamp->tsc ? now_tsc - stamp->tsc : 0;
  latency_ns.add(static_cast<std::uint64_t>(static_cast<double>(ticks) * ns_per_tick_));
}

void Receiver::step() noexcept {
  std::array<rte_mbuf*, kBurst> packets;
  const auto count = rte_eth_rx_burst(port_, 0, packets.data(), kBurst);
  if (count == 0) return;
  const auto now = rte_rdtsc();
  std::uint64_t sum = 0;
  for (std::uint16_t i = 0; i < count; ++i) {
    sum += packets[i]->pkt_len;
    take(*packets[i], now);
  }
  frames.add(count);
  bytes.add(sum);
  rte_pktmbuf_free_bulk(packets.data(), count);
}

}  // namespace dialplane::gen
