// SPDX-License-Identifier: Apache-2.0
// The allocator's own figures, where the daemon is linked with jemalloc. Any thread.
#pragma once

#include <cstddef>
#include <optional>

namespace dialplane::control {

struct HeapStats {
  std::size_t allocated_bytes = 0;
  std::size_t resident_bytes = 0;
};
/// Errors: nullopt where another allocator is in use (sanitizer builds).
std::optional<HeapStats> read_heap_stats() noexcept;

}  // namespace dialplane::control
