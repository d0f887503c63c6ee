// SPDX-License-Identifier: Apache-2.0
// Edits against a plain std::string, on buffers whose ends cannot be overrun. Test thread.
#include "dialplane/sip/edits.hpp"

#include "guarded_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace dialplane::sip {
namespace {

/// A message with room on both sides, flush against a protected page.
struct Place {
  Place(std::string_view text, std::size_t headroom, std::size_t tailroom, test::Guard guard = test::Guard::kAfter)
      : buffer(headroom + text.size() + tailroom, guard) {
    room = {.data = buffer.data() + headroom, .length = text.size(), .headroom = headroom, .tailroom = tailroom};
    std::copy(text.begin(), text.end(), room.data);
  }
  [[nodiscard]] std::string text() const { return {reinterpret_cast<const char*>(room.data), room.length}; }
  [[nodiscard]] bool consistent() const {
    return room.data - room.headroom == buffer.data() && room.headroom + room.length + room.tailroom == buffer.size();
  }
  test::GuardedBuffer buffer;
  Room room;
};

TEST(EditList, InsertsErasesAndReplaces) {
  EditList edits;
  EXPECT_TRUE(edits.insert(0, "<"));
  EXPECT_TRUE(edits.replace(2, 2, "XYZ"));
  EXPECT_TRUE(edits.erase(6, 2));
  EXPECT_TRUE(edits.insert(10, ">"));
  EXPECT_EQ(edits.growth(), 1);
  Place place("0123456789", 4, 4);
  ASSERT_TRUE(edits.apply(place.room));
  EXPECT_EQ(place.text(), "<01XYZ4589>");
  EXPECT_TRUE(place.consistent());
}

TEST(EditList, InsertionsAtOneOffsetKeepTheirOrder) {
  EditList edits;
  EXPECT_TRUE(edits.insert(3, "b"));
  EXPECT_TRUE(edits.insert(1, "a"));
  EXPECT_TRUE(edits.insert(3, "c"));
  Place place("0123", 8, 8);
  ASSERT_TRUE(edits.apply(place.room));
  EXPECT_EQ(place.text(), "0a12bc3");
}

TEST(EditList, AnInsertionStandsBeforeWhatIsReplacedThere) {
  EditList edits;
  EXPECT_TRUE(edits.replace(1, 1, "R"));
  EXPECT_TRUE(edits.insert(1, "i"));
  EXPECT_TRUE(edits.insert(2, "j"));
  Place place("012", 8, 8);
  ASSERT_TRUE(edits.apply(place.room));
  EXPECT_EQ(place.text(), "0iRj2");
}

TEST(EditList, RefusesOverlap) {
  EditList edits;
  EXPECT_TRUE(edits.replace(4, 4, "x"));
  EXPECT_FALSE(edits.erase(4, 1));
  EXPECT_FALSE(edits.erase(0, 5));
  EXPECT_FALSE(edits.insert(6, "y"));
  EXPECT_FALSE(edits.erase(7, 3));
  EXPECT_EQ(edits.size(), 1U);
  EXPECT_TRUE(edits.erase(8, 1));
  EXPECT_TRUE(edits.erase(0, 4));
}

TEST(EditList, RefusesWhatDoesNotFitTheList) {
  EditList edits;
  EXPECT_FALSE(edits.insert(0, std::string(EditList::kMaxTextBytes + 1, 'x')));
  for (std::size_t i = 0; i < EditList::kMaxEdits; ++i) EXPECT_TRUE(edits.insert(i, "x"));
  EXPECT_FALSE(edits.insert(0, "x"));
  EXPECT_EQ(edits.size(), EditList::kMaxEdits);
  edits.clear();
  EXPECT_TRUE(edits.insert(0, std::string(EditList::kMaxTextBytes, 'x')));
  EXPECT_FALSE(edits.insert(1, "y"));
}

TEST(EditList, RefusesEditsOutsideTheMessage) {
  EditList edits;
  EXPECT_TRUE(edits.erase(3, 2));
  Place place("0123", 8, 8);
  EXPECT_FALSE(edits.apply(place.room));
  EXPECT_EQ(place.text(), "0123");
}

TEST(EditList, RefusesWhatDoesNotFitTheRoom) {
  EditList edits;
  EXPECT_TRUE(edits.insert(2, "abcde"));
  Place place("0123", 2, 2);
  EXPECT_FALSE(edits.apply(place.room));
  EXPECT_EQ(place.text(), "0123");
  Place wider("0123", 3, 2);
  EXPECT_TRUE(edits.apply(wider.room));
  EXPECT_EQ(wider.text(), "01abcde23");
}

TEST(EditList, GrowsTowardsTheNearerEnd) {
  const std::string message(1000, 'm');
  EditList front;
  EXPECT_TRUE(front.insert(10, "front"));
  Place towards_head(message, 64, 64);
  const auto* end = towards_head.room.data + towards_head.room.length;
  ASSERT_TRUE(front.apply(towards_head.room));
  EXPECT_EQ(towards_head.room.data + towards_head.room.length, end);
  EXPECT_EQ(towards_head.room.headroom, 59U);

  EditList back;
  EXPECT_TRUE(back.insert(990, "back"));
  Place towards_tail(message, 64, 64);
  ASSERT_TRUE(back.apply(towards_tail.room));
  EXPECT_EQ(towards_tail.room.headroom, 64U);
  EXPECT_EQ(towards_tail.room.tailroom, 60U);
}

TEST(EditList, KeepsTheLongestRunInPlaceBetweenTwoInsertions) {
  std::string message(1000, 'm');
  message[500] = '*';
  EditList edits;
  EXPECT_TRUE(edits.insert(10, "12345"));
  EXPECT_TRUE(edits.insert(990, "123"));
  Place place(message, 64, 64);
  const auto* star = place.room.data + 500;
  ASSERT_TRUE(edits.apply(place.room));
  EXPECT_EQ(*star, '*');
  EXPECT_EQ(place.room.headroom, 59U);
  EXPECT_EQ(place.room.tailroom, 61U);
}

/// Edits as the list takes them, applied the plain way.
std::string apply_plainly(std::string text, const EditList& edits) {
  std::vector<EditList::Edit> ordered(edits.begin(), edits.end());
  for (auto edit = ordered.rbegin(); edit != ordered.rend(); ++edit) {
    text.replace(edit->at, edit->erase, std::string(edits.inserted(*edit)));
  }
  return text;
}

TEST(EditList, AgreesWithAPlainStringInAnyRoom) {
  std::mt19937 random(20240607);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  std::size_t applied = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text(below(120), ' ');
    std::generate(text.begin(), text.end(), [&] { return static_cast<char>('a' + below(26)); });
    EditList edits;
    const auto wanted = below(10);
    for (std::size_t i = 0; i < wanted; ++i) {
      const auto at = below(text.size() + 1);
      const auto erase = below(std::min<std::size_t>(text.size() - at, 20) + 1);
      const std::string inserted(below(3) == 0 ? 0 : below(20), static_cast<char>('A' + i));
      (void)edits.replace(at, erase, inserted);
    }
    const auto expected = apply_plainly(text, edits);
    ASSERT_EQ(static_cast<std::ptrdiff_t>(expected.size()) - static_cast<std::ptrdiff_t>(text.size()), edits.growth());
    Place place(text, below(60), below(60), round % 2 == 0 ? test::Guard::kAfter : test::Guard::kBefore);
    const bool fits = expected.size() <= place.buffer.size();
    ASSERT_EQ(edits.apply(place.room), fits);
    ASSERT_EQ(place.text(), fits ? expected : text);
    ASSERT_TRUE(place.consistent());
    ++(fits ? applied : refused);
  }
  EXPECT_GT(applied, 1000U);
  EXPECT_GT(refused, 10U);
}

TEST(EditList, TakesTextWrittenToItsOwnRoom) {
  Place place("one three", 8, 8);
  EditList edits;
  ASSERT_TRUE(edits.insert(9, "!"));
  std::copy_n("two ", 4, edits.room());
  ASSERT_TRUE(edits.insert(4, {edits.room(), 4}));
  ASSERT_TRUE(edits.replace(0, 3, "1st"));
  ASSERT_TRUE(edits.apply(place.room));
  EXPECT_EQ(place.text(), "1st two three!");
}

}  // namespace
}  // namespace dialplane::sip
