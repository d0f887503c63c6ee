// SPDX-License-Identifier: Apache-2.0
// Checks of what a pool's policy can use: bounded load, tiers, slots. Build or control thread.
#include "checks.hpp"

#include <bit>

namespace dialplane::config {
namespace {

bool has_table_by_hash(Policy policy) noexcept {
  return policy == Policy::kRendezvous || policy == Policy::kMaglev || policy == Policy::kPriority;
}

void check_tiers(const Checks& checks, const Pool& pool, const std::string& path) {
  if (pool.policy == Policy::kPriority) return;
  for (std::size_t i = 0; i < pool.backends.size(); ++i) {
    const std::string tier = fmt::format("{}.backend[{}].tier", path, i);
    if (!checks.where.has(tier)) continue;
    checks.add(tier, fmt::format("`tier` means nothing under the policy of pool \"{}\"", pool.name),
               "take it out, or set policy = \"priority\"");
  }
}

}  // namespace

void check_policies(const Checks& checks) {
  for (std::size_t i = 0; i < checks.config.pools.size(); ++i) {
    const Pool& pool = checks.config.pools[i];
    const std::string path = fmt::format("pool[{}]", i);
    if (pool.slots != 0 && !std::has_single_bit(pool.slots)) {
      checks.add(path + ".slots", fmt::format("{} is not a power of two", pool.slots),
                 fmt::format("give {} or {}", std::bit_ceil(pool.slots), std::bit_floor(pool.slots)));
    }
    if (pool.load_permille != 0 && !has_table_by_hash(pool.policy)) {
      checks.add(path + ".max_load_factor",
                 fmt::format("`max_load_factor` means nothing under the policy of pool \"{}\"", pool.name),
                 "take it out, or choose `rendezvous`, `maglev` or `priority`");
    }
    check_tiers(checks, pool, path);
  }
}

}  // namespace dialplane::config
