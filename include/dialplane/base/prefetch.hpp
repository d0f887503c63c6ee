// SPDX-License-Identifier: Apache-2.0
// Asks for cache lines ahead of their use. Any thread.
#pragma once

namespace dialplane {

/// Asks for the cache line of a byte, which need not exist. An instruction by name: GCC 12 takes a function that does
/// nothing but __builtin_prefetch for one without effect and leaves out the calls to it, and so all prefetches.
inline void prefetch_line(const void* byte) noexcept {
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(byte)));
}

}  // namespace dialplane
