// SPDX-License-Identifier: Apache-2.0
// Rings between one worker and the control thread.
#include "punt_rings.hpp"

#include "mbuf_packet.hpp"
#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace dialplane::dpdk {

Result<void> PuntRings::make(WorkerIndex worker) {
  critical_ = FrameRing(fmt::format("critical_{}", worker.value), kCriticalRing);
  other_ = FrameRing(fmt::format("other_{}", worker.value), kOtherRing);
  inject_ = FrameRing(fmt::format("inject_{}", worker.value), kInjectRing);
  if (!critical_.valid() || !other_.valid() || !inject_.valid())
    return fail(fmt::format("no memory for the rings of worker {}", worker.value));
  return {};
}

void PuntRings::punt(rte_mbuf* frame, PortIndex port, pipeline::PuntLane lane,
                     pipeline::WorkerContext& context) noexcept {
  set_tag(frame, {port, static_cast<std::uint8_t>(lane)});
  if (lane_ring(lane).push(frame)) return pipeline::count_terminal(context, pipeline::Terminal::kPunted);
  pipeline::count_drop(context, pipeline::DropReason::kPuntFull);
  rte_pktmbuf_free(frame);
}

std::size_t PuntRings::drain(pipeline::PuntLane lane, std::size_t budget, const Take& take) {
  std::array<rte_mbuf*, pipeline::kBatchSize> frames;
  std::size_t taken = 0;
  while (taken < budget) {
    const auto most = static_cast<unsigned>(std::min(budget - taken, frames.size()));
    const unsigned count = lane_ring(lane).pop(frames.data(), most);
    for (unsigned i = 0; i < count; ++i) {
      const auto tag = tag_of(frames[i]);
      take(tag.port, static_cast<pipeline::PuntLane>(tag.terminal),
           {rte_pktmbuf_mtod(frames[i], const std::uint8_t*), frames[i]->data_len});
      rte_pktmbuf_free(frames[i]);
    }
    taken += count;
    if (count < most) break;
  }
  return taken;
}

bool PuntRings::inject(rte_mempool& pool, PortIndex port, ByteSpan frame, pipeline::Terminal terminal) {
  rte_mbuf* buffer = rte_pktmbuf_alloc(&pool);
  if (buffer == nullptr) return false;
  char* to = frame.size() > rte_pktmbuf_tailroom(buffer)
                 ? nullptr
                 : rte_pktmbuf_append(buffer, static_cast<std::uint16_t>(frame.size()));
  if (to != nullptr) {
    std::memcpy(to, frame.data(), frame.size());
    set_tag(buffer, {port, static_cast<std::uint8_t>(terminal)});
    if (inject_.push(buffer)) return true;
  }
  rte_pktmbuf_free(buffer);
  return false;
}

}  // namespace dialplane::dpdk
