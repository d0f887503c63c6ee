// SPDX-License-Identifier: Apache-2.0
// Hands the pool as it is now to its policy. Runs on workers.
#include "pick.hpp"

namespace dialplane::pipeline {

balance::Pick pick_by_plan(Stage stage, PoolIndex index, std::uint64_t hash, balance::PickMode mode) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto& pool = snapshot.pools[index.value];
  if (mode == balance::PickMode::kMessageOnly || !pool.plan.is_sticky_by_table_only()) {
    const auto first = pool.table->choices(pool.table->slot_of(hash)).first;
    if (first != kNoIndex && pool.usable_new[first] != 0) return {first, balance::PickedAs::kFirst};
  }
  const balance::Standing standing{pool.usable_new, {}, pool.cells, *snapshot.backend_states};
  auto& memory = context.pools.of(index.value, hash);
  if (!context.dry_run) return balance::pick(pool.plan, standing, hash, mode, context.now_ms, memory);
  auto copy = memory;
  return balance::pick(pool.plan, standing, hash, mode, context.now_ms, copy);
}

}  // namespace dialplane::pipeline
