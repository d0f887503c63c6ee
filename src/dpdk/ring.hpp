// SPDX-License-Identifier: Apache-2.0
// A ring of frames from one thread to one other. Made and freed by the control thread.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <memory>
#include <string>

namespace dialplane::dpdk {

struct FreeRing {
  void operator()(rte_ring* ring) const noexcept { rte_ring_free(ring); }
};

/// One writer, one reader, bounded.
class FrameRing {
 public:
  FrameRing() = default;
  /// Units: `length` is a power of two. On failure valid() is false.
  FrameRing(const std::string& name, unsigned length)
      : ring_(rte_ring_create(name.c_str(), length, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ)) {}

  [[nodiscard]] bool valid() const noexcept { return ring_ != nullptr; }
  [[nodiscard]] bool push(rte_mbuf* frame) noexcept { return rte_ring_sp_enqueue(ring_.get(), frame) == 0; }
  /// Takes all frames or none.
  [[nodiscard]] bool push_all(rte_mbuf** frames, std::size_t count) noexcept {
    return rte_ring_sp_enqueue_bulk(ring_.get(), reinterpret_cast<void**>(frames), static_cast<unsigned>(count),
                                    nullptr) == count;
  }
  /// Takes at most `most` frames; returns how many.
  unsigned pop(rte_mbuf** frames, unsigned most) noexcept {
    return rte_ring_sc_dequeue_burst(ring_.get(), reinterpret_cast<void**>(frames), most, nullptr);
  }

 private:
  std::unique_ptr<rte_ring, FreeRing> ring_;
};

}  // namespace dialplane::dpdk
