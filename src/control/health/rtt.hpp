// SPDX-License-Identifier: Apache-2.0
// Round trip times of the last probes of one backend. Control thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace dialplane::control {

class RoundTrips {
 public:
  static constexpr std::size_t kKept = 128;

  void add(std::uint32_t took_us) {
    times_us_[count_++ % kKept] = took_us;
    last_us_ = took_us;
  }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::uint32_t last_us() const noexcept { return last_us_; }
  [[nodiscard]] std::uint32_t average_us() const {
    const auto end = times_us_.begin() + static_cast<std::ptrdiff_t>(kept());
    return empty() ? 0 : static_cast<std::uint32_t>(std::accumulate(times_us_.begin(), end, std::uint64_t{0}) / kept());
  }
  /// The least time that `percent` of a hundred did not exceed; 0 if there is none.
  [[nodiscard]] std::uint32_t percentile_us(unsigned percent) const {
    if (empty()) return 0;
    auto sorted = times_us_;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(kept());
    const auto rank = (kept() * percent + 99) / 100;
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(sorted.begin(), at, end);
    return *at;
  }

 private:
  [[nodiscard]] std::size_t kept() const noexcept { return std::min(count_, kKept); }

  std::array<std::uint32_t, kKept> times_us_{};
  std::size_t count_ = 0;
  std::uint32_t last_us_ = 0;
};

}  // namespace dialplane::control
