// SPDX-License-Identifier: Apache-2.0
// Joining and cutting datagrams. Test thread.
#include "dialplane/net/reassembly.hpp"

#include "packet_builder.hpp"

#include "dialplane/net/fragment.hpp"
#include "dialplane/net/frame_edit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace dialplane::net {
namespace {

using test::Bytes;

/// An IPv4/UDP frame of ours with `payload_bytes` counted bytes.
Bytes whole_frame(std::size_t payload_bytes, std::uint16_t ip_id = 77, const char* source = "192.0.2.77:40000") {
  Bytes frame(kUdp4Headers + payload_bytes);
  for (std::size_t i = 0; i < payload_bytes; ++i) frame[kUdp4Headers + i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  write_udp4_headers(frame.data() + kUdp4Headers, payload_bytes,
                     {test::kClientMac, test::kOurMac, test::endpoint(source), test::endpoint("203.0.113.10:5060")},
                     ip_id, 0);
  return frame;
}

std::vector<Bytes> cut(const Bytes& frame, std::size_t mtu) {
  std::vector<Bytes> pieces;
  const auto count = fragment_count(frame, mtu);
  for (std::size_t i = 0; i < count; ++i) {
    Bytes out(mtu + kEthernetHeader);
    out.resize(write_fragment(frame, mtu, i, 0, out.data()));
    pieces.push_back(out);
  }
  return pieces;
}

struct Fed {
  FragmentOutcome outcome = FragmentOutcome::kHeld;
  JoinedFrame joined;
  std::size_t given_up = 0;
};

Fed feed(Reassembler& table, const Bytes& fragment, std::uint64_t now_ms = 0) {
  FrameView view;
  parse_frame(fragment, view);
  EXPECT_EQ(view.kind, FrameKind::kFragment);
  Fed fed;
  fed.outcome = table.add(fragment, view, now_ms, fed.joined, fed.given_up);
  return fed;
}

Bytes joined_bytes(const JoinedFrame& joined) { return {joined.data, joined.data + joined.length}; }

TEST(Fragment, LeavesADatagramThatFitsWhole) {
  EXPECT_EQ(fragment_count(whole_frame(1472), 1500), 1u);
  EXPECT_EQ(fragment_count(whole_frame(1473), 1500), 2u);
}

TEST(Fragment, CutsAtMultiplesOfEightAndMarksTheLast) {
  const auto pieces = cut(whole_frame(2300), 1500);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].size(), 14u + 20u + 1480u);
  EXPECT_EQ(load_be16(pieces[0].data() + 20), 0x2000);
  EXPECT_EQ(load_be16(pieces[1].data() + 20), 1480 / 8);
}

TEST(Reassembler, JoinsFragmentsInAnyOrder) {
  const auto frame = whole_frame(6000);
  auto pieces = cut(frame, 1500);
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(pieces.begin(), pieces.end(), random);
    Reassembler table;
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
      EXPECT_EQ(feed(table, pieces[i]).outcome, FragmentOutcome::kHeld);
    }
    EXPECT_EQ(table.held(), pieces.size() - 1);
    const auto last = feed(table, pieces.back());
    ASSERT_EQ(last.outcome, FragmentOutcome::kComplete);
    EXPECT_EQ(last.joined.fragments, pieces.size());
    EXPECT_EQ(table.held(), 0u);
    EXPECT_EQ(joined_bytes(last.joined), frame);
  }
}

TEST(Reassembler, GivesRoomRoundAJoinedFrame) {
  Reassembler table;
  const auto pieces = cut(whole_frame(2000), 1500);
  feed(table, pieces[0]);
  const auto last = feed(table, pieces[1]);
  EXPECT_GE(last.joined.headroom, 256u);
  EXPECT_GE(last.joined.tailroom, 256u);
}

