// SPDX-License-Identifier: Apache-2.0
// Fills slot tables from rendezvous scores, whole or from the table before. Runs on the build thread; winner() on
// workers.
#include "dialplane/balance/slot_table.hpp"

#include "maglev.hpp"
#include "scores.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace dialplane::balance {

namespace {

struct Podium {
  Candidate first;
  Candidate second;

  void offer(const Candidate& c) noexcept {
    if (ahead(c, first)) {
      second = first;
      first = c;
    } else if (ahead(c, second)) {
      second = c;
    }
  }
};

/// About cost ÷ weight: less than two below the fraction, never above it, so that two that differ by two or more are in
/// the order of their fractions. Spares the cross multiplication, and what a processor loses by guessing its outcome.
std::uint64_t rough_score(std::uint64_t draw, std::uint64_t reciprocal) noexcept {
  constexpr int kSpareBits = 8;  // a cost has at most 55
  return static_cast<std::uint64_t>((static_cast<Uint128>(negative_log2(draw) << kSpareBits) * reciprocal) >> 64);
}

std::uint64_t reciprocal_of(std::uint32_t weight) noexcept {
  return weight == 1 ? ~std::uint64_t{0} : static_cast<std::uint64_t>((static_cast<Uint128>(1) << 64) / weight);
}

/// The two best rough scores, and how near the third came. Without branches: nothing foretells who wins.
class RoughPodium {
 public:
  void offer(std::uint64_t score, std::uint16_t position) noexcept {
    const bool is_first = score < first_;
    const bool is_second = score < second_;
    third_ = is_second ? second_ : score < third_ ? score : third_;
    second_ = is_first ? first_ : is_second ? score : second_;
    second_position_ = is_first ? first_position_ : is_second ? position : second_position_;
    first_ = is_first ? score : first_;
    first_position_ = is_first ? position : first_position_;
  }
  /// False: the exact scores may have another order.
  [[nodiscard]] bool is_certain() const noexcept { return second_ - first_ > 1 && third_ - second_ > 1; }
  [[nodiscard]] SlotTable::Choices choices() const noexcept { return {first_position_, second_position_}; }

 private:
  // Three that nobody has, far enough apart.
  std::uint64_t first_ = ~std::uint64_t{0} - 4;
  std::uint64_t second_ = ~std::uint64_t{0} - 2;
  std::uint64_t third_ = ~std::uint64_t{0};
  std::uint16_t first_position_ = kNoIndex;
  std::uint16_t second_position_ = kNoIndex;
};

/// Members that can win, ordered by weight and id; those of one weight form a group.
class Field {
 public:
  Field(std::span<const Member> members, std::span<const std::uint64_t> seeds);
  /// Of all members that can win.
  [[nodiscard]] SlotTable::Choices choices(std::size_t slot) const noexcept;

 private:
  struct Group {
    std::size_t begin;
    std::size_t end;
    std::uint64_t reciprocal;
  };
  void offer_group(const Group& group, std::uint64_t slot_mixed, RoughPodium& podium) const noexcept;

  std::span<const Member> members_;
  std::vector<std::uint16_t> positions_;
  std::vector<std::uint64_t> seeds_;
  std::vector<Group> groups_;
};

Field::Field(std::span<const Member> members, std::span<const std::uint64_t> seeds) : members_(members) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].weight != 0) positions_.push_back(static_cast<std::uint16_t>(i));
  }
  std::stable_sort(positions_.begin(), positions_.end(), [&](std::uint16_t a, std::uint16_t b) {
    if (members[a].weight != members[b].weight) return members[a].weight < members[b].weight;
    return members[a].id < members[b].id;
  });
  for (std::size_t at = 0; at < positions_.size(); ++at) {
    const std::uint16_t position = positions_[at];
    seeds_.push_back(seeds[position]);
    if (at == 0 || members[position].weight != members[positions_[at - 1]].weight) {
      groups_.push_back({at, at, reciprocal_of(members[position].weight)});
    }
    groups_.back().end = at + 1;
  }
}

