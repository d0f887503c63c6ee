// SPDX-License-Identifier: Apache-2.0
// Members without a next hop wait. Whoever builds a snapshot.
#include "reachability.hpp"

#include <algorithm>

namespace dialplane::snapshot {

void await_next_hops(Pool& pool, const NextHopTable& hops) {
  auto reachable = pool.usable_new;
  for (std::size_t i = 0; i < reachable.size(); ++i) {
    const auto hop = hops.find(pool.backends[i].address.ip);
    if (hop.status != NextHopTable::Hop::Status::kResolved) reachable[i] = 0;
  }
  if (std::ranges::any_of(reachable, [](std::uint8_t usable) { return usable != 0; })) {
    pool.usable_new = std::move(reachable);
  }
}

}  // namespace dialplane::snapshot
