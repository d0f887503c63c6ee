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

// Members that can win, ordered by weight and id; those of one weight form a group.
struct Field {
  struct Group {
    std::size_t begin;
    std::size_t end;
  };
  std::vector<std::uint16_t> positions;
  std::vector<std::uint64_t> seeds;
  std::vector<Group> groups;
};

Field make_field(std::span<const Member> members, std::span<const std::uint64_t> seeds) {
  Field field;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].weight != 0) field.positions.push_back(static_cast<std::uint16_t>(i));
  }
  std::stable_sort(field.positions.begin(), field.positions.end(), [&](std::uint16_t a, std::uint16_t b) {
    if (members[a].weight != members[b].weight) return members[a].weight < members[b].weight;
    return members[a].id < members[b].id;
  });
  for (std::size_t at = 0; at < field.positions.size(); ++at) {
    const std::uint16_t position = field.positions[at];
    field.seeds.push_back(seeds[position]);
    if (at == 0 || members[position].weight != members[field.positions[at - 1]].weight) {
      field.groups.push_back({at, at});
    }
    field.groups.back().end = at + 1;
  }
  return field;
}

// The two largest draws of a group; ids rise within it, so the lower id keeps its place in a tie.
void offer_group(const Field& field, const Field::Group& group, std::uint64_t slot_mixed,
                 std::span<const Member> members, Podium& podium) noexcept {
  std::size_t first = group.begin;
  std::size_t second = group.end;
  std::uint64_t first_draw = draw_of(field.seeds[first], slot_mixed);
  std::uint64_t second_draw = 0;
  for (std::size_t at = group.begin + 1; at < group.end; ++at) {
    const std::uint64_t draw = draw_of(field.seeds[at], slot_mixed);
    if (draw > first_draw) {
      second = first;
      second_draw = first_draw;
      first = at;
      first_draw = draw;
    } else if (second == group.end || draw > second_draw) {
      second = at;
      second_draw = draw;
    }
  }
  const std::uint16_t first_position = field.positions[first];
  podium.offer(make_candidate(first_draw, members[first_position], first_position));
  if (second == group.end) return;
  const std::uint16_t second_position = field.positions[second];
  podium.offer(make_candidate(second_draw, members[second_position], second_position));
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

/// Offers every member that can win.
Podium podium_of(const Field& field, std::span<const Member> members, std::size_t slot) noexcept {
  Podium podium;
  const std::uint64_t slot_mixed = slot_word(slot);
  for (const Field::Group& group : field.groups) offer_group(field, group, slot_mixed, members, podium);
  return podium;
}

/// What became of the members of an earlier table.
struct Difference {
  std::vector<std::uint16_t> moved_to;  ///< by earlier position; kNoIndex: gone, or of another weight
  std::vector<std::uint16_t> fresh;     ///< positions of members that are new or of another weight, and can win
  std::size_t lost = 0;                 ///< of the earlier members that could win
};

Difference difference_of(std::span<const Member> before, std::span<const Member> now) {
  std::vector<std::pair<Member, std::uint16_t>> known;
  for (std::size_t i = 0; i < before.size(); ++i) known.emplace_back(before[i], static_cast<std::uint16_t>(i));
  const auto id_of = [](const auto& entry) { return entry.first.id; };
  std::ranges::sort(known, {}, id_of);
  Difference difference;
  difference.moved_to.assign(before.size(), kNoIndex);
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto found = std::ranges::lower_bound(known, now[i].id, {}, id_of);
    if (found != known.end() && found->first == now[i]) {
      difference.moved_to[found->second] = static_cast<std::uint16_t>(i);
    } else if (now[i].weight != 0) {
      difference.fresh.push_back(static_cast<std::uint16_t>(i));
    }
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (difference.moved_to[i] == kNoIndex && before[i].weight != 0) ++difference.lost;
  }
  return difference;
}

/// Each change costs its own score in every slot and, in the slots it held, all scores.
bool is_worth_it(const Difference& difference, std::size_t members) noexcept {
  constexpr std::size_t kMembersPerChange = 8;
  return (difference.fresh.size() + difference.lost) * kMembersPerChange <= members;
}

bool is_power_of_two(std::size_t n) noexcept { return std::has_single_bit(n); }

}  // namespace

std::size_t SlotTable::slot_count(std::size_t members) noexcept {
  constexpr std::size_t kFewMembers = 16;
  constexpr std::size_t kFewSlots = 65'536;
  constexpr std::size_t kSlotsPerMember = 10'000;
  if (members <= kFewMembers) return kFewSlots;
  return std::bit_ceil(std::min(members * kSlotsPerMember, kMostSlots));
}

std::size_t SlotTable::slot_count(const Spec& spec) noexcept {
  if (spec.fill == Fill::kMaglev) return maglev_size(spec.members.size(), spec.slots);
  return spec.slots != 0 ? std::bit_ceil(spec.slots) : slot_count(spec.members.size());
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
  const Field field = make_field(members_, seeds_);
  for (std::size_t slot = 0; slot < size_; ++slot) {
    const Podium podium = podium_of(field, members_, slot);
    slots[slot] = {podium.first.position, podium.second.position};
  }
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
  const Field field = make_field(members_, seeds_);
  const auto now_at = [&](std::uint16_t before) { return before == kNoIndex ? kNoIndex : difference.moved_to[before]; };
  for (std::size_t slot = 0; slot < size_; ++slot) {
    const Choices before = previous.choices(slot);
    slots[slot] = {now_at(before.first), now_at(before.second)};
    if (slots[slot].first == kNoIndex || slots[slot].second == kNoIndex) {
      const Podium podium = podium_of(field, members_, slot);
      slots[slot] = {podium.first.position, podium.second.position};
      continue;
    }
    if (difference.fresh.empty()) continue;
    // Whoever stood behind the second choice still does: only those that are fresh can come between.
    const std::uint64_t slot_mixed = slot_word(slot);
    const auto candidate = [&](std::uint16_t at) {
      return make_candidate(draw_of(seeds_[at], slot_mixed), members_[at], at);
    };
    Podium podium{candidate(slots[slot].first), candidate(slots[slot].second)};
    for (const std::uint16_t at : difference.fresh) podium.offer(candidate(at));
    slots[slot] = {podium.first.position, podium.second.position};
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
