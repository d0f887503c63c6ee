// SPDX-License-Identifier: Apache-2.0
// The frames one worker exchanges with the control thread: two lanes up to the kernel, one ring down.
#pragma once

#include "ring.hpp"

#include "dialplane/base/ids.hpp"
#include "dialplane/base/result.hpp"
#include "dialplane/pipeline/data_plane.hpp"
#include "dialplane/pipeline/pipeline.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace dialplane::dpdk {

class PuntRings {
 public:
  /// Makes the rings. Thread: control, before launch.
  Result<void> make(WorkerIndex worker);

  /// Hands a frame up, or drops it; either is counted. Thread: the worker.
  void punt(rte_mbuf* frame, PortIndex port, pipeline::PuntLane lane, pipeline::WorkerContext& context) noexcept;
  /// Takes frames of the kernel's, tagged with their port. Thread: the worker.
  unsigned take_injected(rte_mbuf** frames, unsigned most) noexcept { return inject_.pop(frames, most); }

  using Take = std::function<void(PortIndex, pipeline::PuntLane, ByteSpan)>;
  /// Hands at most `budget` frames of one ring to `take`, each with its own lane; returns how many. Thread: control.
  std::size_t drain(pipeline::PuntLane lane, std::size_t budget, const Take& take);
  /// Copies a frame of the kernel's, or one of our own, into a buffer for the worker, which counts it as `terminal`;
  /// false if there is no buffer or no place. Thread: control.
  bool inject(rte_mempool& pool, PortIndex port, ByteSpan frame, pipeline::Terminal terminal);

 private:
  FrameRing& lane_ring(pipeline::PuntLane lane) noexcept {
    return lane == pipeline::PuntLane::kOther ? other_ : critical_;
  }

  FrameRing critical_;
  FrameRing other_;
  FrameRing inject_;
};

}  // namespace dialplane::dpdk
