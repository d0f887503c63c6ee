// SPDX-License-Identifier: Apache-2.0
// Building the next-hop table. Any thread.
#include "next_hops.hpp"

#include <algorithm>

namespace dialplane::control {

std::shared_ptr<const snapshot::NextHopTable> build_next_hops(const config::Config& config,
                                                              const NeighborhoodTables& kernel) {
  auto hops = snapshot::static_hops(config);
  auto routes = kernel.routes();
  auto neighbors = kernel.usable_neighbors();
  routes.insert(routes.end(), hops.routes.begin(), hops.routes.end());
  neighbors.insert(neighbors.end(), hops.neighbors.begin(), hops.neighbors.end());
  return std::make_shared<const snapshot::NextHopTable>(std::move(routes), std::move(neighbors));
}

bool is_same(const snapshot::NextHopTable& a, const snapshot::NextHopTable& b) {
  return std::ranges::equal(a.routes(), b.routes()) && std::ranges::equal(a.neighbors(), b.neighbors());
}

}  // namespace dialplane::control
