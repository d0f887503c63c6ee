// SPDX-License-Identifier: Apache-2.0
// Latencies in log-linear buckets: 32 per power of two, so a value is known to 3 %. One writer; read after it stopped.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace dialplane::gen {

class Histogram {
 public:
  /// Counts one value. Units: any, up to 2^48; larger ones land in the last bucket. Cost: no loop, no allocation.
  void add(std::uint64_t value) noexcept {
    ++buckets_[bucket_of(value)];
    ++count_;
    sum_ += value;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  [[nodiscard]] double mean() const noexcept {
    return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }

  /// The upper end of the bucket that holds the `share` quantile (0.99), never above max(); 0 if empty.
  [[nodiscard]] std::uint64_t quantile(double share) const noexcept {
    auto left = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      if (buckets_[i] > left) return std::min(upper_end(i), max_);
      left -= buckets_[i];
    }
    return max_;
  }

 private:
  static constexpr unsigned kSubBits = 5;
  static constexpr std::uint64_t kSub = 1U << kSubBits;
  static constexpr unsigned kMaxBits = 48;
  static constexpr std::size_t kBuckets = (kMaxBits - kSubBits + 1) * kSub;

  static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < kSub) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
    const auto at = (static_cast<std::size_t>(shift) << kSubBits) + static_cast<std::size_t>(value >> shift);
    return std::min(at, kBuckets - 1);
  }
  static constexpr std::uint64_t upper_end(std::size_t bucket) noexcept {
    if (bucket < 2 * kSub) return bucket;
    const auto shift = (bucket >> kSubBits) - 1;
    return (((bucket & (kSub - 1)) + kSub + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max_ = 0;
};

}  // namespace dialplane::gen
