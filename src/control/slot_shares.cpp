// SPDX-License-Identifier: Apache-2.0
// Counting slots per backend. Control thread.
#include "slot_shares.hpp"

#include <algorithm>

namespace dialplane::control {

const std::vector<double>& SlotShares::of(const std::shared_ptr<const balance::SlotTable>& table) {
  for (const auto& entry : entries_) {
    if (entry->table.lock() == table) return entry->shares;
  }
  std::erase_if(entries_, [](const auto& entry) { return entry->table.expired(); });
  auto entry = std::make_unique<Entry>();
  entry->table = table;
  std::vector<std::uint64_t> counts(table->members().size());
  for (std::size_t slot = 0; slot < table->size(); ++slot) {
    const auto first = table->choices(slot).first;
    if (first < counts.size()) ++counts[first];
  }
  const auto slots = static_cast<double>(std::max<std::size_t>(table->size(), 1));
  for (const auto count : counts) entry->shares.push_back(static_cast<double>(count) / slots);
  entries_.push_back(std::move(entry));
  return entries_.back()->shares;
}

}  // namespace dialplane::control
