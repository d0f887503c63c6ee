// SPDX-License-Identifier: Apache-2.0
// Spreads the turns of a round. Build thread.
#include "dialplane/balance/turns.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace dialplane::balance {
namespace {

/// Turns of each member in one round.
std::vector<std::uint64_t> counts_of(std::span<const Member> members) {
  std::uint64_t divisor = 0;
  std::uint64_t sum = 0;
  for (const Member& m : members) {
    divisor = std::gcd(divisor, std::uint64_t{m.weight});
    sum += m.weight;
  }
  std::vector<std::uint64_t> counts(members.size());
  if (divisor == 0) return counts;
  const bool is_short = sum <= divisor * Turns::kLongestRound;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::uint64_t weight = members[i].weight;
    if (weight == 0) continue;
    counts[i] =
        is_short ? weight / divisor : std::max<std::uint64_t>(1, (weight * Turns::kLongestRound + sum / 2) / sum);
  }
  return counts;
}

}  // namespace

std::shared_ptr<const Turns> Turns::build(std::span<const Member> members) {
  struct Turn {
    std::uint64_t nth;    ///< of its member, doubled and one more: the middle of its part of the round
    std::uint64_t count;  ///< of its member
    BackendId id;
    std::uint16_t position;
  };
  const std::vector<std::uint64_t> counts = counts_of(members);
  std::vector<Turn> turns;
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::uint64_t n = 0; n < counts[i]; ++n) {
      turns.push_back({2 * n + 1, counts[i], members[i].id, static_cast<std::uint16_t>(i)});
    }
  }
  std::ranges::sort(turns, [](const Turn& a, const Turn& b) {
    return std::tuple(a.nth * b.count, a.id) < std::tuple(b.nth * a.count, b.id);
  });
  auto result = std::make_shared<Turns>();
  result->members_.assign(members.begin(), members.end());
  for (const Turn& turn : turns) result->order_.push_back(turn.position);
  return result;
}

}  // namespace dialplane::balance
