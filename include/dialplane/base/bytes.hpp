// SPDX-License-Identifier: Apache-2.0
// Loads and stores on raw bytes, in memory order and big-endian. Any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace dialplane {

using ByteSpan = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

static_assert(std::endian::native == std::endian::little, "the first byte in memory is the lowest of a word");

/// A value from bytes that need not be aligned.
template <class Word>
Word load_as(const void* p) noexcept {
  Word v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline std::uint64_t load_word(const void* p) noexcept { return load_as<std::uint64_t>(p); }
/// Up to eight bytes, zeros above them. The loads overlap, so none goes past the end.
inline std::uint64_t load_short(const void* bytes, std::size_t length) noexcept {
  const auto* const p = static_cast<const std::uint8_t*>(bytes);
  if (length >= 8) return load_word(p);
  if (length >= 4) {
    return load_as<std::uint32_t>(p) | std::uint64_t{load_as<std::uint32_t>(p + length - 4)} << (8 * (length - 4));
  }
  if (length == 0) return 0;
  const std::size_t middle = length / 2;
  const std::size_t last = length - 1;
  return std::uint64_t{p[0]} | std::uint64_t{p[middle]} << (8 * middle) | std::uint64_t{p[last]} << (8 * last);
}

constexpr std::uint16_t load_be16(const std::uint8_t* p) noexcept {
  return static_cast<std::uint16_t>((p[0] << 8) | p[1]);
}
constexpr std::uint32_t load_be32(const std::uint8_t* p) noexcept {
  return (std::uint32_t{p[0]} << 24) | (std::uint32_t{p[1]} << 16) | (std::uint32_t{p[2]} << 8) | p[3];
}
constexpr std::uint64_t load_be64(const std::uint8_t* p) noexcept {
  return (std::uint64_t{load_be32(p)} << 32) | load_be32(p + 4);
}
constexpr void store_be16(std::uint8_t* p, std::uint16_t v) noexcept {
  p[0] = static_cast<std::uint8_t>(v >> 8);
  p[1] = static_cast<std::uint8_t>(v);
}
constexpr void store_be32(std::uint8_t* p, std::uint32_t v) noexcept {
  p[0] = static_cast<std::uint8_t>(v >> 24);
  p[1] = static_cast<std::uint8_t>(v >> 16);
  p[2] = static_cast<std::uint8_t>(v >> 8);
  p[3] = static_cast<std::uint8_t>(v);
}
/// Cost: one store, where g++ makes two of a loop over bytes.
inline void store_be64(std::uint8_t* p, std::uint64_t v) noexcept {
  const auto swapped = __builtin_bswap64(v);
  std::memcpy(p, &swapped, sizeof swapped);
}

}  // namespace dialplane