/// Offers the two largest draws of a group; ids rise within it, so the lower id keeps its place in a tie.
void Field::offer_group(const Group& group, std::uint64_t slot_mixed, RoughPodium& podium) const noexcept {
  std::size_t first = group.begin;
  std::uint64_t first_draw = draw_of(seeds_[first], slot_mixed);
  if (group.end - group.begin == 1) {
    podium.offer(rough_score(first_draw, group.reciprocal), positions_[first]);
    return;
  }
  std::size_t second = group.begin + 1;
  std::uint64_t second_draw = draw_of(seeds_[second], slot_mixed);
  if (second_draw > first_draw) {
    std::swap(first, second);
    std::swap(first_draw, second_draw);
  }
  for (std::size_t at = group.begin + 2; at < group.end; ++at) {
    const std::uint64_t draw = draw_of(seeds_[at], slot_mixed);
    const bool is_first = draw > first_draw;
    const bool is_second = draw > second_draw;
    second = is_first ? first : is_second ? at : second;
    second_draw = is_first ? first_draw : is_second ? draw : second_draw;
    first = is_first ? at : first;
    first_draw = is_first ? draw : first_draw;
  }
  podium.offer(rough_score(first_draw, group.reciprocal), positions_[first]);
  podium.offer(rough_score(second_draw, group.reciprocal), positions_[second]);
}

SlotTable::Choices Field::choices(std::size_t slot) const noexcept {
  const std::uint64_t slot_mixed = slot_word(slot);
  RoughPodium rough;
  for (const Group& group : groups_) offer_group(group, slot_mixed, rough);
  if (rough.is_certain()) return rough.choices();
  Podium podium;
  for (std::size_t at = 0; at < positions_.size(); ++at) {
    const std::uint16_t position = positions_[at];
    podium.offer(make_candidate(draw_of(seeds_[at], slot_mixed), members_[position], position));
  }
  return {podium.first.position, podium.second.position};
}

std::uint64_t digest_of(std::span<const Member> members, std::span<const SlotTable::Choices> slots) {
  std::vector<Member> sorted(members.begin(), members.end());
  std::sort(sorted.begin(), sorted.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
  SipHash24 digest(SipKey{});
  digest.u64(sorted.size()).u64(slots.size());
  for (const Member& m : sorted) digest.u32(m.id.value).u32(m.weight);
  // "Nobody" needs no code of its own: the weights above tell where it occurs.
  const auto id_of = [&](std::uint16_t position) { return position == kNoIndex ? 0 : members[position].id.value; };
  for (const SlotTable::Choices& c : slots) {
    digest.u64(std::uint64_t{id_of(c.first)} | (std::uint64_t{id_of(c.second)} << 32));
  }
  return digest.digest();
}

/// What became of the members of an earlier table.
struct Difference {
  std::vector<std::uint16_t> moved_to;   ///< by earlier position; kNoIndex: gone, or unable to win
  std::vector<std::uint16_t> fresh;      ///< positions of members that are new or of another weight, and can win
  std::vector<std::uint8_t> is_lighter;  ///< by position: of a lower weight than before
  std::size_t lost = 0;                  ///< of the earlier members that could win
};

Difference difference_of(std::span<const Member> before, std::span<const Member> now) {
  std::vector<std::pair<Member, std::uint16_t>> known;
  for (std::size_t i = 0; i < before.size(); ++i) known.emplace_back(before[i], static_cast<std::uint16_t>(i));
  const auto id_of = [](const auto& entry) { return entry.first.id; };
  std::ranges::sort(known, {}, id_of);
  Difference difference;
  difference.moved_to.assign(before.size(), kNoIndex);
  difference.is_lighter.assign(now.size(), 0);
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto found = std::ranges::lower_bound(known, now[i].id, {}, id_of);
    const bool is_known = found != known.end() && found->first.id == now[i].id;
    const std::uint32_t earlier = is_known ? found->first.weight : 0;
    if (now[i].weight == 0) continue;
    if (is_known) difference.moved_to[found->second] = static_cast<std::uint16_t>(i);
    if (earlier != now[i].weight) difference.fresh.push_back(static_cast<std::uint16_t>(i));
    difference.is_lighter[i] = now[i].weight < earlier ? 1 : 0;
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (difference.moved_to[i] == kNoIndex && before[i].weight != 0) ++difference.lost;
  }
  return difference;
}

/// Each change costs its own score in every slot and, in the slots it held, all scores.
bool is_worth_it(const Difference& difference, std::size_t members) noexcept {
  constexpr std::size_t kMembersPerChange = 2;
  return (difference.fresh.size() + difference.lost) * kMembersPerChange <= members;
}

bool is_power_of_two(std::size_t n) noexcept { return std::has_single_bit(n); }

}  // namespace

std::size_t SlotTable::slot_count(const Spec& spec) noexcept {
  if (spec.fill == Fill::kMaglev) return maglev_size(spec.members.size(), spec.slots);
  return spec.slots != 0 ? std::bit_ceil(spec.slots) : kUsualSlots;
}

bool SlotTable::is_built_from(const Spec& spec) const noexcept {
  return fill_ == spec.fill && key_ == spec.key && size_ == slot_count(spec) &&
         std::ranges::equal(members_, spec.members);
}

