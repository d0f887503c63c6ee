// SPDX-License-Identifier: Apache-2.0
// Replaces, Join and Target-Dialog on literal values. Test thread.
#include "dialplane/sip/dialog_id.hpp"

#include "guarded_buffer.hpp"
#include "messages.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace dialplane::sip {
namespace {

TEST(DialogId, ReplacesNamesTheReceiversTagFirst) {
  const auto dialog =
      parse_dialog_id(HeaderId::kReplaces, "98732@sip.example.com\r\n ;from-tag=r33th4x0r;to-tag=ff87ff");
  ASSERT_TRUE(dialog);
  EXPECT_EQ(dialog->call_id, "98732@sip.example.com");
  EXPECT_EQ(dialog->local_tag, "ff87ff");
  EXPECT_EQ(dialog->remote_tag, "r33th4x0r");
  EXPECT_FALSE(dialog->early_only);
}

TEST(DialogId, EarlyOnlyCountsInReplacesAlone) {
  EXPECT_TRUE(parse_dialog_id(HeaderId::kReplaces, "c;to-tag=a;from-tag=b;Early-Only")->early_only);
  EXPECT_FALSE(parse_dialog_id(HeaderId::kJoin, "c;to-tag=a;from-tag=b;early-only")->early_only);
}

TEST(DialogId, JoinHasTheNamesOfReplaces) {
  const auto dialog = parse_dialog_id(HeaderId::kJoin, "12adf2f34456gs5;TO-TAG = 12345 ; from-tag=54321");
  ASSERT_TRUE(dialog);
  EXPECT_EQ(dialog->call_id, "12adf2f34456gs5");
  EXPECT_EQ(dialog->local_tag, "12345");
  EXPECT_EQ(dialog->remote_tag, "54321");
}

TEST(DialogId, TargetDialogSaysLocalAndRemote) {
  const auto dialog = parse_dialog_id(HeaderId::kTargetDialog,
                                      "fa77as7dad8-sd98ajzz@host.example.com;"
                                      "local-tag=kkaz-;remote-tag=6544");
  ASSERT_TRUE(dialog);
  EXPECT_EQ(dialog->local_tag, "kkaz-");
  EXPECT_EQ(dialog->remote_tag, "6544");
  EXPECT_FALSE(parse_dialog_id(HeaderId::kTargetDialog, "c;to-tag=a;from-tag=b"));
}

TEST(DialogId, UnknownParametersAreSkipped) {
  EXPECT_TRUE(parse_dialog_id(HeaderId::kReplaces, "c;x;to-tag=a;y=\"to-tag=z;\";from-tag=b"));
}

TEST(DialogId, RefusesWhatIsAmbiguousOrIncomplete) {
  for (const auto* bad :
       {"", ";to-tag=a;from-tag=b", "c", "c;to-tag=a", "c;from-tag=b", "c;to-tag=a;to-tag=a;from-tag=b",
        "c;to-tag=a;from-tag=b;from-tag=d", "c;to-tag=\"a\";from-tag=b", "c;to-tag=;from-tag=b", "c;to-tag;from-tag=b",
        "c@;to-tag=a;from-tag=b", "c d;to-tag=a;from-tag=b", "c;to-tag=a;from-tag=b,d;to-tag=a;from-tag=b",
        "c;to-tag=a@b;from-tag=b", "c;;to-tag=a;from-tag=b"}) {
    EXPECT_FALSE(parse_dialog_id(HeaderId::kReplaces, bad)) << bad;
  }
}

TEST(DialogId, OtherHeadersNameNoDialog) { EXPECT_FALSE(parse_dialog_id(HeaderId::kTo, "c;to-tag=a;from-tag=b")); }

TEST(DialogId, IsFoundInAMessageUnlessItStandsTwice) {
  const Parsed one(invite("Replaces : c@h;to-tag=a;from-tag=b\r\n"));
  ASSERT_TRUE(find_dialog_id(one.message, HeaderId::kReplaces));
  EXPECT_EQ(find_dialog_id(one.message, HeaderId::kReplaces)->call_id, "c@h");
  EXPECT_FALSE(find_dialog_id(one.message, HeaderId::kJoin));
  const Parsed two(invite("Replaces: c@h;to-tag=a;from-tag=b\r\nReplaces: d@h;to-tag=a;from-tag=b\r\n"));
  EXPECT_FALSE(find_dialog_id(two.message, HeaderId::kReplaces));
}

TEST(DialogId, NoPrefixReadsPastItsEnd) {
  const std::string_view good = "98732@sip.example.com ;x=\"q;\\\"\";from-tag=r33;to-tag=ff87ff;early-only";
  test::GuardedBuffer buffer(good.size());
  std::size_t taken = 0;
  for (std::size_t length = 0; length <= good.size(); ++length) {
    const auto room = buffer.last(length);
    std::copy_n(good.begin(), length, room.begin());
    taken += parse_dialog_id(HeaderId::kReplaces, {reinterpret_cast<const char*>(room.data()), length}) ? 1 : 0;
  }
  // From the first letter of the second tag on, but for the bare ';' before the flag.
  EXPECT_EQ(taken, good.size() - good.find("ff87ff") - 1);
}

}  // namespace
}  // namespace dialplane::sip
