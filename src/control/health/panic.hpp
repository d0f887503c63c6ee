// SPDX-License-Identifier: Apache-2.0
// The panic rule and the slow start of one pool, as functions of its members' states. No clock. Control thread.
#pragma once

#include "dialplane/config/health.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace dialplane::control {

/// A member as the rule sees it: one that is `ready` and has a weight.
struct PanicMember {
  bool is_down = false;
  bool is_silent = false;        ///< `down` because nothing came from it
  bool answers_traffic = false;  ///< though probes say otherwise
  bool in_panic = false;         ///< out: use it all the same
};

class PanicRule {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Judges the pool and sets `in_panic` of every member.
  void judge(const config::Health& settings, std::span<PanicMember> members, Time now);
  /// Since when too few members are healthy; none: enough are, or not one is.
  [[nodiscard]] std::optional<Time> since() const noexcept { return since_; }

 private:
  std::optional<Time> since_;
};

/// The share of its new dialogs that a backend gets this long after its return: a sixteenth more in each sixteenth of
/// `slow_start`, from one sixteenth on.
std::uint16_t share_after(std::chrono::steady_clock::duration since_return, std::chrono::milliseconds slow_start);

}  // namespace dialplane::control
