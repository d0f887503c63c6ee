// SPDX-License-Identifier: Apache-2.0
// Weighted rendezvous scores and the table filled from them. Runs on the build thread; winner() on workers.
//
// A member's draw for a slot is a 64-bit hash, read as a number u in (0, 1]; the smallest -log2(u) / weight wins, which
// gives each member its weight's share of the slots. Costs are compared by cross multiplication, so nothing is rounded
// after the logarithm. Among members of equal weight the larger draw wins: the same order, without the logarithm.
#include "dialplane/balance/slot_table.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace dialplane::balance {

namespace {

__extension__ using Uint128 = unsigned __int128;

constexpr std::size_t kFewMembers = 16;
constexpr std::size_t kFewSlots = 65'536;
constexpr std::size_t kMostSlots = std::size_t{1} << 20;
constexpr std::size_t kSlotsPerMember = 10'000;

constexpr int kFractionBits = 48;
constexpr int kTableBits = 8;
constexpr std::size_t kTableSize = std::size_t{1} << kTableBits;

// log2(1 + i / kTableSize), kFractionBits after the point: each squaring of x shifts the next bit of its logarithm out.
constexpr std::uint64_t log2_of_step(std::size_t i) noexcept {
  constexpr std::uint64_t kOne = std::uint64_t{1} << 62;
  std::uint64_t x = kOne + (kOne >> kTableBits) * i;
  std::uint64_t result = 0;
  for (int bit = kFractionBits - 1; bit >= 0; --bit) {
    x = static_cast<std::uint64_t>((static_cast<Uint128>(x) * x) >> 62);
    if (x >= 2 * kOne) {
      result |= std::uint64_t{1} << bit;
      x >>= 1;
    }
  }
  return result;
}

constexpr std::array<std::uint64_t, kTableSize + 1> make_log2_table() noexcept {
  std::array<std::uint64_t, kTableSize + 1> table{};
  for (std::size_t i = 0; i < kTableSize; ++i) table[i] = log2_of_step(i);
  table[kTableSize] = std::uint64_t{1} << kFractionBits;
  return table;
}

constexpr auto kLog2Table = make_log2_table();

// -log2(draw / 2^64), kFractionBits after the point; never rises with the draw.
constexpr std::uint64_t negative_log2(std::uint64_t draw) noexcept {
  const std::uint64_t x = draw | 1;
  const int zeros = std::countl_zero(x);
  const std::uint64_t below_point = x << zeros << 1;
  const std::size_t step = below_point >> (64 - kTableBits);
  const std::uint64_t within = below_point << kTableBits;
  const std::uint64_t rise = kLog2Table[step + 1] - kLog2Table[step];
  const auto log2 = kLog2Table[step] + static_cast<std::uint64_t>((static_cast<Uint128>(rise) * within) >> 64);
  return ((static_cast<std::uint64_t>(zeros) + 1) << kFractionBits) - log2;
}

constexpr std::uint64_t mix(std::uint64_t v) noexcept {
  v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9U;
  v = (v ^ (v >> 27)) * 0x94d049bb133111ebU;
  return v ^ (v >> 31);
}

// Shared by all members of a slot, so that a score costs one mix.
constexpr std::uint64_t slot_word(std::size_t slot) noexcept { return mix(slot + 0x9e3779b97f4a7c15U); }

constexpr std::uint64_t draw_of(std::uint64_t seed, std::uint64_t slot_mixed) noexcept {
  return mix(seed ^ slot_mixed);
}

struct Candidate {
  std::uint64_t draw = 0;
  std::uint64_t cost = 0;
  BackendId id;
  std::uint32_t weight = 0;
  std::uint16_t position = kNoIndex;
};

// A total order: cost over weight, then draw, then id. Weight 0 stands for "nobody yet".
bool ahead(const Candidate& a, const Candidate& b) noexcept {
  if (b.weight == 0) return a.weight != 0;
  const Uint128 left = static_cast<Uint128>(a.cost) * b.weight;
  const Uint128 right = static_cast<Uint128>(b.cost) * a.weight;
  if (left != right) return left < right;
  if (a.draw != b.draw) return a.draw > b.draw;
  return a.id < b.id;
}

Candidate make_candidate(std::uint64_t draw, const Member& member, std::size_t position) noexcept {
  return {draw, negative_log2(draw), member.id, member.weight, static_cast<std::uint16_t>(position)};
}

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

}  // namespace

std::size_t SlotTable::slot_count(std::size_t members) noexcept {
  if (members <= kFewMembers) return kFewSlots;
  return std::bit_ceil(std::min(members * kSlotsPerMember, kMostSlots));
}

std::shared_ptr<const SlotTable> SlotTable::build(std::span<const Member> members, const SipKey& key) {
  auto table = std::make_shared<SlotTable>();
  table->members_.assign(members.begin(), members.end());
  table->seeds_.reserve(members.size());
  for (const Member& m : members) table->seeds_.push_back(SipHash24(key).u32(m.id.value).digest());
  table->slots_.resize(slot_count(members.size()));

  const Field field = make_field(members, table->seeds_);
  for (std::size_t slot = 0; slot < table->slots_.size(); ++slot) {
    Podium podium;
    const std::uint64_t slot_mixed = slot_word(slot);
    for (const Field::Group& group : field.groups) offer_group(field, group, slot_mixed, members, podium);
    table->slots_[slot] = {podium.first.position, podium.second.position};
  }
  table->checksum_ = digest_of(members, table->slots_);
  return table;
}

std::uint16_t SlotTable::winner(std::size_t slot, std::span<const std::uint8_t> usable) const noexcept {
  Candidate best;
  const std::uint64_t slot_mixed = slot_word(slot);
  const std::size_t count = std::min(usable.size(), members_.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (usable[i] == 0 || members_[i].weight == 0) continue;
    const std::uint64_t draw = draw_of(seeds_[i], slot_mixed);
    // Among equal weights the draw decides, which spares most logarithms.
    if (members_[i].weight == best.weight && draw < best.draw) continue;
    const Candidate candidate = make_candidate(draw, members_[i], i);
    if (ahead(candidate, best)) best = candidate;
  }
  return best.position;
}

}  // namespace dialplane::balance
