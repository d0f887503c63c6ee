// SPDX-License-Identifier: Apache-2.0
// The share of slots each backend holds, counted once per table: a walk of a million slots is too long for every
// `show backends`. Control thread.
#pragma once

#include "dialplane/balance/slot_table.hpp"

#include <memory>
#include <vector>

namespace dialplane::control {

class SlotShares {
 public:
  /// First choices of each member as a share of all slots, in the order of the members.
  const std::vector<double>& of(const std::shared_ptr<const balance::SlotTable>& table);

 private:
  struct Entry {
    std::weak_ptr<const balance::SlotTable> table;
    std::vector<double> shares;
  };
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace dialplane::control
