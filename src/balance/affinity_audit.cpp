// SPDX-License-Identifier: Apache-2.0
// The recount of the affinity table. Control thread.
//
// Counts move while a round goes on. An entry is seen once, so each change during the round can make the recount differ
// from the count by one at most. What differs by more is an error, and at least the excess of it is put right.
#include "dialplane/balance/affinity_audit.hpp"

#include <algorithm>
#include <cstdlib>

namespace dialplane::balance {

AffinityAudit::AffinityAudit(AffinityTable& table, BackendStates& states)
    : table_(table), states_(states), counts_(kMaxBackendCells) {
  begin();
}

void AffinityAudit::begin() noexcept {
  entries_.fill(0);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const BackendCell cell(static_cast<std::uint16_t>(i));
    counts_[i].found.fill(0);
    for (std::size_t h = 0; h < kHoldings; ++h) counts_[i].changes[h] = states_.changes(cell, static_cast<Holding>(h));
  }
}

void AffinityAudit::judge() noexcept {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const BackendCell cell(static_cast<std::uint16_t>(i));
    for (std::size_t h = 0; h < kHoldings; ++h) {
      const auto what = static_cast<Holding>(h);
      const auto level = states_.level(cell, what);
      const auto moved = static_cast<std::int64_t>(states_.changes(cell, what) - counts_[i].changes[h]);
      const auto surplus = level - static_cast<std::int64_t>(counts_[i].found[h]);
      const auto excess = std::abs(surplus) - moved;
      if (excess <= 0) continue;
      states_.correct(states_.control_writer(), cell, what, surplus > 0 ? excess : -excess);
      figures_.corrected += static_cast<std::uint64_t>(excess);
    }
  }
  figures_.entries = entries_;
  ++figures_.rounds;
}

void AffinityAudit::step(std::size_t sets, std::uint64_t now_ms, const AffinityAges& ages) noexcept {
  const AffinityTable::Moment when{now_ms, now_ms * 1000, ages};
  const AffinityTable::Writer writer{states_, states_.control_writer()};
  for (std::size_t done = 0; done < sets; ++done) {
    figures_.freed += table_.sweep(next_set_, when, writer, [this](AffinityState state, BackendCell cell) {
      ++entries_[static_cast<std::size_t>(state)];
      for (std::size_t h = 0; h < kHoldings; ++h) {
        const bool counts = AffinityTable::counts_as(state, static_cast<Holding>(h));
        counts_[cell.value].found[h] += counts ? 1 : 0;
      }
    });
    if (++next_set_ < table_.set_count()) continue;
    next_set_ = 0;
    judge();
    begin();
  }
}

}  // namespace dialplane::balance
