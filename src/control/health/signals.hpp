// SPDX-License-Identifier: Apache-2.0
// What traffic tells of one backend: figures of a second against what is usual. They never judge; they ask for probes.
// No clock. Control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::control {

/// Counts since the start, and what is true now.
struct TrafficFigures {
  std::uint64_t requests = 0;   ///< forwarded to it
  std::uint64_t responses = 0;  ///< received from it
  std::uint64_t retransmissions = 0;
  std::uint32_t latency_us = 0;
  std::uint64_t unheard = 0;  ///< messages sent since it was last heard
};

class TrafficSignals {
 public:
  /// Takes the figures of the second that ends now. Returns what looks bad, a word for the log; none: nothing does, or
  /// there was too little traffic to tell.
  std::optional<std::string_view> look(const TrafficFigures& now);

 private:
  TrafficFigures before_;
  bool has_before_ = false;
  double usual_latency_us_ = 0;
};

}  // namespace dialplane::control
