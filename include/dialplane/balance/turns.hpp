// SPDX-License-Identifier: Apache-2.0
// The order in which `round-robin` gives out dialogs. Built on the build thread, immutable after.
#pragma once

#include "dialplane/balance/slot_table.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dialplane::balance {

/// Positions of members in turn. Each has its weight's share of one round, evenly spread over it.
class Turns {
 public:
  /// Rounds as short as the weights allow; where that is more than kLongestRound turns, shares are rounded to it and
  /// every member that has a weight keeps at least one turn.
  static std::shared_ptr<const Turns> build(std::span<const Member> members);
  static constexpr std::size_t kLongestRound = 65'536;

  [[nodiscard]] std::size_t size() const noexcept { return order_.size(); }
  /// Whose turn it is. Precondition: size() is not 0.
  [[nodiscard]] std::uint16_t at(std::uint32_t turn) const noexcept { return order_[turn % order_.size()]; }
  [[nodiscard]] std::span<const Member> members() const noexcept { return members_; }

 private:
  std::vector<std::uint16_t> order_;
  std::vector<Member> members_;
};

}  // namespace dialplane::balance
