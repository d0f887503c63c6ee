// SPDX-License-Identifier: Apache-2.0
// Maglev's walk: members take slots in turn, each in an order of its own. Build thread.
// Source: Eisenbud and others, "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, §3.4.
#pragma once

#include "dialplane/balance/slot_table.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dialplane::balance {

/// A prime: at least `wanted`, or 65 537 and 100 for each member.
std::size_t maglev_size(std::size_t members, std::size_t wanted) noexcept;

/// The owner of each slot as a position in `members`; kNoIndex in all if no member has a weight. A member takes turns
/// in proportion to its weight. `size` is prime.
std::vector<std::uint16_t> maglev_owners(std::span<const Member> members, std::span<const std::uint64_t> seeds,
                                         std::size_t size);

}  // namespace dialplane::balance
