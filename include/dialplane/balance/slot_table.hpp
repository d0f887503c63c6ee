// SPDX-License-Identifier: Apache-2.0
// The slot table of the hash policies: key hash → first and second choice. Built on the build thread, immutable after.
#pragma once

#include "dialplane/base/ids.hpp"
#include "dialplane/base/prefetch.hpp"
#include "dialplane/base/siphash.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// Who gets a slot first: the weighted rendezvous winner, or whose turn it was on Maglev's walk. The second choice is
/// the rendezvous winner among the others either way.
enum class Fill : std::uint8_t { kRendezvous, kMaglev };

/// First and second choice per slot, as positions in the member list the table was built from; kNoIndex: none.
class SlotTable {
 public:
  /// What a table is made from, and nothing else.
  struct Spec {
    std::span<const Member> members;
    SipKey key;
    std::size_t slots = 0;  ///< wanted, a power of two; 0: the usual count
    Fill fill = Fill::kRendezvous;
  };
  /// Fills the table. Integer arithmetic only, so that equal input gives an equal table on every machine; the order of
  /// `members` does not matter for which backend a slot gets. A rendezvous table of which few members differ from
  /// `previous` (may be nullptr) is made from that one, with the same result. Precondition: ids differ, fewer than
  /// kNoIndex members. Cost: slots × members scores; from an earlier table a few scores a slot (perf/steering).
  static std::shared_ptr<const SlotTable> build(const Spec& spec, const SlotTable* previous);
  static std::shared_ptr<const SlotTable> build(std::span<const Member> members, const SipKey& key);

  /// Of a rendezvous table, however many members it has: a table that grew with them would deal all keys anew.
  static constexpr std::size_t kUsualSlots = std::size_t{1} << 20;
  /// The wanted count or kUsualSlots; for Maglev a prime, by the number of members unless one is wanted.
  static std::size_t slot_count(const Spec& spec) noexcept;
  /// True if build() would give this table again.
  [[nodiscard]] bool is_built_from(const Spec& spec) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Memory of the slots: 1 byte each for fewer than 16 members, 2 for fewer than 256, else 4.
  [[nodiscard]] std::size_t bytes() const noexcept { return packed_.size(); }
  [[nodiscard]] std::size_t slot_of(std::uint64_t key_hash) const noexcept {
    return mask_ != 0 ? key_hash & mask_ : key_hash % size_;
  }
  /// Asks for the slot's cache line: a table is larger than the nearest cache.
  void prefetch(std::uint64_t key_hash) const noexcept { prefetch_line(&packed_[slot_of(key_hash) * width_]); }
  struct Choices {
    std::uint16_t first = kNoIndex;
    std::uint16_t second = kNoIndex;
  };
  [[nodiscard]] Choices choices(std::size_t slot) const noexcept {
    if (width_ == 1) return {index<kNone4>(packed_[slot] >> 4), index<kNone4>(packed_[slot] & kNone4)};
    if (width_ == 2) return {index<kNone8>(packed_[2 * slot]), index<kNone8>(packed_[2 * slot + 1])};
    Choices wide;
    std::memcpy(&wide, &packed_[sizeof wide * slot], sizeof wide);
    return wide;
  }

  /// The rendezvous winner for a slot among members with usable[i] != 0; kNoIndex if none is. Same scores as build().
  /// Cost: one score per member (16: 60 ns).
  [[nodiscard]] std::uint16_t winner(std::size_t slot, std::span<const std::uint8_t> usable) const noexcept;

  /// A digest of ids, weights and every slot's choices as ids: equal on nodes that agree.
  [[nodiscard]] std::uint64_t checksum() const noexcept { return checksum_; }
  [[nodiscard]] std::span<const Member> members() const noexcept { return members_; }
  /// By member; the scores are made from them.
  [[nodiscard]] std::span<const std::uint64_t> seeds() const noexcept { return seeds_; }

 private:
  static constexpr unsigned kNone4 = 0xf;
  static constexpr unsigned kNone8 = 0xff;
  template <unsigned None>
  static constexpr std::uint16_t index(unsigned packed) noexcept {
    return packed == None ? kNoIndex : static_cast<std::uint16_t>(packed);
  }
  [[nodiscard]] std::vector<Choices> fill_anew() const;
  /// Errors: empty if filling anew costs less.
  [[nodiscard]] std::vector<Choices> fill_from(const SlotTable& previous) const;
  void pack(const std::vector<Choices>& slots);

  std::vector<std::uint8_t> packed_;
  std::size_t size_ = 0;
  std::uint8_t width_ = 4;  ///< bytes of a slot
  std::size_t mask_ = 0;    ///< 0: the size is not a power of two
  Fill fill_ = Fill::kRendezvous;
  SipKey key_;
  std::vector<Member> members_;
  std::vector<std::uint64_t> seeds_;  ///< per member, from its id and the key
  std::uint64_t checksum_ = 0;
};

}  // namespace dialplane::balance
