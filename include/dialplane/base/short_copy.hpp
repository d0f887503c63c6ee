// SPDX-License-Identifier: Apache-2.0
// Copies the short texts that messages are put together from. Any thread; no allocation.
#pragma once

#include <cstddef>
#include <cstring>

namespace dialplane {

namespace detail {

/// Copies a block of a size known when compiled: one load and one store.
template <std::size_t kSize>
inline void copy_block(char* to, const char* from) noexcept {
  std::memcpy(to, from, kSize);
}

}  // namespace detail

/// Copies `size` bytes between places that do not overlap. Cost: no call; for texts of some ten bytes a call to memcpy
/// costs more than the copy. The last block overlaps the one before, so nothing outside the text is touched.
inline void short_copy(char* to, const char* from, std::size_t size) noexcept {
  if (size >= 16) {
    for (std::size_t at = 0; at + 16 < size; at += 16) detail::copy_block<16>(to + at, from + at);
    detail::copy_block<16>(to + size - 16, from + size - 16);
  } else if (size >= 8) {
    detail::copy_block<8>(to, from);
    detail::copy_block<8>(to + size - 8, from + size - 8);
  } else if (size >= 4) {
    detail::copy_block<4>(to, from);
    detail::copy_block<4>(to + size - 4, from + size - 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
  }
}

}  // namespace dialplane