TEST(Reassembler, KeepsDatagramsOfOneSenderApartById) {
  Reassembler table;
  const auto a = cut(whole_frame(2000, 1), 1500);
  const auto b = cut(whole_frame(2000, 2), 1500);
  feed(table, a[0]);
  feed(table, b[0]);
  EXPECT_EQ(feed(table, a[1]).outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(feed(table, b[1]).outcome, FragmentOutcome::kComplete);
}

TEST(Reassembler, GivesUpADatagramWithAnOverlap) {
  Reassembler table;
  const auto frame = whole_frame(3000);
  const auto wide = cut(frame, 1500);
  const auto narrow = cut(frame, 1004);
  feed(table, wide[0]);
  const auto second = feed(table, narrow[1]);
  EXPECT_EQ(second.outcome, FragmentOutcome::kOverlap);
  EXPECT_EQ(second.given_up, 1u);
  EXPECT_EQ(table.held(), 0u);
}

TEST(Reassembler, PassesOverARepeatedFragment) {
  const auto frame = whole_frame(6000);
  const auto pieces = cut(frame, 1500);
  Reassembler table;
  for (const auto position : {4U, 0U, 2U, 1U}) {
    EXPECT_EQ(feed(table, pieces[position]).outcome, FragmentOutcome::kHeld);
    const auto again = feed(table, pieces[position]);
    EXPECT_EQ(again.outcome, FragmentOutcome::kRepeated);
    EXPECT_EQ(again.given_up, 0u);
  }
  EXPECT_EQ(table.held(), 4u);
  const auto last = feed(table, pieces[3]);
  ASSERT_EQ(last.outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(joined_bytes(last.joined), frame);
}

TEST(Reassembler, GivesUpADatagramOfWhichTwoFragmentsContradict) {
  Reassembler table;
  const auto pieces = cut(whole_frame(3000), 1500);
  auto other = pieces[0];
  other.back() ^= 1;
  feed(table, pieces[0]);
  const auto second = feed(table, other);
  EXPECT_EQ(second.outcome, FragmentOutcome::kOverlap);
  EXPECT_EQ(second.given_up, 1u);
  EXPECT_EQ(table.held(), 0u);
}

TEST(Reassembler, KeepsTheServiceClassOfTheFirstFragment) {
  auto frame = whole_frame(3000);
  frame[15] = 0xb8;
  test::put16(frame, 24, 0);
  test::put16(frame, 24, checksum_finish(checksum_add(0, {frame.data() + 14, 20})));
  auto pieces = cut(frame, 1500);
  Reassembler table;
  feed(table, pieces[2]);
  feed(table, pieces[0]);
  const auto last = feed(table, pieces[1]);
  ASSERT_EQ(last.outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(joined_bytes(last.joined), frame);
}

TEST(Reassembler, RefusesAFirstFragmentWithoutAWholeUdpHeader) {
  auto frame = cut(whole_frame(3000), 1500)[0];
  test::put16(frame, 16, 20 + 7);
  test::put16(frame, 24, 0);
  test::put16(frame, 24, checksum_finish(checksum_add(0, {frame.data() + 14, 20})));
  Reassembler table;
  EXPECT_EQ(feed(table, frame).outcome, FragmentOutcome::kOverlap);
  EXPECT_EQ(table.held(), 0u);
}

TEST(Reassembler, RefusesWhatReachesBeyondTheLargestDatagram) {
  Reassembler table({4, 2000, 2000});
  const auto pieces = cut(whole_frame(3000), 1500);
  EXPECT_EQ(feed(table, pieces[0]).outcome, FragmentOutcome::kHeld);
  const auto beyond = feed(table, pieces[1]);
  EXPECT_EQ(beyond.outcome, FragmentOutcome::kTooLarge);
  EXPECT_EQ(beyond.given_up, 1u);
}

TEST(Reassembler, LetsTheDatagramThatWaitsLongestMakeRoom) {
  Reassembler table({2, 65535, 2000});
  const auto first = cut(whole_frame(4000, 1), 1500);
  const auto second = cut(whole_frame(2000, 2), 1500);
  feed(table, first[0]);
  feed(table, first[1]);
  feed(table, second[0]);
  const auto third = feed(table, cut(whole_frame(2000, 3), 1500)[0]);
  EXPECT_EQ(third.outcome, FragmentOutcome::kHeld);
  EXPECT_EQ(third.given_up, 2u);
  EXPECT_EQ(table.held(), 2u);
  EXPECT_EQ(feed(table, second[1]).outcome, FragmentOutcome::kComplete);
}

TEST(Reassembler, JoinsUnderAFloodOfLoneFragments) {
  Reassembler table;
  std::size_t joined = 0;
  for (std::uint16_t id = 1000; id < 2000; ++id) {
    const auto pieces = cut(whole_frame(3000, id), 1500);
    feed(table, pieces[0]);
    for (std::uint16_t lone = 0; lone < 20; ++lone) {
      const auto source = "198.18.0." + std::to_string(1 + lone) + ":5060";
      feed(table, cut(whole_frame(2000, id, source.c_str()), 1500)[1]);
    }
    feed(table, pieces[1]);
    const auto last = feed(table, pieces[2]);
    if (last.outcome != FragmentOutcome::kComplete) continue;
    ++joined;
    table.release(last.joined.slot);
  }
  EXPECT_EQ(joined, 1000u);
}

TEST(Reassembler, LetsASourceBeyondItsShareMakeRoomItself) {
  Reassembler table({8, 65535, 2000, 3});
  const auto ours = cut(whole_frame(2000, 1), 1500);
  feed(table, ours[0]);
  for (std::uint16_t id = 1; id < 1000; ++id) {
    const auto lone = feed(table, cut(whole_frame(2000, id, "198.18.0.9:5060"), 1500)[1]);
    ASSERT_EQ(lone.outcome, FragmentOutcome::kHeld);
    ASSERT_EQ(lone.given_up, id > 3 ? 1u : 0u);
  }
  EXPECT_EQ(table.held(), 4u);
  EXPECT_EQ(feed(table, ours[1]).outcome, FragmentOutcome::kComplete);
}

TEST(Reassembler, LetsTheNewestOfASourceBeyondItsShareWait) {
  Reassembler table({8, 65535, 2000, 2});
  std::vector<std::vector<Bytes>> datagrams;
  for (std::uint16_t id = 1; id <= 3; ++id) {
    datagrams.push_back(cut(whole_frame(2000, id), 1500));
    feed(table, datagrams.back()[0]);
  }
  EXPECT_EQ(feed(table, datagrams[1][1]).outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(feed(table, datagrams[2][1]).outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(feed(table, datagrams[0][1]).outcome, FragmentOutcome::kHeld);
}

TEST(Reassembler, CountsAgainstAShareOnlyWhatStillWaits) {
  Reassembler table({8, 65535, 2000, 1});
  for (std::uint16_t id = 1; id <= 4; ++id) {
    const auto pieces = cut(whole_frame(2000, id), 1500);
    ASSERT_EQ(feed(table, pieces[0]).given_up, 0u);
    ASSERT_EQ(feed(table, pieces[1]).outcome, FragmentOutcome::kComplete);
  }
}

TEST(Reassembler, TakesNoPlaceForWhatIsBadByItself) {
  Reassembler table({1, 65535, 2000});
  const auto pieces = cut(whole_frame(2000, 1), 1500);
  auto tiny = cut(whole_frame(3000, 2), 1500)[0];
  test::put16(tiny, 16, 20 + 7);
  test::put16(tiny, 24, 0);
  test::put16(tiny, 24, checksum_finish(checksum_add(0, {tiny.data() + 14, 20})));
  feed(table, pieces[0]);
  EXPECT_EQ(feed(table, tiny).given_up, 0u);
  EXPECT_EQ(feed(table, pieces[1]).outcome, FragmentOutcome::kComplete);
}

TEST(Reassembler, SaysWhenEveryPlaceIsTakenByAJoinedDatagram) {
  Reassembler table({1, 65535, 2000});
  const auto pieces = cut(whole_frame(2000, 1), 1500);
  feed(table, pieces[0]);
  ASSERT_EQ(feed(table, pieces[1]).outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(feed(table, cut(whole_frame(2000, 2), 1500)[0]).outcome, FragmentOutcome::kTableFull);
}

TEST(Reassembler, ExpiresWhatWaitsTooLongAndTakesNewOnes) {
  Reassembler table({1, 65535, 2000});
  const auto pieces = cut(whole_frame(3000, 1), 1500);
  feed(table, pieces[0], 100);
  EXPECT_EQ(table.expire(2099), 0u);
  EXPECT_EQ(table.expire(2100), 1u);
  EXPECT_EQ(table.held(), 0u);
  EXPECT_EQ(feed(table, pieces[0], 2100).outcome, FragmentOutcome::kHeld);
}

TEST(Reassembler, ReusesReleasedMemory) {
  Reassembler table({1, 65535, 2000});
  for (std::uint16_t id = 1; id <= 5; ++id) {
    const auto pieces = cut(whole_frame(2000, id), 1500);
    feed(table, pieces[0]);
    const auto last = feed(table, pieces[1]);
    ASSERT_EQ(last.outcome, FragmentOutcome::kComplete);
    table.release(last.joined.slot);
  }
}

TEST(Reassembler, JoinsTheLargestDatagram) {
  const auto frame = whole_frame(65507);
  Reassembler table;
  Fed last;
  for (const auto& piece : cut(frame, 1500)) last = feed(table, piece);
  ASSERT_EQ(last.outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(joined_bytes(last.joined), frame);
}

}  // namespace
}  // namespace dialplane::net
