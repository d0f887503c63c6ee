// SPDX-License-Identifier: Apache-2.0
// When too few members look healthy, the checks are the likelier fault. Control thread.
#include "panic.hpp"

#include "dialplane/snapshot/snapshot.hpp"

#include <algorithm>

namespace dialplane::control {

void PanicRule::judge(const config::Health& settings, std::span<PanicMember> members, Time now) {
  const auto healthy = static_cast<std::size_t>(std::ranges::count(members, false, &PanicMember::is_down));
  const bool too_few = healthy > 0 && healthy < members.size() &&
                       static_cast<double>(healthy) <= settings.panic * static_cast<double>(members.size());
  if (!too_few) {
    since_.reset();
  } else if (!since_) {
    since_ = now;
  }
  const bool is_held = since_ && now - *since_ < settings.panic_hold;
  for (PanicMember& member : members) {
    member.in_panic = too_few && member.is_down && member.is_silent && (is_held || member.answers_traffic);
  }
}

std::uint16_t share_after(std::chrono::steady_clock::duration since_return, std::chrono::milliseconds slow_start) {
  constexpr std::int64_t kSteps = 16;
  if (since_return >= slow_start) return balance::kWholeShare;
  const auto step = 1 + kSteps * since_return / std::chrono::steady_clock::duration(slow_start);
  return static_cast<std::uint16_t>(balance::kWholeShare * step / kSteps);
}

}  // namespace dialplane::control
