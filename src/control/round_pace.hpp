// SPDX-License-Identifier: Apache-2.0
// How far each step of a walk round a table goes, so that a round takes no longer than promised. No clock: the time is
// passed in. Control thread.
#pragma once

#include <algorithm>
#include <cstdint>

namespace dialplane::control {

class RoundPace {
 public:
  /// A round takes `round_ms` at most as long as no step need go further than `most` places.
  RoundPace(std::uint64_t round_ms, std::uint64_t most) noexcept : round_ms_(round_ms), most_(most) {}

  /// Places to go in a table of `size`, `passed_ms` after the last step: one at least. Parts of a place, and what goes
  /// beyond `most`, are owed to the steps that follow, up to a whole round.
  std::uint64_t step(std::uint64_t size, std::uint64_t passed_ms) noexcept {
    owed_ = std::min(owed_ + size * passed_ms, size * round_ms_);
    const auto places = std::clamp<std::uint64_t>(owed_ / round_ms_, 1, most_);
    owed_ -= std::min(owed_, places * round_ms_);
    return places;
  }

 private:
  std::uint64_t round_ms_;
  std::uint64_t most_;
  std::uint64_t owed_ = 0;  ///< Units: places × round_ms
};

}  // namespace dialplane::control
