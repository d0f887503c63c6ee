// SPDX-License-Identifier: Apache-2.0
// Fills Maglev's table. Build thread.
#include "maglev.hpp"

#include "scores.hpp"

#include <algorithm>
#include <array>

namespace dialplane::balance {
namespace {

/// The first primes above 2^10 … 2^20.
constexpr std::array<std::size_t, 11> kSizes = {1031,   2053,    4099,    8209,    16'411,   32'771,
                                                65'537, 131'101, 262'147, 524'309, 1'048'583};
constexpr std::size_t kUsualSize = 65'537;
constexpr std::size_t kSlotsPerMember = 100;

struct Walker {
  Member member;
  std::uint16_t position = kNoIndex;
  std::size_t at = 0;
  std::size_t step = 0;
  std::uint64_t turns = 0;
};

std::vector<Walker> walkers_of(std::span<const Member> members, std::span<const std::uint64_t> seeds,
                               std::size_t size) {
  std::vector<Walker> walkers;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].weight == 0) continue;
    const std::uint64_t start = mix(seeds[i]);
    const std::uint64_t step = mix(start ^ seeds[i]);
    walkers.push_back({members[i], static_cast<std::uint16_t>(i), start % size, step % (size - 1) + 1, 0});
  }
  // The order of turns must not depend on the order of the file.
  std::ranges::sort(walkers, {}, [](const Walker& walker) { return walker.member.id; });
  return walkers;
}

}  // namespace

std::size_t maglev_size(std::size_t members, std::size_t wanted) noexcept {
  const std::size_t least = wanted != 0 ? wanted : std::max(kUsualSize, members * kSlotsPerMember);
  const auto* const found = std::ranges::lower_bound(kSizes, least);
  return found == kSizes.end() ? kSizes.back() : *found;
}

std::vector<std::uint16_t> maglev_owners(std::span<const Member> members, std::span<const std::uint64_t> seeds,
                                         std::size_t size) {
  std::vector<std::uint16_t> owners(size, kNoIndex);
  std::vector<Walker> walkers = walkers_of(members, seeds, size);
  if (walkers.empty()) return owners;
  std::uint64_t heaviest = 0;
  for (const Walker& walker : walkers) heaviest = std::max<std::uint64_t>(heaviest, walker.member.weight);
  std::size_t left = size;
  for (std::uint64_t round = 1; left != 0; ++round) {
    for (Walker& walker : walkers) {
      // The heaviest take a slot each round, the others when their share of the rounds has come to one.
      if ((walker.turns + 1) * heaviest > round * walker.member.weight) continue;
      ++walker.turns;
      while (owners[walker.at] != kNoIndex) walker.at = (walker.at + walker.step) % size;
      owners[walker.at] = walker.position;
      if (--left == 0) break;
    }
  }
  return owners;
}

}  // namespace dialplane::balance
