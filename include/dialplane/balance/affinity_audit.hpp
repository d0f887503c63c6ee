// SPDX-License-Identifier: Apache-2.0
// Walks the affinity table round and round in small steps: frees what is too old, recounts what backends hold, and
// puts right a count that cannot be. Control thread.
#pragma once

#include "dialplane/balance/affinity_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dialplane::balance {

class AffinityAudit {
 public:
  /// What the last whole round found, and what all rounds did.
  struct Figures {
    std::array<std::uint64_t, kAffinityStates> entries{};  ///< by state, in the last whole round
    std::uint64_t rounds = 0;
    std::uint64_t freed = 0;      ///< entries that were too old
    std::uint64_t corrected = 0;  ///< what was put right, summed up
  };

  /// Lifetime: both must outlive the audit.
  AffinityAudit(AffinityTable& table, BackendStates& states);

  /// Looks at the next `sets` sets; a round ends with the last set of the table. Cost: two cache lines a set, and at
  /// the end of a round the counts of every backend.
  void step(std::size_t sets, std::uint64_t now_ms, const AffinityAges& ages) noexcept;
  [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

 private:
  static constexpr std::size_t kHoldings = static_cast<std::size_t>(Holding::kCount);
  struct Count {
    std::array<std::uint64_t, kHoldings> found{};
    std::array<std::uint64_t, kHoldings> changes{};  ///< of the backend when the round began
  };

  void begin() noexcept;
  void judge() noexcept;

  AffinityTable& table_;
  BackendStates& states_;
  std::vector<Count> counts_;
  std::array<std::uint64_t, kAffinityStates> entries_{};
  std::size_t next_set_ = 0;
  Figures figures_;
};

}  // namespace dialplane::balance
