// SPDX-License-Identifier: Apache-2.0
// The state of one backend as a function of time and of what its probes came to. No clock, no packets: both are passed
// in. Control thread.
#pragma once

#include "dialplane/config/health.hpp"
#include "dialplane/snapshot/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dialplane::control {

/// Why a backend is in its observed state.
enum class HealthReason : std::uint8_t {
  kNotProbed,    ///< no probe has come to an end yet
  kProbesOff,    ///< `probe = "none"`
  kMaintenance,  ///< `maint` is not probed
  kNoSource,     ///< no address of ours has its address family
  kAnswered,     ///< with a code that means health
  kCode,         ///< with one that does not
  kSilent,       ///< not in time
  kUnreachable,  ///< the network says that it cannot be reached
  kUnresolved,   ///< no MAC address or no route
  kSuspected,    ///< traffic looks bad, and probes decide
  kTraffic,      ///< probes fail, and it answers real traffic
};
std::string_view health_reason_text(HealthReason reason) noexcept;

/// What one probe came to.
struct ProbeResult {
  HealthReason why = HealthReason::kSilent;  ///< kAnswered, kCode, kSilent, kUnreachable or kUnresolved
  std::uint16_t status = 0;                  ///< of an answer
};

class HealthCheck {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `phase`, 0 to 1, spreads the first probes of many backends over a quarter of their interval.
  HealthCheck(const config::ProbeSettings& settings, std::chrono::milliseconds hold_down, double phase, Time now);

  /// Takes new settings over; the state stays, but for probes turned off.
  void configure(const config::ProbeSettings& settings, std::chrono::milliseconds hold_down, Time now);
  /// Stops the probes, for a reason that becomes the state's, or starts them again.
  void pause(HealthReason why, Time now);
  void resume(Time now);

  [[nodiscard]] bool is_due(Time now) const noexcept { return !is_paused_ && !deadline_ && now >= next_; }
  /// A probe went out. `jitter`, 0 to 1, places the next one within a quarter of the interval round its time.
  void sent(Time now, double jitter);
  /// When the probe under way has failed; none: there is none.
  [[nodiscard]] std::optional<Time> deadline() const noexcept { return deadline_; }
  /// The probe under way ended. `answers_traffic`: it lately answered real traffic, so silence alone does not count.
  void ended(ProbeResult result, bool answers_traffic, Time now);
  /// Traffic looks bad: asks at once and a few times more. Nothing while the last such look is not an interval old.
  void suspect(Time now);

  [[nodiscard]] snapshot::ObservedState state() const noexcept { return state_; }
  [[nodiscard]] HealthReason reason() const noexcept { return reason_; }
  [[nodiscard]] std::uint16_t status() const noexcept { return status_; }
  [[nodiscard]] Time since() const noexcept { return since_; }
  [[nodiscard]] std::uint64_t transitions() const noexcept { return transitions_; }
  [[nodiscard]] std::uint32_t failures() const noexcept { return failures_; }
  /// `down` because nothing came from it, not because it or the network said so.
  [[nodiscard]] bool is_down_by_silence() const noexcept;
  /// Until when it stays `down` whatever it answers.
  [[nodiscard]] Time held_until() const noexcept { return held_until_; }
  /// When it last came back from `down` or from a pause; none: it did not.
  [[nodiscard]] std::optional<Time> returned_at() const noexcept { return returned_at_; }
  /// "answered 200", "no answer within 500ms", for people.
  [[nodiscard]] std::string reason_text() const;

 private:
  void enter(snapshot::ObservedState state, HealthReason reason, std::uint16_t status, Time now);
  void succeed(ProbeResult result, Time now);
  void fail(ProbeResult result, bool answers_traffic, Time now);
  void go_down(ProbeResult result, Time now);

  config::ProbeSettings settings_;
  std::chrono::milliseconds hold_down_;
  snapshot::ObservedState state_ = snapshot::ObservedState::kUnknown;
  HealthReason reason_ = HealthReason::kNotProbed;
  std::uint16_t status_ = 0;
  Time since_;
  Time next_;
  std::optional<Time> deadline_;
  bool is_paused_ = false;
  std::uint32_t failures_ = 0;   ///< in a row
  std::uint32_t successes_ = 0;  ///< in a row
  std::uint32_t burst_ = 0;      ///< probes left of a closer look
  Time next_suspicion_;
  std::optional<Time> returned_at_;
  std::optional<Time> recovered_at_;  ///< from `down`
  Time held_until_;
  std::chrono::milliseconds hold_{0};  ///< of the present or last time it was down
  std::uint64_t transitions_ = 0;
};

}  // namespace dialplane::control
