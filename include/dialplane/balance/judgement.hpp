// SPDX-License-Identifier: Apache-2.0
// What a pool's policy looks at for one message, member by member: for people who ask why. Control thread.
#pragma once

#include "dialplane/balance/policy.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dialplane::balance {

/// What the policy compares members by.
enum class LooksAt : std::uint8_t {
  kMessage,  ///< nothing but the slot and who is usable
  kTurns,    ///< whose turn it is, which each worker knows for itself
  kCalls,    ///< open dialogs by weight
  kLatency,  ///< open dialogs times latency by weight, of the slot's two choices
  kBound,    ///< the slot, and who has room below the limit
  kForeign,  ///< as kMessage, for a policy that would look: responses return to other nodes, so counts say little
};
/// One sentence for people.
std::string_view looks_at_sentence(LooksAt what) noexcept;

struct MemberJudgement {
  bool may_get_it = false;  ///< usable, and not held back from this message by a slow start
  bool has_room = true;     ///< kBound: below its limit
  std::uint64_t calls = 0;  ///< open dialogs
  std::uint32_t latency_us = 0;
  double load = 0;   ///< kCalls, kLatency: what is compared; the lowest gets it
  double limit = 0;  ///< kBound: calls at which it has no room
};

struct Judgement {
  LooksAt looks_at = LooksAt::kMessage;
  std::size_t table = 0;                 ///< which of the plan's tables: the tier
  std::vector<MemberJudgement> members;  ///< by position
};

/// What pick() would look at now for a message with this hash. Reads counts as they are; changes nothing.
Judgement judge(const Plan& plan, const Standing& standing, std::uint64_t hash);

}  // namespace dialplane::balance
