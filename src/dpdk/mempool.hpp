// SPDX-License-Identifier: Apache-2.0
// The packet pool: every buffer of the process, made once at start. Control thread.
#pragma once

#include "dialplane/base/result.hpp"

#include <cstdint>

struct rte_mempool;

namespace dialplane::dpdk {

/// Makes `mbufs` buffers with `room` bytes of data room in one contiguous piece of memory.
/// Errors: not enough memory, and how much is needed. Lifetime: until EAL ends.
Result<rte_mempool*> make_packet_pool(std::uint32_t mbufs, std::uint16_t room);

}  // namespace dialplane::dpdk
