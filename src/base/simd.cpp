// SPDX-License-Identifier: Apache-2.0
// Finds out what the processor has and what the operator allows. Any thread.
#include "dialplane/base/simd.hpp"

#include <cstdlib>
#include <string_view>

namespace dialplane {

bool simd_available(SimdLevel level) noexcept {
  __builtin_cpu_init();
  switch (level) {
    case SimdLevel::kFloor:
      return true;
    case SimdLevel::kAvx2:
      return __builtin_cpu_supports("avx2") != 0;
    case SimdLevel::kAvx512:
      return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
             __builtin_cpu_supports("avx512vl") != 0;
  }
  return false;
}

SimdLevel simd_level() noexcept {
  // The same variable chooses the kernels of the SIP engine, which know two kinds of floor.
  const char* const named = std::getenv("DIALPLANE_SIMD");
  const std::string_view name = named == nullptr ? "" : named;
  if (name == "scalar" || name == "sse42") return SimdLevel::kFloor;
  if (name != "avx2" && simd_available(SimdLevel::kAvx512)) return SimdLevel::kAvx512;
  return simd_available(SimdLevel::kAvx2) ? SimdLevel::kAvx2 : SimdLevel::kFloor;
}

}  // namespace dialplane
