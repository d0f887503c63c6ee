// SPDX-License-Identifier: Apache-2.0
// The slot table: disruption, shares, determinism, second choices. Test thread.
#include "dialplane/balance/slot_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace dialplane::balance {
namespace {

constexpr SipKey kKey = {0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

// Ids as unrelated as address hashes are.
BackendId id(std::uint32_t n) { return BackendId{n * 0x9e3779b1U + 0x1234567U}; }

// Large enough for shares to be even, small enough to fill often.
std::shared_ptr<const SlotTable> build(std::span<const Member> members, const SipKey& key, std::size_t slots = 65'536) {
  return SlotTable::build({members, key, slots}, nullptr);
}

std::vector<Member> equal_members(std::uint32_t count) {
  std::vector<Member> members;
  for (std::uint32_t i = 1; i <= count; ++i) members.push_back({id(i), 100});
  return members;
}

// While all are usable the first choice of each slot wins, and without it the second one.
void expect_choices_win(const SlotTable& table, std::size_t members) {
  std::vector<std::uint8_t> usable(members, 1);
  for (std::size_t slot = 0; slot < table.size(); ++slot) {
    const auto [first, second] = table.choices(slot);
    ASSERT_EQ(table.winner(slot, usable), first) << slot;
    usable[first] = 0;
    ASSERT_EQ(table.winner(slot, usable), second) << slot;
    usable[first] = 1;
  }
}

// First choices as ids, so that tables built from lists of another order can be compared.
std::vector<std::uint32_t> first_ids(const SlotTable& table) {
  std::vector<std::uint32_t> ids;
  ids.reserve(table.size());
  for (std::size_t slot = 0; slot < table.size(); ++slot) {
    ids.push_back(table.members()[table.choices(slot).first].id.value);
  }
  return ids;
}

std::map<std::uint32_t, std::size_t> shares(const std::vector<std::uint32_t>& ids) {
  std::map<std::uint32_t, std::size_t> count;
  for (const std::uint32_t one : ids) ++count[one];
  return count;
}

TEST(SlotTable, SizeDoesNotDependOnTheMembers) {
  for (const std::uint32_t count : {0U, 1U, 16U, 17U, 4'096U}) {
    EXPECT_EQ(SlotTable::slot_count({equal_members(count), kKey}), 1'048'576U) << count;
  }
}

TEST(SlotTable, SlotOfTakesTheLowBits) {
  const auto table = build(equal_members(2), kKey);
  EXPECT_EQ(table->slot_of(0xffff'ffff'ffff'0000U), 0U);
  EXPECT_EQ(table->slot_of(0xffff'ffff'ffff'ffffU), 65'535U);
}

TEST(SlotTable, EmptyListHasNoChoices) {
  const auto table = build({}, kKey);
  EXPECT_EQ(table->size(), 65'536U);
  EXPECT_EQ(table->choices(0).first, kNoIndex);
  EXPECT_EQ(table->choices(65'535).second, kNoIndex);
  EXPECT_EQ(table->winner(0, {}), kNoIndex);
}

TEST(SlotTable, OneMemberHasEverySlotAndNoSecond) {
  const auto table = build(equal_members(1), kKey);
  for (std::size_t slot = 0; slot < table->size(); ++slot) {
    ASSERT_EQ(table->choices(slot).first, 0);
    ASSERT_EQ(table->choices(slot).second, kNoIndex);
  }
}

TEST(SlotTable, TwoMembersAreEachOthersSecond) {
  const auto table = build(equal_members(2), kKey);
  for (std::size_t slot = 0; slot < table->size(); ++slot) {
    ASSERT_EQ(table->choices(slot).first + table->choices(slot).second, 1);
  }
}

TEST(SlotTable, WeightZeroNeverWins) {
  auto members = equal_members(4);
  members[2].weight = 0;
  const auto table = build(members, kKey);
  const std::vector<std::uint8_t> usable(4, 1);
  for (std::size_t slot = 0; slot < table->size(); ++slot) {
    ASSERT_NE(table->choices(slot).first, 2);
    ASSERT_NE(table->choices(slot).second, 2);
    ASSERT_NE(table->winner(slot, usable), 2);
  }
  const std::vector<std::uint8_t> only_zero = {0, 0, 1, 0};
  EXPECT_EQ(table->winner(7, only_zero), kNoIndex);
}

TEST(SlotTable, AllWeightsZeroHaveNoChoices) {
  auto members = equal_members(3);
  for (Member& m : members) m.weight = 0;
  const auto table = build(members, kKey);
  EXPECT_EQ(table->choices(123).first, kNoIndex);
}

TEST(SlotTable, RemovingAMemberMovesOnlyItsSlotsEvenly) {
  for (const std::uint32_t count : {2U, 4U, 8U, 16U}) {
    const auto members = equal_members(count);
    const auto before = first_ids(*build(members, kKey));
    for (const std::uint32_t gone : {1U, count / 2, count}) {
      auto fewer = members;
      std::erase_if(fewer, [&](const Member& m) { return m.id == id(gone); });
      const auto after = first_ids(*build(fewer, kKey));
      std::map<std::uint32_t, std::size_t> heirs;
      for (std::size_t slot = 0; slot < before.size(); ++slot) {
        if (before[slot] == id(gone).value) {
          ++heirs[after[slot]];
        } else {
          ASSERT_EQ(after[slot], before[slot]) << count << " members, slot " << slot;
        }
      }
      const double fair = static_cast<double>(shares(before)[id(gone).value]) / (count - 1);
      EXPECT_EQ(heirs.size(), count - 1);
      for (const auto& [heir, moved] : heirs) {
        EXPECT_NEAR(static_cast<double>(moved), fair, 0.2 * fair) << count << " members, heir " << heir;
      }
    }
  }
}

TEST(SlotTable, AddingAMemberMovesSlotsOnlyToIt) {
  for (const std::uint32_t count : {1U, 3U, 7U, 15U}) {
    const auto before = first_ids(*build(equal_members(count), kKey));
    const auto after = first_ids(*build(equal_members(count + 1), kKey));
    std::size_t moved = 0;
    for (std::size_t slot = 0; slot < before.size(); ++slot) {
      if (after[slot] == before[slot]) continue;
      ++moved;
      ASSERT_EQ(after[slot], id(count + 1).value) << slot;
    }
    const double ideal = static_cast<double>(before.size()) / (count + 1);
    EXPECT_NEAR(static_cast<double>(moved), ideal, 0.01 * static_cast<double>(before.size()));
  }
}

TEST(SlotTable, SecondChoiceIsWhoWinsWithoutTheFirst) {
  auto members = equal_members(6);
  members[1].weight = 250;
  members[4].weight = 7;
  const auto table = build(members, kKey);
  for (std::uint16_t gone = 0; gone < 6; ++gone) {
    auto fewer = members;
    fewer.erase(fewer.begin() + gone);
    const auto after = first_ids(*build(fewer, kKey));
    for (std::size_t slot = 0; slot < table->size(); ++slot) {
      if (table->choices(slot).first != gone) continue;
      ASSERT_EQ(members[table->choices(slot).second].id.value, after[slot]) << slot;
    }
  }
}

TEST(SlotTable, RaisingAWeightMovesSlotsOnlyToThatMember) {
  auto members = equal_members(4);
  const auto before = first_ids(*build(members, kKey));
  members[2].weight = 200;
  const auto after = first_ids(*build(members, kKey));
  std::size_t moved = 0;
  for (std::size_t slot = 0; slot < before.size(); ++slot) {
    if (after[slot] == before[slot]) continue;
    ++moved;
    ASSERT_EQ(after[slot], members[2].id.value) << slot;
  }
  // From 1/4 to 2/5 of the slots.
  EXPECT_NEAR(static_cast<double>(moved) / 65'536, 0.15, 0.01);
}

TEST(SlotTable, WeightZeroMovesTheSameSlotsAsRemoval) {
  auto drained = equal_members(5);
  drained[3].weight = 0;
  auto removed = equal_members(5);
  removed.erase(removed.begin() + 3);
  EXPECT_EQ(first_ids(*build(drained, kKey)), first_ids(*build(removed, kKey)));
}

TEST(SlotTable, OnlyTheRatioOfWeightsMatters) {
  auto small = equal_members(3);
  auto large = equal_members(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    small[i].weight = i + 1;
    large[i].weight = (i + 1) * 1'000'000'000;
  }
  EXPECT_EQ(first_ids(*build(small, kKey)), first_ids(*build(large, kKey)));
}

TEST(SlotTable, OrderOfMembersDoesNotMatter) {
  auto members = equal_members(9);
  for (std::uint32_t i = 0; i < 9; ++i) members[i].weight = i % 4;
  const auto table = build(members, kKey);
  const auto expected = first_ids(*table);
  std::mt19937 random(1);  // NOLINT: the same permutations in every run
  for (int i = 0; i < 20; ++i) {
    std::shuffle(members.begin(), members.end(), random);
    const auto shuffled = build(members, kKey);
    ASSERT_EQ(first_ids(*shuffled), expected);
    ASSERT_EQ(shuffled->checksum(), table->checksum());
  }
}

TEST(SlotTable, ChecksumTellsIdsWeightsAndKeysApart) {
  const auto members = equal_members(4);
  const std::uint64_t checksum = build(members, kKey)->checksum();
  EXPECT_EQ(build(members, kKey)->checksum(), checksum);
  auto other_weight = members;
  other_weight[0].weight = 101;
  EXPECT_NE(build(other_weight, kKey)->checksum(), checksum);
  auto other_id = members;
  other_id[0].id = id(99);
  EXPECT_NE(build(other_id, kKey)->checksum(), checksum);
  EXPECT_NE(build(members, SipKey{kKey.k0 ^ 1, kKey.k1})->checksum(), checksum);
  EXPECT_NE(build(equal_members(3), kKey)->checksum(), checksum);
}

// Every machine, compiler and release must give these; a change moves dialogs between nodes of different releases.
// The values come from a second implementation of the rules, with exact fractions in place of cross multiplication.
TEST(SlotTable, GoldenChecksums) {
  EXPECT_EQ(build({}, kKey)->checksum(), 1526485593601680063U);
  EXPECT_EQ(build(equal_members(4), kKey)->checksum(), 13561699618061469063U);
  const std::vector<Member> weighted = {
      {BackendId{0x0a000001}, 1}, {BackendId{0x0a000002}, 2}, {BackendId{0x0a000003}, 3}, {BackendId{0xfffffffe}, 77}};
  EXPECT_EQ(build(weighted, kKey)->checksum(), 12524401069324930143U);
  EXPECT_EQ(build(equal_members(17), kKey, 262'144)->checksum(), 10991807388522016605U);
}

TEST(SlotTable, WeightsAreHonoured) {
  auto members = equal_members(3);
  for (std::uint32_t i = 0; i < 3; ++i) members[i].weight = i + 1;
  auto count = shares(first_ids(*build(members, kKey)));
  for (const Member& m : members) {
    const double ideal = 65'536.0 * m.weight / 6;
    EXPECT_NEAR(static_cast<double>(count[m.id.value]), ideal, 0.03 * ideal) << m.weight;
  }
}

TEST(SlotTable, ExtremeWeightsAreHonoured) {
  std::vector<Member> members = equal_members(2);
  members[0].weight = 1;
  members[1].weight = 1'000'000;
  EXPECT_LE(shares(first_ids(*build(members, kKey)))[members[0].id.value], 3U);
}

TEST(SlotTable, EqualWeightsGiveEvenShares) {
  for (const std::uint32_t members : {2U, 4U, 16U, 100U}) {
    const auto table = SlotTable::build(equal_members(members), kKey);
    const auto count = shares(first_ids(*table));
    std::size_t most = 0;
    for (const auto& [member, slots] : count) most = std::max(most, slots);
    const double average = static_cast<double>(table->size()) / members;
    EXPECT_EQ(count.size(), members);
    EXPECT_LE(static_cast<double>(most) / average, 1.05) << members;
  }
}

TEST(SlotTable, ConsecutiveIdsGiveEvenShares) {
  std::vector<Member> members;
  for (std::uint32_t i = 0; i < 16; ++i) members.push_back({BackendId{i}, 1});
  for (const auto& [member, slots] : shares(first_ids(*build(members, kKey)))) {
    EXPECT_NEAR(static_cast<double>(slots), 4'096, 0.06 * 4'096) << member;
  }
}

TEST(SlotTable, AnotherKeyDealsAnew) {
  const auto members = equal_members(4);
  const auto one = first_ids(*build(members, kKey));
  const auto other = first_ids(*build(members, SipKey{1, 2}));
  std::size_t same = 0;
  for (std::size_t slot = 0; slot < one.size(); ++slot) same += one[slot] == other[slot] ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(same) / 65'536, 0.25, 0.01);
}

// A table made from an earlier one must be the one made anew.
void expect_same_as_anew(const std::vector<Member>& before, const std::vector<Member>& after) {
  const std::size_t slots = 65'536;
  const auto previous = SlotTable::build({before, kKey, slots}, nullptr);
  const auto anew = SlotTable::build({after, kKey, slots}, nullptr);
  const auto derived = SlotTable::build({after, kKey, slots}, previous.get());
  EXPECT_EQ(derived->checksum(), anew->checksum());
  EXPECT_EQ(first_ids(*derived), first_ids(*anew));
}

TEST(DerivedTable, AfterOneJoined) { expect_same_as_anew(equal_members(31), equal_members(32)); }

TEST(DerivedTable, AfterOneLeft) {
  auto fewer = equal_members(32);
  fewer.erase(fewer.begin() + 7);
  expect_same_as_anew(equal_members(32), fewer);
}

TEST(DerivedTable, AfterAWeightRose) {
  auto heavier = equal_members(32);
  heavier[11].weight = 350;
  expect_same_as_anew(equal_members(32), heavier);
}

TEST(DerivedTable, AfterAWeightRoseAmongFew) {
  auto heavier = equal_members(4);
  heavier[2].weight = 101;
  expect_same_as_anew(equal_members(4), heavier);
}

TEST(DerivedTable, AfterAWeightFellAmongFew) {
  auto lighter = equal_members(4);
  lighter[2].weight = 99;
  expect_same_as_anew(equal_members(4), lighter);
}

TEST(DerivedTable, AfterAWeightFellToZero) {
  auto lighter = equal_members(32);
  lighter[11].weight = 0;
  expect_same_as_anew(equal_members(32), lighter);
  expect_same_as_anew(lighter, equal_members(32));
}

TEST(DerivedTable, AfterSeveralChangesInAnotherOrder) {
  auto members = equal_members(64);
  for (std::size_t i = 0; i < members.size(); ++i) members[i].weight = static_cast<std::uint32_t>(10 + i % 5);
  auto changed = members;
  changed[3].weight = 400;
  changed.erase(changed.begin() + 20);
  changed.push_back({id(1'000), 12});
  std::mt19937 random(2);  // NOLINT: the same permutation in every run
  std::shuffle(changed.begin(), changed.end(), random);
  expect_same_as_anew(members, changed);
}

TEST(DerivedTable, AfterAnyMixOfRisesFallsAndMoves) {
  std::mt19937 random(3);  // NOLINT: the same changes in every run
  for (int round = 0; round < 30; ++round) {
    const auto count = static_cast<std::uint32_t>(4 + random() % 8);
    auto before = equal_members(count);
    for (Member& m : before) m.weight = random() % 5;
    auto after = before;
    after[random() % count].weight = random() % 5;
    if (round % 3 == 0) after[random() % count].weight = random() % 1'000'000;
    if (round % 4 == 0) after.erase(after.begin());
    if (round % 5 == 0) after.push_back({id(500), 3});
    const auto previous = build(before, kKey, 4'096);
    const auto derived = SlotTable::build({after, kKey, 4'096}, previous.get());
    ASSERT_EQ(derived->checksum(), build(after, kKey, 4'096)->checksum()) << round;
  }
}

// Near scores are told apart by exact ones: with weights this large the rough ones have few bits.
TEST(SlotTable, LargeWeightsAreRankedAsTheWinnerIs) {
  std::vector<Member> members = equal_members(6);
  for (std::uint32_t i = 0; i < 6; ++i) members[i].weight = 0xffffffffU - i / 2;
  const auto table = build(members, kKey);
  expect_choices_win(*table, members.size());
}

TEST(DerivedTable, AfterMostChanged) { expect_same_as_anew(equal_members(4), equal_members(16)); }

TEST(SlotTable, TakesTheCountThatIsWanted) {
  const auto members = equal_members(3);
  EXPECT_EQ(SlotTable::build({members, kKey, 262'144}, nullptr)->size(), 262'144U);
  EXPECT_EQ(SlotTable::build({members, kKey, 1'024}, nullptr)->size(), 1'024U);
}

// Positions are kept in as few bits as there are members.
TEST(SlotTable, EveryWidthHoldsTheSameChoices) {
  for (const std::uint32_t count : {14U, 15U, 16U, 17U, 254U, 255U, 256U, 257U}) {
    const auto members = equal_members(count);
    const auto table = SlotTable::build({members, kKey, 1'024}, nullptr);
    const std::vector<std::uint8_t> usable(count, 1);
    for (std::size_t slot = 0; slot < table->size(); ++slot) {
      ASSERT_EQ(table->choices(slot).first, table->winner(slot, usable)) << count << " members, slot " << slot;
      ASSERT_LT(table->choices(slot).second, count);
    }
    EXPECT_EQ(table->bytes(), 1'024U * (count < 16 ? 1 : count < 256 ? 2 : 4));
  }
}

TEST(SlotTable, ALargerTableBeginsWithTheSmallerOne) {
  const auto small = SlotTable::build({equal_members(8), kKey, 1'024}, nullptr);
  const auto large = SlotTable::build({equal_members(8), kKey, 4'096}, nullptr);
  for (std::size_t slot = 0; slot < small->size(); ++slot) {
    ASSERT_EQ(small->choices(slot).first, large->choices(slot).first) << slot;
  }
}

TEST(SlotTable, IsBuiltFromWhatItWasBuiltFrom) {
  const auto members = equal_members(3);
  const auto table = SlotTable::build({members, kKey}, nullptr);
  EXPECT_TRUE(table->is_built_from({members, kKey}));
  EXPECT_TRUE(table->is_built_from({members, kKey, 1'048'576}));
  EXPECT_FALSE(table->is_built_from({members, kKey, 65'536}));
  EXPECT_FALSE(table->is_built_from({members, SipKey{1, 2}}));
  EXPECT_FALSE(table->is_built_from({members, kKey, 0, Fill::kMaglev}));
  EXPECT_FALSE(table->is_built_from({equal_members(4), kKey}));
}

TEST(MaglevTable, SizeIsAPrimeAboveWhatIsWanted) {
  const auto members = equal_members(3);
  EXPECT_EQ(SlotTable::slot_count({members, kKey, 0, Fill::kMaglev}), 65'537U);
  EXPECT_EQ(SlotTable::slot_count({members, kKey, 1'048'576, Fill::kMaglev}), 1'048'583U);
  EXPECT_EQ(SlotTable::slot_count({equal_members(1'000), kKey, 0, Fill::kMaglev}), 131'101U);
}

TEST(MaglevTable, SharesDifferByOneSlot) {
  const auto table = SlotTable::build({equal_members(10), kKey, 0, Fill::kMaglev}, nullptr);
  for (const auto& [member, slots] : shares(first_ids(*table))) {
    EXPECT_NEAR(static_cast<double>(slots), 6'553.7, 1) << member;
  }
}

TEST(MaglevTable, EverySlotHasTwoDifferentChoices) {
  const auto table = SlotTable::build({equal_members(5), kKey, 0, Fill::kMaglev}, nullptr);
  for (std::size_t slot = 0; slot < table->size(); ++slot) {
    const auto [first, second] = table->choices(slot);
    ASSERT_LT(first, 5);
    ASSERT_LT(second, 5);
    ASSERT_NE(first, second);
  }
}

TEST(Winner, EqualsFirstAndSecondChoice) {
  auto members = equal_members(7);
  members[3].weight = 5;
  members[5].weight = 0;
  const auto table = build(members, kKey);
  expect_choices_win(*table, members.size());
}

TEST(Winner, EqualsTableOfTheUsableMembers) {
  auto members = equal_members(8);
  members[6].weight = 300;
  const auto table = build(members, kKey);
  for (const unsigned mask : {0x01U, 0x81U, 0x2aU, 0x7fU, 0xc3U}) {
    std::vector<std::uint8_t> usable(8);
    std::vector<Member> alive;
    for (std::size_t i = 0; i < 8; ++i) {
      usable[i] = static_cast<std::uint8_t>((mask >> i) & 1U);
      if (usable[i] != 0) alive.push_back(members[i]);
    }
    const auto expected = first_ids(*build(alive, kKey));
    for (std::size_t slot = 0; slot < table->size(); ++slot) {
      ASSERT_EQ(members[table->winner(slot, usable)].id.value, expected[slot]) << mask << " slot " << slot;
    }
  }
}

TEST(Winner, NobodyUsableIsNobody) {
  const auto table = build(equal_members(3), kKey);
  const std::vector<std::uint8_t> usable(3, 0);
  EXPECT_EQ(table->winner(1, usable), kNoIndex);
}

}  // namespace
}  // namespace dialplane::balance
