// SPDX-License-Identifier: Apache-2.0
// What the pool's policy says of a request that nothing binds yet. Runs on workers.
#pragma once

#include "stages.hpp"

#include "dialplane/balance/policy.hpp"

#include <span>

namespace dialplane::pipeline {

/// Picks by the pool's plan among those with usable[i] != 0. A dry run leaves no trace in the worker's memory.
balance::Pick pick_by_plan(Stage stage, const snapshot::Pool& pool, std::span<const std::uint8_t> usable,
                           std::uint64_t hash, balance::PickMode mode) noexcept;

constexpr SteeredBy steered_by(balance::PickedAs as) noexcept {
  if (as == balance::PickedAs::kFirst) return SteeredBy::kPolicy;
  return as == balance::PickedAs::kSecond ? SteeredBy::kSecondChoice : SteeredBy::kWinner;
}

}  // namespace dialplane::pipeline