std::shared_ptr<const SlotTable> SlotTable::build(std::span<const Member> members, const SipKey& key) {
  return build({members, key}, nullptr);
}

std::shared_ptr<const SlotTable> SlotTable::build(const Spec& spec, const SlotTable* previous) {
  auto table = std::make_shared<SlotTable>();
  table->fill_ = spec.fill;
  table->key_ = spec.key;
  table->members_.assign(spec.members.begin(), spec.members.end());
  table->seeds_.reserve(spec.members.size());
  for (const Member& m : spec.members) table->seeds_.push_back(SipHash24(spec.key).u32(m.id.value).digest());
  table->size_ = slot_count(spec);
  table->mask_ = is_power_of_two(table->size_) ? table->size_ - 1 : 0;
  const bool is_alike = previous != nullptr && spec.fill == Fill::kRendezvous && previous->fill_ == spec.fill &&
                        previous->key_ == spec.key && previous->size_ == table->size_;
  std::vector<Choices> slots;
  if (is_alike) slots = table->fill_from(*previous);
  if (slots.empty()) slots = table->fill_anew();
  table->checksum_ = digest_of(spec.members, slots);
  table->pack(slots);
  return table;
}

std::vector<SlotTable::Choices> SlotTable::fill_anew() const {
  std::vector<Choices> slots(size_);
  const Field field(members_, seeds_);
  for (std::size_t slot = 0; slot < size_; ++slot) slots[slot] = field.choices(slot);
  if (fill_ == Fill::kRendezvous) return slots;
  const std::vector<std::uint16_t> owners = maglev_owners(members_, seeds_, size_);
  for (std::size_t slot = 0; slot < size_; ++slot) {
    // The second choice is whom the rendezvous scores name among the others.
    Choices& choices = slots[slot];
    if (choices.first != owners[slot]) choices.second = choices.first;
    choices.first = owners[slot];
  }
  return slots;
}

std::vector<SlotTable::Choices> SlotTable::fill_from(const SlotTable& previous) const {
  const Difference difference = difference_of(previous.members_, members_);
  if (!is_worth_it(difference, members_.size())) return {};
  std::vector<Choices> slots(size_);
  const Field field(members_, seeds_);
  const auto now_at = [&](std::uint16_t before) { return before == kNoIndex ? kNoIndex : difference.moved_to[before]; };
  for (std::size_t slot = 0; slot < size_; ++slot) {
    const Choices before = previous.choices(slot);
    slots[slot] = {now_at(before.first), now_at(before.second)};
    const Choices kept = slots[slot];
    if (kept.first == kNoIndex || kept.second == kNoIndex || difference.is_lighter[kept.second] != 0) {
      slots[slot] = field.choices(slot);
      continue;
    }
    if (difference.fresh.empty()) continue;
    // Whoever stood behind the second choice still does: only those that are fresh can come before it.
    const std::uint64_t slot_mixed = slot_word(slot);
    const auto candidate = [&](std::uint16_t at) {
      return make_candidate(draw_of(seeds_[at], slot_mixed), members_[at], at);
    };
    Podium podium;
    podium.offer(candidate(kept.first));
    podium.offer(candidate(kept.second));
    for (const std::uint16_t at : difference.fresh) {
      if (at != kept.first && at != kept.second) podium.offer(candidate(at));
    }
    const bool is_second_open = podium.first.position == kept.second && difference.is_lighter[kept.first] != 0;
    slots[slot] = is_second_open ? field.choices(slot) : Choices{podium.first.position, podium.second.position};
  }
  return slots;
}

void SlotTable::pack(const std::vector<Choices>& slots) {
  const std::size_t members = members_.size();
  width_ = members <= kNone4 ? 1 : members <= kNone8 ? 2 : sizeof(Choices);
  packed_.resize(slots.size() * width_);
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    const Choices& choices = slots[slot];
    // Nobody is all ones in any width.
    if (width_ == 1) {
      packed_[slot] = static_cast<std::uint8_t>((choices.first & kNone4) << 4 | (choices.second & kNone4));
    } else if (width_ == 2) {
      packed_[2 * slot] = static_cast<std::uint8_t>(choices.first);
      packed_[2 * slot + 1] = static_cast<std::uint8_t>(choices.second);
    } else {
      std::memcpy(&packed_[sizeof choices * slot], &choices, sizeof choices);
    }
  }
}

std::uint16_t SlotTable::winner(std::size_t slot, std::span<const std::uint8_t> usable) const noexcept {
  return winner_among(*this, slot,
                      [&](std::uint16_t position) { return position < usable.size() && usable[position] != 0; });
}

}  // namespace dialplane::balance
