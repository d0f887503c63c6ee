// SPDX-License-Identifier: Apache-2.0
// Joining and cutting IPv6 datagrams. Test thread.
#include "guarded_buffer.hpp"
#include "packet_builder.hpp"

#include "dialplane/net/fragment.hpp"
#include "dialplane/net/frame_edit.hpp"
#include "dialplane/net/reassembly.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace dialplane::net {
namespace {

using test::Bytes;
using test::GuardedBuffer;

constexpr std::size_t kFragmentAt = kEthernetHeader + kIpv6Header;

/// An IPv6/UDP frame of ours with `payload_bytes` counted bytes.
Bytes whole_frame(std::size_t payload_bytes) {
  Bytes frame(kUdp6Headers + payload_bytes);
  for (std::size_t i = 0; i < payload_bytes; ++i) frame[kUdp6Headers + i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  write_udp6_headers(frame.data() + kUdp6Headers, payload_bytes,
                     {test::kClientMac, test::kOurMac, test::endpoint("[2001:db8::77]:40000"),
                      test::endpoint("[2001:db8:1::10]:5060")},
                     0);
  return frame;
}

std::vector<Bytes> cut(const Bytes& frame, std::size_t mtu, std::uint32_t id = 0x01020304) {
  std::vector<Bytes> pieces;
  for (std::size_t i = 0; i < fragment_count(frame, mtu); ++i) {
    GuardedBuffer out(mtu + kEthernetHeader);
    const auto length = write_fragment(frame, mtu, i, id, out.data());
    pieces.emplace_back(out.data(), out.data() + length);
  }
  return pieces;
}

struct Fed {
  FragmentOutcome outcome = FragmentOutcome::kHeld;
  JoinedFrame joined;
  std::size_t given_up = 0;
};

Fed feed(Reassembler& table, const Bytes& fragment) {
  const GuardedBuffer guarded{std::span<const std::uint8_t>(fragment)};
  FrameView view;
  parse_frame(guarded.bytes(), view);
  EXPECT_EQ(view.kind, FrameKind::kFragment);
  Fed fed;
  fed.outcome = table.add(guarded.bytes(), view, 0, fed.joined, fed.given_up);
  return fed;
}

Bytes joined_bytes(const JoinedFrame& joined) { return {joined.data, joined.data + joined.length}; }

TEST(FragmentIpv6, LeavesADatagramThatFitsWhole) {
  const auto frame = whole_frame(1452);
  ASSERT_EQ(fragment_count(frame, 1500), 1u);
  EXPECT_EQ(cut(frame, 1500).at(0), frame);
  EXPECT_EQ(fragment_count(whole_frame(1453), 1500), 2u);
}

TEST(FragmentIpv6, OnlyIpv6NeedsAnId) {
  EXPECT_TRUE(needs_fragment_id(whole_frame(1)));
  EXPECT_FALSE(needs_fragment_id(test::udp_frame("192.0.2.77:40000", "203.0.113.10:5060", "x")));
}

TEST(FragmentIpv6, WritesFragmentHeaders) {
  const auto pieces = cut(whole_frame(2000), 1500);
  ASSERT_EQ(pieces.size(), 2u);
  const auto header = [&](std::size_t i) {
    return Bytes(pieces[i].begin() + kFragmentAt, pieces[i].begin() + kFragmentAt + kIpv6FragmentHeader);
  };
  EXPECT_EQ(header(0), (Bytes{17, 0, 0x00, 0x01, 1, 2, 3, 4}));
  EXPECT_EQ(header(1), (Bytes{17, 0, 0x05, 0xa8, 1, 2, 3, 4}));
  EXPECT_EQ(pieces[0].size(), kFragmentAt + 8 + 1448);
  EXPECT_EQ(pieces[1].size(), kFragmentAt + 8 + 2008 - 1448);
  for (const auto& piece : pieces) {
    EXPECT_EQ(piece[kEthernetHeader + 6], 44);
    EXPECT_EQ(load_be16(piece.data() + kEthernetHeader + 4), piece.size() - kFragmentAt);
  }
}

TEST(FragmentIpv6, NoFragmentExceedsTheSmallestMtu) {
  for (std::size_t bytes = 1200; bytes < 1300; ++bytes) {
    for (const auto& piece : cut(whole_frame(bytes), 1280)) ASSERT_LE(piece.size(), 1280 + kEthernetHeader) << bytes;
  }
}

TEST(ReassemblerIpv6, KeepsTheTrafficClassAndPassesOverARepeatedFragment) {
  auto frame = whole_frame(3500);
  frame[14] = 0x6b;
  frame[15] = 0x80;
  const auto pieces = cut(frame, 1280);
  Reassembler table;
  feed(table, pieces[0]);
  feed(table, pieces[2]);
  EXPECT_EQ(feed(table, pieces[0]).outcome, FragmentOutcome::kRepeated);
  const auto last = feed(table, pieces[1]);
  ASSERT_EQ(last.outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(joined_bytes(last.joined), frame);
}

TEST(ReassemblerIpv6, JoinsFragmentsInEveryOrder) {
  const auto frame = whole_frame(3500);
  auto pieces = cut(frame, 1280);
  ASSERT_EQ(pieces.size(), 3u);
  std::sort(pieces.begin(), pieces.end());
  do {
    Reassembler table;
    EXPECT_EQ(feed(table, pieces[0]).outcome, FragmentOutcome::kHeld);
    EXPECT_EQ(feed(table, pieces[1]).outcome, FragmentOutcome::kHeld);
    const auto last = feed(table, pieces[2]);
    ASSERT_EQ(last.outcome, FragmentOutcome::kComplete);
    EXPECT_EQ(last.joined.fragments, 3);
    EXPECT_EQ(table.held(), 0u);
    EXPECT_EQ(joined_bytes(last.joined), frame);
  } while (std::next_permutation(pieces.begin(), pieces.end()));
}

TEST(ReassemblerIpv6, KeepsDatagramsApartByTheWholeId) {
  Reassembler table;
  const auto a = cut(whole_frame(2000), 1500, 0x00010001);
  const auto b = cut(whole_frame(2000), 1500, 0x00020001);
  feed(table, a[0]);
  feed(table, b[0]);
  EXPECT_EQ(feed(table, a[1]).outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(feed(table, b[1]).outcome, FragmentOutcome::kComplete);
}

TEST(ReassemblerIpv6, DropsHeadersBeforeTheFragmentHeader) {
  const auto frame = whole_frame(2000);
  Reassembler table;
  Fed last;
  for (auto piece : cut(frame, 1500)) {
    const Bytes options = {44, 0, 1, 4, 0, 0, 0, 0};
    piece.insert(piece.begin() + kFragmentAt, options.begin(), options.end());
    piece[kEthernetHeader + 6] = 60;
    test::put16(piece, kEthernetHeader + 4, piece.size() - kFragmentAt);
    last = feed(table, piece);
  }
  ASSERT_EQ(last.outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(joined_bytes(last.joined), frame);
}

TEST(ReassemblerIpv6, GivesUpADatagramWithAnOverlap) {
  const auto frame = whole_frame(3000);
  Reassembler table;
  feed(table, cut(frame, 1500)[0]);
  const auto second = feed(table, cut(frame, 1300)[1]);
  EXPECT_EQ(second.outcome, FragmentOutcome::kOverlap);
  EXPECT_EQ(second.given_up, 1u);
}

TEST(ReassemblerIpv6, RefusesAMiddleFragmentThatIsNoMultipleOfEight) {
  auto piece = cut(whole_frame(3000), 1500)[0];
  piece.pop_back();
  test::put16(piece, kEthernetHeader + 4, piece.size() - kFragmentAt);
  Reassembler table;
  EXPECT_EQ(feed(table, piece).outcome, FragmentOutcome::kOverlap);
}

TEST(ReassemblerIpv6, JoinsTheLargestDatagramAndRefusesALargerOne) {
  const auto largest = whole_frame(65535 - kIpv6Header - kUdpHeader);
  Reassembler table;
  Fed last;
  for (const auto& piece : cut(largest, 1500)) last = feed(table, piece);
  ASSERT_EQ(last.outcome, FragmentOutcome::kComplete);
  EXPECT_EQ(joined_bytes(last.joined), largest);
  for (const auto& piece : cut(whole_frame(65527), 1500)) last = feed(table, piece);
  EXPECT_EQ(last.outcome, FragmentOutcome::kTooLarge);
}

}  // namespace
}  // namespace dialplane::net
