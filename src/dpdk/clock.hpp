// SPDX-License-Identifier: Apache-2.0
// The one clock of workers and control thread: the time-stamp counter since the machine started. Any thread.
#pragma once

#include <rte_cycles.h>

#include <algorithm>
#include <cstdint>

namespace dialplane::dpdk {

/// Cycles of the time-stamp counter in a microsecond, as EAL measured them at its start.
inline std::uint64_t cycles_per_us() noexcept { return std::max<std::uint64_t>(rte_get_tsc_hz() / 1'000'000, 1); }

/// Units: µs.
inline std::uint64_t time_us(std::uint64_t cycles, std::uint64_t cycles_per_us) noexcept {
  return cycles / cycles_per_us;
}

}  // namespace dialplane::dpdk
