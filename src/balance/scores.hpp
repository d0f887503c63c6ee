// SPDX-License-Identifier: Apache-2.0
// Weighted rendezvous scores in integer arithmetic: who wins a slot. Used when a table is filled and, on workers, where
// the table's choices do not serve.
//
// A member's draw for a slot is a 64-bit hash, read as a number u in (0, 1]; the smallest -log2(u) / weight wins, which
// gives each member its weight's share of the slots. Costs are compared by cross multiplication, so nothing is rounded
// after the logarithm. Among members of equal weight the larger draw wins: the same order, without the logarithm.
#pragma once

#include "dialplane/balance/slot_table.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace dialplane::balance {

__extension__ using Uint128 = unsigned __int128;

inline constexpr int kFractionBits = 48;
inline constexpr int kTableBits = 8;
inline constexpr std::size_t kTableSize = std::size_t{1} << kTableBits;

// log2(1 + i / kTableSize), kFractionBits after the point: each squaring of x shifts the next bit of its logarithm out.
constexpr std::uint64_t log2_of_step(std::size_t i) noexcept {
  constexpr std::uint64_t kOne = std::uint64_t{1} << 62;
  std::uint64_t x = kOne + (kOne >> kTableBits) * i;
  std::uint64_t result = 0;
  for (int bit = kFractionBits - 1; bit >= 0; --bit) {
    x = static_cast<std::uint64_t>((static_cast<Uint128>(x) * x) >> 62);
    if (x >= 2 * kOne) {
      result |= std::uint64_t{1} << bit;
      x >>= 1;
    }
  }
  return result;
}

constexpr std::array<std::uint64_t, kTableSize + 1> make_log2_table() noexcept {
  std::array<std::uint64_t, kTableSize + 1> table{};
  for (std::size_t i = 0; i < kTableSize; ++i) table[i] = log2_of_step(i);
  table[kTableSize] = std::uint64_t{1} << kFractionBits;
  return table;
}

inline constexpr auto kLog2Table = make_log2_table();

// -log2(draw / 2^64), kFractionBits after the point; never rises with the draw.
constexpr std::uint64_t negative_log2(std::uint64_t draw) noexcept {
  const std::uint64_t x = draw | 1;
  const int zeros = std::countl_zero(x);
  const std::uint64_t below_point = x << zeros << 1;
  const std::size_t step = below_point >> (64 - kTableBits);
  const std::uint64_t within = below_point << kTableBits;
  const std::uint64_t rise = kLog2Table[step + 1] - kLog2Table[step];
  const auto log2 = kLog2Table[step] + static_cast<std::uint64_t>((static_cast<Uint128>(rise) * within) >> 64);
  return ((static_cast<std::uint64_t>(zeros) + 1) << kFractionBits) - log2;
}

constexpr std::uint64_t mix(std::uint64_t v) noexcept {
  v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9U;
  v = (v ^ (v >> 27)) * 0x94d049bb133111ebU;
  return v ^ (v >> 31);
}

// Shared by all members of a slot, so that a score costs one mix.
constexpr std::uint64_t slot_word(std::size_t slot) noexcept { return mix(slot + 0x9e3779b97f4a7c15U); }

constexpr std::uint64_t draw_of(std::uint64_t seed, std::uint64_t slot_mixed) noexcept {
  return mix(seed ^ slot_mixed);
}

struct Candidate {
  std::uint64_t draw = 0;
  std::uint64_t cost = 0;
  BackendId id;
  std::uint32_t weight = 0;
  std::uint16_t position = kNoIndex;
};

// A total order: cost over weight, then draw, then id. Weight 0 stands for "nobody yet".
inline bool ahead(const Candidate& a, const Candidate& b) noexcept {
  if (b.weight == 0) return a.weight != 0;
  const Uint128 left = static_cast<Uint128>(a.cost) * b.weight;
  const Uint128 right = static_cast<Uint128>(b.cost) * a.weight;
  if (left != right) return left < right;
  if (a.draw != b.draw) return a.draw > b.draw;
  return a.id < b.id;
}

inline Candidate make_candidate(std::uint64_t draw, const Member& member, std::size_t position) noexcept {
  return {draw, negative_log2(draw), member.id, member.weight, static_cast<std::uint16_t>(position)};
}

/// The winner of a slot among the members that `admits(position)`; kNoIndex if there is none.
template <class Admits>
std::uint16_t winner_among(const SlotTable& table, std::size_t slot, Admits admits) noexcept {
  const std::span<const Member> members = table.members();
  const std::span<const std::uint64_t> seeds = table.seeds();
  Candidate best;
  const std::uint64_t slot_mixed = slot_word(slot);
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].weight == 0 || !admits(static_cast<std::uint16_t>(i))) continue;
    const std::uint64_t draw = draw_of(seeds[i], slot_mixed);
    // Among equal weights the draw decides, which spares most logarithms.
    if (members[i].weight == best.weight && draw < best.draw) continue;
    const Candidate candidate = make_candidate(draw, members[i], i);
    if (ahead(candidate, best)) best = candidate;
  }
  return best.position;
}

}  // namespace dialplane::balance
