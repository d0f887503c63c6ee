// SPDX-License-Identifier: Apache-2.0
// How the backends of a pool are checked, as plain values. Built by the loader; immutable after.
#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dialplane::config {

/// UDP port that probes leave from where the file names none.
inline constexpr std::uint16_t kProbePort = 5059;

enum class Probe : std::uint8_t { kOptions, kNone };

/// The final responses to a probe that mean health, by code.
class HealthCodes {
 public:
  static constexpr std::size_t kEnd = 700;
  /// Every final response but 408, 500, 503 and 504.
  HealthCodes();
  /// Reads entries like "200", "2xx", "!503", "!5xx", each overruling those before it. Where the first one is negative
  /// they are exceptions from all. Errors: nullopt, and `wrong` is the position of the first entry that is none.
  static std::optional<HealthCodes> parse(std::span<const std::string> entries, std::size_t& wrong);

  [[nodiscard]] bool is_healthy(unsigned status) const noexcept { return status < kEnd && healthy_[status]; }
  [[nodiscard]] bool any() const noexcept { return healthy_.any(); }
  friend bool operator==(const HealthCodes&, const HealthCodes&) = default;

 private:
  std::bitset<kEnd> healthy_;
};

/// What a backend may set for itself.
struct ProbeSettings {
  Probe probe = Probe::kOptions;
  std::chrono::milliseconds interval{2000};
  std::chrono::milliseconds timeout{500};
  std::uint16_t fall = 3;  ///< failures in a row that make it `down`
  std::uint16_t rise = 2;  ///< good answers in a row that make it `up` again
  HealthCodes codes;
  friend bool operator==(const ProbeSettings&, const ProbeSettings&) = default;
};

struct Health {
  ProbeSettings probing;
  double panic = 0.3;
  std::chrono::milliseconds panic_hold{10'000};
  std::chrono::milliseconds hold_down{30'000};
  std::chrono::milliseconds slow_start{10'000};
  std::chrono::milliseconds linger{4 * 3'600'000};
  friend bool operator==(const Health&, const Health&) = default;
};

}  // namespace dialplane::config
