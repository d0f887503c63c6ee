// SPDX-License-Identifier: Apache-2.0
// Hands the pool as it is now to its policy. Runs on workers.
#include "pick.hpp"

namespace dialplane::pipeline {

balance::Pick pick_by_plan(Stage stage, const snapshot::Pool& pool, std::span<const std::uint8_t> usable,
                           std::uint64_t hash, balance::PickMode mode) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (mode == balance::PickMode::kMessageOnly || !pool.plan.is_sticky_by_table_only()) {
    const auto first = pool.table->choices(pool.table->slot_of(hash)).first;
    const bool takes_all = first != kNoIndex && usable[first] != 0 && pool.share[first] == balance::kWholeShare;
    if (takes_all) return {first, balance::PickedAs::kFirst};
  }
  const balance::Standing standing{usable, pool.share, pool.cells, *snapshot.backend_states};
  auto& memory = context.pools.of(static_cast<std::uint16_t>(&pool - snapshot.pools.data()), hash);
  if (!context.dry_run) return balance::pick(pool.plan, standing, hash, mode, context.now_ms, memory);
  auto copy = memory;
  return balance::pick(pool.plan, standing, hash, mode, context.now_ms, copy);
}

}  // namespace dialplane::pipeline
