// SPDX-License-Identifier: Apache-2.0
// What the tables cost and whether nodes agree on them. Main thread.
#pragma once

#include <cstddef>

namespace dialplane::perf {

/// Units: ms of this thread's CPU time, the least of some builds; bytes; ns.
struct TableCost {
  std::size_t slots = 0;
  std::size_t bytes = 0;
  double full_build_ms = 0;
  double one_joined_ms = 0;
  double one_left_ms = 0;
  double one_weight_rose_ms = 0;
  double one_weight_fell_ms = 0;
  double lookup_ns = 0;  ///< hash to first choice, hashes at random
};
TableCost table_cost(std::size_t backends);

/// Reads files that name the backends in several orders, on two nodes, and builds snapshots from them; also from each
/// other, as a reload does. True if all tables have one checksum.
bool nodes_agree(std::size_t backends);

}  // namespace dialplane::perf
