// SPDX-License-Identifier: Apache-2.0
// What becomes of the share of a backend that answers slowly. Main thread.
#pragma once

#include "dialplane/balance/policy.hpp"

namespace dialplane::perf {

/// Share of new calls that one of four equal backends gets while its first response takes `answers_ms`; the others
/// answer after 5 ms. 300 calls a second of 5 s each are played through the real policy and the real counts, on a clock
/// of their own.
double share_of_one(balance::Policy policy, unsigned answers_ms);

}  // namespace dialplane::perf
