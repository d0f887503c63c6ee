// SPDX-License-Identifier: Apache-2.0
// How a pool picks a backend for a new dialog: one plan of tables per pool, part of the snapshot, and one function that
// workers call. Nothing here allocates, waits or reads a clock.
#pragma once

#include "dialplane/balance/backend_states.hpp"
#include "dialplane/balance/slot_table.hpp"
#include "dialplane/balance/turns.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace dialplane::balance {

enum class Policy : std::uint8_t { kRendezvous, kMaglev, kRoundRobin, kLeastCalls, kTwoChoices, kPriority };
inline constexpr std::size_t kPolicyCount = 6;
/// "rendezvous", "two-choices": as in the file.
std::string_view policy_name(Policy policy) noexcept;

/// A backend's full share of the new dialogs that its weight gives it; less while it starts slowly.
inline constexpr std::uint16_t kWholeShare = 1024;
/// An administrator's tiers: the lowest is used first.
inline constexpr std::uint16_t kLowestTier = 1;

/// What a policy looks up, and nothing that changes while a table holds.
struct Plan {
  Policy policy = Policy::kRendezvous;
  std::uint32_t load_permille = 0;  ///< most calls of a backend, of what its weight gives it; 0: any number
  std::vector<std::shared_ptr<const SlotTable>> tables;  ///< kPriority: one a tier, the lowest first; else one
  std::shared_ptr<const Turns> turns;                    ///< kRoundRobin
  /// True if the same message may get another backend at another time: only the affinity table keeps it on its own.
  [[nodiscard]] bool is_sticky_by_table_only() const noexcept {
    return load_permille != 0 || policy == Policy::kRoundRobin || policy == Policy::kLeastCalls ||
           policy == Policy::kTwoChoices;
  }
  /// A digest of policy, limits and all tables: equal on nodes that pick alike.
  [[nodiscard]] std::uint64_t checksum() const noexcept;
};

/// What a plan is made from.
struct PlanSpec {
  Policy policy = Policy::kRendezvous;
  std::span<const Member> members;
  std::span<const std::uint16_t> tiers;  ///< by member; kPriority only
  std::size_t slots = 0;                 ///< 0: the usual count
  std::uint32_t load_permille = 0;
};
/// Makes the tables, or shares those of `earlier` plans that would come out the same. A table that differs little from
/// that of the first of them is made from it. Thread: build.
Plan make_plan(const PlanSpec& spec, const SipKey& key, std::span<const Plan* const> earlier);

/// The members as they are now, by position. A list may be longer than the tables' members.
struct Standing {
  std::span<const std::uint8_t> usable;  ///< not 0: may get a new dialog
  std::span<const std::uint16_t> share;  ///< of kWholeShare; empty: all have it
  std::span<const BackendCell> cells;
  const BackendStates& states;
};

/// What one worker keeps in mind of one pool.
struct PoolMemory {
  std::uint16_t pool = kNoIndex;  ///< whose it is
  std::uint32_t turn = 0;
  std::uint64_t read_ms = std::numeric_limits<std::uint64_t>::max();  ///< when the rest was read
  std::size_t table = 0;                                              ///< which the counts are of
  std::uint64_t calls = 0;
  std::uint64_t weight = 0;
  bool counts_are_whole = true;  ///< responses of all backends return to this node
};

/// What one worker keeps in mind of all pools. Pools that share a place forget each other's, which costs evenness only.
class PoolMemories {
 public:
  PoolMemory& of(std::uint16_t pool, std::uint64_t hash) noexcept;

 private:
  std::array<PoolMemory, 64> memories_;
};

enum class PickMode : std::uint8_t {
  kWhole,        ///< the policy as it is; the affinity table will remember
  kMessageOnly,  ///< a function of the message alone: policies that depend on more give way to `rendezvous`
};

/// Which of a slot's candidates was picked. Whoever a policy without slots picks is kFirst.
enum class PickedAs : std::uint8_t { kFirst, kSecond, kWinner };
struct Pick {
  std::uint16_t position = kNoIndex;  ///< kNoIndex: nobody is usable
  PickedAs as = PickedAs::kFirst;
};

/// Picks a usable member for the message with this hash. Nobody but the calling worker may use `memory`; a caller that
/// must leave no trace gives a copy. Units: now_ms as WorkerContext. Cost: a slot where both its candidates are usable;
/// least-calls reads the counts of every member; counts of a pool are added up at most once a millisecond.
Pick pick(const Plan& plan, const Standing& standing, std::uint64_t hash, PickMode mode, std::uint64_t now_ms,
          PoolMemory& memory) noexcept;

}  // namespace dialplane::balance
