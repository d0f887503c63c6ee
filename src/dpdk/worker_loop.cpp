// SPDX-License-Identifier: Apache-2.0
// The loop of a worker: receive, process, dispatch, send, acknowledge. Runs on workers.
#include "clock.hpp"
#include "idle.hpp"
#include "mbuf_packet.hpp"
#include "worker.hpp"

#include <rte_ethdev.h>
#include <rte_prefetch.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace dialplane::dpdk {

using pipeline::DropReason;
using pipeline::Source;
using pipeline::Terminal;
using pipeline::Verdict;

namespace {
/// Time between two looks at what has waited too long.
constexpr std::uint64_t kExpiryMs = 100;
}  // namespace

Worker::Worker(WorkerIndex worker_index, std::uint16_t worker_cpu, rte_mempool& pool)
    : index(worker_index),
      cpu(worker_cpu),
      context(std::make_unique<pipeline::WorkerContext>()),
      transmitter(*context, pool),
      pool_(pool),
      batch_(std::make_unique<pipeline::Batch>()) {
  context->index = index;
}

void Worker::refill_spares() noexcept {
  auto& batch = *batch_;
  while (batch.spare_count < pipeline::kMaxClones) {
    auto* buffer = rte_pktmbuf_alloc(&pool_);
    if (buffer == nullptr) return;
    auto& spare = batch.spares[batch.spare_count++];
    spare.data = rte_pktmbuf_mtod(buffer, std::uint8_t*);
    spare.headroom = rte_pktmbuf_headroom(buffer);
    spare.tailroom = rte_pktmbuf_tailroom(buffer);
    spare.buffer = buffer;
  }
}

unsigned Worker::poll_queue(const RxQueue& from, const snapshot::Snapshot& snapshot) noexcept {
  std::array<rte_mbuf*, pipeline::kBatchSize> frames;
  const unsigned received = rte_eth_rx_burst(from.queue.device, from.queue.queue, frames.data(), pipeline::kBatchSize);
  auto& counters = context->counters;
  counters.polls.add();
  if (received == 0) return 0;
  counters.busy_polls.add();
  for (unsigned i = 0; i < received; ++i) rte_prefetch0(rte_pktmbuf_mtod(frames[i], void*));

  counters.sources.add(Source::kReceived, received);
  auto& batch = *batch_;
  batch.count = 0;
  std::uint64_t bytes = 0;
  for (unsigned i = 0; i < received; ++i) {
    bytes += frames[i]->pkt_len;
    if (fill_packet(batch.packets[batch.count], frames[i], from.port)) {
      ++batch.count;
      continue;
    }
    pipeline::count_drop(*context, DropReason::kMtu);
    rte_pktmbuf_free(frames[i]);
  }
  counters.ports[from.port.value].rx_packets.add(received);
  counters.ports[from.port.value].rx_bytes.add(bytes);

  if (batch.spare_count < pipeline::kMaxClones) refill_spares();
  pipeline::process(batch, *context, snapshot);
  for (std::size_t i = 0; i < batch.count; ++i) dispatch(batch.packets[i]);
  return received;
}

void Worker::dispatch(const pipeline::Packet& packet) noexcept {
  const bool joined = packet.joined_slot != kNoIndex;
  auto* frame = static_cast<rte_mbuf*>(packet.buffer);
  switch (packet.verdict.kind) {
    case Verdict::Kind::kForward:
    case Verdict::Kind::kReply: {
      const auto terminal = packet.verdict.kind == Verdict::Kind::kForward ? Terminal::kForwarded : Terminal::kAnswered;
      const auto port = packet.verdict.out_port;
      if (!joined && !transmitter.is_over_mtu(packet.length, port))
        return transmitter.send(take_back(packet), port, terminal);
      transmitter.send_copy(packet.bytes(), port, terminal);
      break;
    }
    case Verdict::Kind::kPunt:
      if (!exception[packet.port.value] && packet.verdict.lane != pipeline::PuntLane::kControl) {
        pipeline::count_drop(*context, DropReason::kNoException);
        break;
      }
      if (!joined) return punt.punt(take_back(packet), packet.port, packet.verdict.lane, *context);
      // Its fragments are gone, and the kernel takes no frame this long.
      pipeline::count_drop(*context, DropReason::kFragment);
      break;
    case Verdict::Kind::kHold:
    case Verdict::Kind::kDrop:
    case Verdict::Kind::kUndecided:
      break;
  }
  if (joined) context->fragments.release(packet.joined_slot);
  rte_pktmbuf_free(frame);
}

unsigned Worker::poll_rings() noexcept {
  std::array<rte_mbuf*, pipeline::kBatchSize> frames;
  unsigned total = 0;
  for (auto* ring : handed) {
    const unsigned count = ring->pop(frames.data(), pipeline::kBatchSize);
    for (unsigned i = 0; i < count; ++i) transmitter.send_handed(frames[i]);
    total += count;
  }
  const unsigned injected = punt.take_injected(frames.data(), pipeline::kBatchSize);
  for (unsigned i = 0; i < injected; ++i) {
    const auto tag = tag_of(frames[i]);
    const auto terminal = static_cast<Terminal>(tag.terminal);
    context->counters.sources.add(terminal == Terminal::kOriginated ? Source::kOriginated : Source::kInjected);
    transmitter.send(frames[i], tag.port, terminal);
  }
  return total + injected;
}

void Worker::account(std::uint64_t cycles, bool busy) noexcept {
  auto& counters = context->counters;
  (busy ? counters.busy_cycles : counters.idle_cycles).add(cycles);
}

void Worker::run() noexcept {
  // Sleeps of 200 µs would last 250 with the kernel's default slack.
  prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
  Idler idler(idle, shares_cpu);
  const std::uint64_t cycles_per_microsecond = cycles_per_us();
  std::uint64_t next_expiry_ms = 0;
  std::uint64_t before = rte_rdtsc();
  while (!stop_.load(std::memory_order_relaxed)) {
    const snapshot::Snapshot& current = *publisher->current();
    const std::uint64_t generation = current.generation;
    context->now_us = time_us(before, cycles_per_microsecond);
    context->now_ms = context->now_us / 1000;
    if (context->now_ms >= next_expiry_ms) {
      context->unix_time_s = static_cast<std::uint64_t>(std::time(nullptr));
      pipeline::expire(*context);
      next_expiry_ms = context->now_ms + kExpiryMs;
    }
    unsigned work = 0;
    for (const auto& queue : rx) work += poll_queue(queue, current);
    work += poll_rings();
    transmitter.flush();
    publisher->acknowledge(index, generation);
    if (work > 0) {
      idler.found_work();
    } else {
      idler.wait();
    }
    const std::uint64_t now = rte_rdtsc();
    account(now - before, work > 0);
    before = now;
  }
}

}  // namespace dialplane::dpdk
