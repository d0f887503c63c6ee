// SPDX-License-Identifier: Apache-2.0
// Placing a request that nothing binds yet: what is hashed, and which backend the policy names. Runs on workers.
#pragma once

#include "affinity.hpp"

#include "dialplane/balance/policy.hpp"

namespace dialplane::pipeline {

/// The hash that places this request in the pool, by the pool's key for its method.
std::uint64_t placement_hash(Stage stage, const snapshot::Pool& pool) noexcept;

/// The backend that the pool's policy picks for this hash; position kNoIndex: nobody takes new dialogs.
Choice choose_by_policy(Stage stage, const snapshot::Pool& pool, std::uint64_t hash, balance::PickMode mode) noexcept;

/// Decides that a request goes to this backend of the pool.
void send_to_backend(Stage stage, PoolIndex pool, std::uint16_t position, SteeredBy how) noexcept;

}  // namespace dialplane::pipeline
