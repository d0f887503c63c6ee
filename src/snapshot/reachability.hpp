// SPDX-License-Identifier: Apache-2.0
// Which members of a pool a packet can reach at all. Whoever builds a snapshot.
#pragma once

#include "dialplane/snapshot/snapshot.hpp"

namespace dialplane::snapshot {

/// Keeps new dialogs from members whose next hop is not resolved, such as one that has just been added, as long as
/// another member can take them. Where none can, all stay: a packet for them makes the kernel look.
void await_next_hops(Pool& pool, const NextHopTable& hops);

}  // namespace dialplane::snapshot
