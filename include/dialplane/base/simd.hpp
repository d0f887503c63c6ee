// SPDX-License-Identifier: Apache-2.0
// How wide the vector instructions are that this process may use. Any thread.
#pragma once

#include <cstdint>

namespace dialplane {

/// What hashes and checksums are compiled for beside the floor of x86-64-v2. All give the same results.
enum class SimdLevel : std::uint8_t { kFloor, kAvx2, kAvx512 };

/// The widest that the processor has, and no wider than DIALPLANE_SIMD names (scalar, sse42, avx2, avx512).
/// Cost: reads the environment; for choices made once.
SimdLevel simd_level() noexcept;
/// True if this processor has what the level needs.
bool simd_available(SimdLevel level) noexcept;

}  // namespace dialplane
