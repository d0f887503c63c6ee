// SPDX-License-Identifier: Apache-2.0
// The clockwork of the audit. Control thread.
#include "affinity_keeper.hpp"

#include <utility>

namespace dialplane::control {

namespace {

/// A round of the whole table takes this long at most; also how late a count may follow an entry that grew too old.
constexpr std::uint64_t kRound_ms = 30'000;
constexpr std::uint64_t kStep_ms = 10;
constexpr std::uint64_t kRenewal_ms = 1000;
/// Most sets of one step: 2 MiB of table.
constexpr std::uint64_t kMostSets = 16'384;

}  // namespace

AffinityKeeper::AffinityKeeper(std::shared_ptr<balance::AffinityTable> table,
                               std::shared_ptr<balance::BackendStates> states)
    : table_(std::move(table)), states_(std::move(states)), audit_(*table_, *states_), pace_(kRound_ms, kMostSets) {}

void AffinityKeeper::turn(std::uint64_t now_ms, const balance::AffinityAges& ages) noexcept {
  if (stepped_ms_ == 0) stepped_ms_ = renewed_ms_ = now_ms;
  if (now_ms - renewed_ms_ >= kRenewal_ms) {
    renewed_ms_ = now_ms;
    states_->renew_ratios();
  }
  const auto passed_ms = now_ms - stepped_ms_;
  if (passed_ms < kStep_ms) return;
  stepped_ms_ = now_ms;
  audit_.step(pace_.step(table_->set_count(), passed_ms), now_ms, ages);
}

}  // namespace dialplane::control
