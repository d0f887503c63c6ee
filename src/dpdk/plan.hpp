// SPDX-License-Identifier: Apache-2.0
// Arithmetic done before anything starts: who owns which queue, how long rings are, how large buffers are. Pure.
#pragma once

#include "dialplane/pipeline/packet.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace dialplane::dpdk {

/// Lengths of the rings between workers and the control thread. Units: frames; powers of two.
inline constexpr unsigned kCriticalRing = 512;
inline constexpr unsigned kOtherRing = 1024;
inline constexpr unsigned kInjectRing = 512;
inline constexpr unsigned kHandoffRing = 1024;
/// Buffers an lcore keeps for itself.
inline constexpr unsigned kPoolCache = 256;

inline constexpr std::uint16_t kMostDescriptors = 2048;
inline constexpr std::uint16_t kFewestDescriptors = 128;

/// Units of memory, and the headers of a pool object (64) and of an mbuf (128) before its data room.
inline constexpr std::size_t kCacheLine = 64;
inline constexpr std::size_t kBufferHeaders = 192;
/// Largest data room: AF_XDP wants a whole buffer, both headers included, within one 4 KiB page.
inline constexpr std::uint16_t kMostDataRoom = 4096 - kBufferHeaders;
/// Headroom of a frame received by AF_XDP: DPDK's 128 bytes and the 256 of XDP.
inline constexpr std::uint16_t kMostHeadroom = 384;
/// Ethernet header and two VLAN tags.
inline constexpr std::uint16_t kMostL2 = 22;
/// Largest MTU of a port. A veth with XDP takes no larger one, and its frames just fit kMostDataRoom.
inline constexpr std::uint16_t kMostMtu = 3498;

/// The worker that receives from queue `queue` and sends through it.
constexpr std::size_t queue_owner(std::size_t queue, std::size_t workers) noexcept { return queue % workers; }

/// How a worker reaches the wire on a port.
struct TxPath {
  bool own = false;         ///< through its own queue
  std::size_t queue = 0;    ///< own: which
  std::size_t through = 0;  ///< not own: the worker that sends for it
};
constexpr TxPath tx_path(std::size_t worker, std::size_t queues) noexcept {
  if (worker < queues) return {true, worker, worker};
  return {false, 0, worker % queues};
}

/// Data room that holds a frame of `mtu` with the room the pipeline is promised. Units: bytes. A buffer is an odd
/// number of cache lines, or the headers of all buffers would compete for a few cache sets.
constexpr std::uint16_t data_room(std::uint16_t mtu) noexcept {
  const std::size_t wanted = kBufferHeaders + kMostHeadroom + std::size_t{mtu} + kMostL2 + 2 * pipeline::kMinRoom;
  const std::size_t lines = (wanted + kCacheLine - 1) / kCacheLine | 1U;
  return static_cast<std::uint16_t>(std::min<std::size_t>(lines * kCacheLine - kBufferHeaders, kMostDataRoom));
}
static_assert(kMostDataRoom >= kMostHeadroom + kMostMtu + kMostL2);

/// Buffers that rings and caches may hold at the same time, descriptors of ports apart.
constexpr std::size_t reserved_buffers(std::size_t workers) noexcept {
  const std::size_t per_worker = kCriticalRing + kOtherRing + kInjectRing + kHandoffRing;
  const std::size_t caches = (workers + 1) * (kPoolCache + kPoolCache / 2);
  return caches + workers * (per_worker / 2 + 2 * pipeline::kBatchSize);
}

/// Descriptors per ring so that `queues` queues never empty a pool of `mbufs`; 0: too few buffers even for the
/// shortest rings. A queue may hold four rings' worth: AF_XDP has fill, receive, transmit and completion rings.
constexpr std::uint16_t descriptors(std::size_t mbufs, std::size_t queues, std::size_t workers) noexcept {
  const std::size_t reserved = reserved_buffers(workers);
  for (std::uint16_t count = kMostDescriptors; count >= kFewestDescriptors;
       count = static_cast<std::uint16_t>(count / 2))
    if (reserved + queues * count * 4 <= mbufs) return count;
  return 0;
}

}  // namespace dialplane::dpdk
