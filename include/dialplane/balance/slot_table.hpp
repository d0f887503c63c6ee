// SPDX-License-Identifier: Apache-2.0
// The weighted rendezvous slot table: key hash → first and second choice. Built on the build thread, immutable after.
#pragma once

#include "dialplane/base/ids.hpp"
#include "dialplane/base/siphash.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dialplane::balance {

/// A backend as the table sees it. Weight 0 never gets a slot.
struct Member {
  BackendId id;
  std::uint32_t weight = 0;
  friend constexpr bool operator==(const Member&, const Member&) = default;
};

/// First and second choice per slot, as positions in the member list the table was built from; kNoIndex: none.
class SlotTable {
 public:
  /// Fills the table. Integer arithmetic only, so that equal input gives an equal table on every machine; the order of
  /// `members` does not matter for which backend a slot gets. Precondition: ids differ, fewer than kNoIndex members.
  /// Cost: slots × members scores (16 members 6 ms, 100 members 0.2 s).
  static std::shared_ptr<const SlotTable> build(std::span<const Member> members, const SipKey& key);

  /// Power of two: 65 536 up to 16 members, beyond that ≥ 10 000 per member, at most 2^20.
  static std::size_t slot_count(std::size_t members) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
  [[nodiscard]] std::size_t slot_of(std::uint64_t key_hash) const noexcept { return key_hash & (slots_.size() - 1); }
  /// Asks for the slot's cache line: a table is larger than the nearest cache.
  void prefetch(std::uint64_t key_hash) const noexcept { __builtin_prefetch(&slots_[slot_of(key_hash)]); }
  struct Choices {
    std::uint16_t first = kNoIndex;
    std::uint16_t second = kNoIndex;
  };
  [[nodiscard]] Choices choices(std::size_t slot) const noexcept { return slots_[slot]; }

  /// The rendezvous winner for a slot among members with usable[i] != 0; kNoIndex if none is. Same scores as build().
  /// Cost: one score per member (16: 60 ns).
  [[nodiscard]] std::uint16_t winner(std::size_t slot, std::span<const std::uint8_t> usable) const noexcept;

  /// A digest of ids, weights and every slot's choices as ids: equal on nodes that agree.
  [[nodiscard]] std::uint64_t checksum() const noexcept { return checksum_; }
  [[nodiscard]] std::span<const Member> members() const noexcept { return members_; }

 private:
  std::vector<Choices> slots_;
  std::vector<Member> members_;
  std::vector<std::uint64_t> seeds_;  ///< per member, from its id and the key
  std::uint64_t checksum_ = 0;
};

}  // namespace dialplane::balance
