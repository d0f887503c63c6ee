// SPDX-License-Identifier: Apache-2.0
// One's complement sums in the byte order of memory (RFC 1071 §2B: the order does not matter until the end), so that
// the packet path swaps once and not per word. Any thread; no allocation.
#pragma once

#include "dialplane/base/simd.hpp"

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace dialplane::net {

static_assert(std::endian::native == std::endian::little, "sums are swapped on output");

using SumKernel = std::uint64_t (*)(const std::uint8_t* data, std::size_t length) noexcept;

/// What sum_words() is for one level, for tests; the processor must have it.
SumKernel sum_kernel(SimdLevel level) noexcept;

namespace detail {
/// Chooses the kernel at its first call.
extern std::atomic<SumKernel> g_sum;
}  // namespace detail

/// Adds `length` bytes as 16-bit words in memory order, an odd last byte padded with zero.
/// Units: not folded; below 2^63, so that a few such sums may be added. Cost: one pass with the widest loads there are.
inline std::uint64_t sum_words(const std::uint8_t* data, std::size_t length) noexcept {
  return detail::g_sum.load(std::memory_order_relaxed)(data, length);
}

/// The two 32-bit halves of eight bytes, added.
constexpr std::uint64_t sum_halves(std::uint64_t v) noexcept { return (v & 0xffffffffU) + (v >> 32); }

/// Folds a sum to 16 bits with end-around carry.
constexpr std::uint16_t fold(std::uint64_t sum) noexcept {
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffffU) + ((sum >> 16) & 0xffffU) + (sum >> 32);
  sum = (sum & 0xffffU) + (sum >> 16);
  sum = (sum & 0xffffU) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

constexpr std::uint16_t swap16(std::uint16_t v) noexcept { return static_cast<std::uint16_t>((v << 8) | (v >> 8)); }

}  // namespace dialplane::net
