// SPDX-License-Identifier: Apache-2.0
// The rules by which probes change a backend's observed state. Control thread.
#include "check.hpp"

#include "dialplane/base/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dialplane::control {

using snapshot::ObservedState;

namespace {

constexpr std::chrono::milliseconds kShortestBurst{100};
constexpr int kMostHold = 16;

/// From three quarters to five quarters of the interval.
std::chrono::microseconds spread(std::chrono::milliseconds interval, double jitter) {
  return std::chrono::microseconds(
      static_cast<std::int64_t>(static_cast<double>(interval.count()) * 1000.0 * (0.75 + 0.5 * jitter)));
}

}  // namespace

std::string_view health_reason_text(HealthReason reason) noexcept {
  constexpr std::array<std::string_view, 11> kTexts{"not probed yet",
                                                    "probes are off",
                                                    "in maintenance",
                                                    "no probe source of its address family",
                                                    "answered",
                                                    "answered",
                                                    "no answer",
                                                    "unreachable",
                                                    "no route or neighbour",
                                                    "traffic looks bad",
                                                    "probes fail, but it answers traffic"};
  return kTexts[static_cast<std::size_t>(reason)];
}

HealthCheck::HealthCheck(const config::ProbeSettings& settings, std::chrono::milliseconds hold_down, double phase,
                         Time now)
    : settings_(settings), hold_down_(hold_down), since_(now), next_suspicion_(now), held_until_(now) {
  next_ = now + std::chrono::microseconds(static_cast<std::int64_t>(static_cast<double>(settings.interval.count()) *
                                                                    250.0 * std::clamp(phase, 0.0, 1.0)));
  if (settings.probe == config::Probe::kNone) pause(HealthReason::kProbesOff, now);
}

void HealthCheck::configure(const config::ProbeSettings& settings, std::chrono::milliseconds hold_down, Time now) {
  settings_ = settings;
  hold_down_ = hold_down;
  if (is_paused_ && reason_ == HealthReason::kMaintenance) return;
  if (settings.probe == config::Probe::kNone) return pause(HealthReason::kProbesOff, now);
  // Probes were off, or had no source: the change may have brought one.
  if (is_paused_) return resume(now);
  next_ = std::min(next_, now + settings.interval);
}

void HealthCheck::pause(HealthReason why, Time now) {
  if (is_paused_ && reason_ == why) return;
  is_paused_ = true;
  deadline_.reset();
  burst_ = 0;
  enter(ObservedState::kUnknown, why, 0, now);
}

void HealthCheck::resume(Time now) {
  if (!is_paused_) return;
  if (reason_ == HealthReason::kMaintenance) returned_at_ = now;
  if (settings_.probe == config::Probe::kNone) return enter(state_, HealthReason::kProbesOff, 0, now);
  is_paused_ = false;
  failures_ = 0;
  successes_ = 0;
  next_ = now;
  enter(ObservedState::kUnknown, HealthReason::kNotProbed, 0, now);
}

void HealthCheck::sent(Time now, double jitter) {
  deadline_ = now + settings_.timeout;
  auto gap = spread(settings_.interval, jitter);
  if (burst_ > 0) {
    --burst_;
    const std::chrono::microseconds closer = std::max(kShortestBurst, settings_.timeout / 2);
    gap = std::min(gap, closer);
  }
  next_ = now + gap;
}

void HealthCheck::ended(ProbeResult result, bool answers_traffic, Time now) {
  if (!deadline_) return;
  deadline_.reset();
  result.why == HealthReason::kAnswered ? succeed(result, now) : fail(result, answers_traffic, now);
}

void HealthCheck::suspect(Time now) {
  if (is_paused_ || state_ == ObservedState::kDown || burst_ > 0 || now < next_suspicion_) return;
  next_suspicion_ = now + settings_.interval;
  burst_ = settings_.fall;
  next_ = std::min(next_, now);
  if (state_ != ObservedState::kProbing) enter(ObservedState::kProbing, HealthReason::kSuspected, 0, now);
}

bool HealthCheck::is_down_by_silence() const noexcept {
  return state_ == ObservedState::kDown && reason_ == HealthReason::kSilent;
}

std::string HealthCheck::reason_text() const {
  const auto text = health_reason_text(reason_);
  if (status_ != 0) return fmt::format("{} {}", text, status_);
  if (reason_ == HealthReason::kSilent) return fmt::format("{} within {}", text, format_duration(settings_.timeout));
  return std::string(text);
}

void HealthCheck::enter(ObservedState state, HealthReason reason, std::uint16_t status, Time now) {
  if (state != state_) {
    since_ = now;
    ++transitions_;
  }
  state_ = state;
  reason_ = reason;
  status_ = status;
}

void HealthCheck::succeed(ProbeResult result, Time now) {
  failures_ = 0;
  ++successes_;
  burst_ = 0;
  if (state_ != ObservedState::kDown) return enter(ObservedState::kUp, result.why, result.status, now);
  if (successes_ < settings_.rise || now < held_until_) return;
  returned_at_ = now;
  recovered_at_ = now;
  enter(ObservedState::kUp, result.why, result.status, now);
}

void HealthCheck::fail(ProbeResult result, bool answers_traffic, Time now) {
  successes_ = 0;
  ++failures_;
  // Hosts send few ICMP errors a second: silence right after one is no other news.
  if (result.why == HealthReason::kSilent && reason_ == HealthReason::kUnreachable) result.why = reason_;
  const bool is_silent = result.why != HealthReason::kCode;
  if (state_ == ObservedState::kDown) return enter(state_, result.why, result.status, now);
  if (failures_ >= settings_.fall && !(is_silent && answers_traffic)) return go_down(result, now);
  const auto reason = failures_ >= settings_.fall ? HealthReason::kTraffic : result.why;
  enter(ObservedState::kProbing, reason, result.status, now);
}

void HealthCheck::go_down(ProbeResult result, Time now) {
  // One that fails soon after it came back is held down, each time for longer.
  const bool flaps = recovered_at_ && now - *recovered_at_ < 2 * std::max(hold_, hold_down_);
  hold_ = flaps ? std::clamp(hold_ * 2, hold_down_, hold_down_ * kMostHold) : std::chrono::milliseconds(0);
  held_until_ = now + hold_;
  burst_ = 0;
  enter(ObservedState::kDown, result.why, result.status, now);
}

}  // namespace dialplane::control
