// SPDX-License-Identifier: Apache-2.0
// Keeps the affinity table and the facts of backends true: audits the table in small steps, renews shares of own
// responses. Control thread.
#pragma once

#include "round_pace.hpp"

#include "dialplane/balance/affinity_audit.hpp"

#include <cstdint>
#include <memory>

namespace dialplane::control {

class AffinityKeeper {
 public:
  AffinityKeeper(std::shared_ptr<balance::AffinityTable> table, std::shared_ptr<balance::BackendStates> states);

  /// Does what is due at this time of the workers' clock. Cost: a few microseconds, at the end of a round one or two
  /// milliseconds.
  void turn(std::uint64_t now_ms, const balance::AffinityAges& ages) noexcept;

  [[nodiscard]] const balance::AffinityAudit::Figures& figures() const noexcept { return audit_.figures(); }
  [[nodiscard]] const balance::AffinityTable& table() const noexcept { return *table_; }

 private:
  std::shared_ptr<balance::AffinityTable> table_;
  std::shared_ptr<balance::BackendStates> states_;
  balance::AffinityAudit audit_;
  RoundPace pace_;
  std::uint64_t stepped_ms_ = 0;
  std::uint64_t renewed_ms_ = 0;
};

}  // namespace dialplane::control
