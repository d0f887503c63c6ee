// SPDX-License-Identifier: Apache-2.0
// The packet pool. Control thread.
#include "mempool.hpp"

#include "eal_log.hpp"
#include "plan.hpp"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

namespace dialplane::dpdk {
namespace {

void free_zone(rte_mempool_memhdr* /*header*/, void* zone) { rte_memzone_free(static_cast<const rte_memzone*>(zone)); }

/// Fills the pool from one memory zone, objects side by side. DPDK's own way starts a new page for an object that
/// would cross one: with 4 KiB pages that wastes a third, and puts every header into the same cache set.
int populate_tightly(rte_mempool* pool) {
  const std::size_t object = pool->header_size + pool->elt_size + pool->trailer_size;
  const std::size_t length = object * pool->size + RTE_CACHE_LINE_SIZE;
  const rte_memzone* zone =
      rte_memzone_reserve_aligned("dialplane_packets", length, SOCKET_ID_ANY, RTE_MEMZONE_SIZE_HINT_ONLY, 4096);
  if (zone == nullptr) return -rte_errno;
  auto* memory = static_cast<char*>(zone->addr);
  const int filled =
      rte_mempool_populate_iova(pool, memory, zone->iova, zone->len, free_zone, const_cast<rte_memzone*>(zone));
  if (filled <= 0) rte_memzone_free(zone);
  return filled;
}

}  // namespace

Result<rte_mempool*> make_packet_pool(std::uint32_t mbufs, std::uint16_t room) {
  clear_eal_error();
  // In VA mode any stretch of memory is contiguous for devices too, so that the flag only permits tight packing.
  const bool tight = rte_eal_iova_mode() == RTE_IOVA_VA;
  // plan.hpp chose the size so that buffers spread over the cache; padding would make the largest exceed a page.
  const unsigned flags = RTE_MEMPOOL_F_NO_SPREAD | (tight ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0U);
  rte_mempool* pool =
      rte_mempool_create_empty("dialplane_packets", mbufs, sizeof(rte_mbuf) + room, kPoolCache,
                               sizeof(rte_pktmbuf_pool_private), static_cast<int>(SOCKET_ID_ANY), flags);
  const auto failed = [&](int error) {
    rte_mempool_free(pool);
    const std::size_t mib = (std::size_t{room} + kBufferHeaders) * mbufs / (1U << 20U) + 1;
    return fail(with_eal_error(fmt::format(
        "no memory for {} packet buffers of {} bytes: {}; lower runtime.mbufs or reserve {} MiB of huge pages for them",
        mbufs, room, rte_strerror(error), mib)));
  };
  if (pool == nullptr) return failed(rte_errno);
  // The default ring stalls for tens of milliseconds when lcores share a CPU: a preempted writer blocks the others.
  if (const int set = rte_mempool_set_ops_byname(pool, "ring_mt_rts", nullptr); set != 0) return failed(-set);
  rte_pktmbuf_pool_private layout{};
  layout.mbuf_data_room_size = room;
  rte_pktmbuf_pool_init(pool, &layout);
  const int filled = tight ? populate_tightly(pool) : rte_mempool_populate_default(pool);
  if (filled < 0) return failed(-filled);
  if (static_cast<std::uint32_t>(filled) < mbufs) return failed(ENOMEM);
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

}  // namespace dialplane::dpdk
