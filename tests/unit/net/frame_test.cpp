// SPDX-License-Identifier: Apache-2.0
// Ethernet, VLAN, IPv4, UDP and TCP parsing of good, cut and inconsistent frames. Test thread.
#include "dialplane/net/frame.hpp"

#include "guarded_buffer.hpp"
#include "packet_builder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dialplane::net {
namespace {

using test::Bytes;
using test::endpoint;
using test::GuardedBuffer;
using test::put16;
using test::UdpPacket;

constexpr std::size_t kIp = 14;

UdpPacket packet(std::string payload = "OPTIONS sip:a SIP/2.0\r\n\r\n") {
  return {.source = endpoint("198.51.100.7:5062"),
          .destination = endpoint("203.0.113.1:5060"),
          .payload = std::move(payload)};
}

// Parses a guarded copy, so that a read past the end ends the test.
FrameView parse(const Bytes& frame) {
  const GuardedBuffer guarded{std::span<const std::uint8_t>(frame)};
  FrameView view;
  view.payload_length = 0xdead;
  parse_frame(guarded.bytes(), view);
  return view;
}

std::string payload_of(const Bytes& frame, const FrameView& view) {
  return test::to_text(std::span(frame).subspan(view.payload_offset, view.payload_length));
}

void fix_ip_checksum(Bytes& frame, std::size_t ip = kIp) {
  const std::size_t header = std::size_t{frame[ip] & 0xfU} * 4;
  put16(frame, ip + 10, 0);
  put16(frame, ip + 10, test::plain_checksum(std::span(frame).subspan(ip, header)));
}

TEST(ParseFrame, FindsUdpOverIpv4) {
  UdpPacket p = packet();
  p.dscp_ecn = 0x68;
  const Bytes frame = build_udp(p);
  const FrameView view = parse(frame);
  EXPECT_EQ(view.kind, FrameKind::kUdp);
  EXPECT_EQ(view.fault, FrameFault::kNone);
  EXPECT_EQ(view.l3_offset, 14);
  EXPECT_EQ(view.l4_offset, 34);
  EXPECT_EQ(view.payload_offset, 42);
  EXPECT_EQ(view.ip_protocol, 17);
  EXPECT_EQ(view.dscp_ecn, 0x68);
  EXPECT_EQ(view.source, p.source);
  EXPECT_EQ(view.destination, p.destination);
  EXPECT_EQ(payload_of(frame, view), p.payload);
}

TEST(ParseFrame, AcceptsEmptyDatagram) {
  const FrameView view = parse(build_udp(packet("")));
  EXPECT_EQ(view.kind, FrameKind::kUdp);
  EXPECT_EQ(view.payload_length, 0);
}

TEST(ParseFrame, AcceptsLargestDatagram) {
  const Bytes frame = build_udp(packet(std::string(65507, 'x')));
  const FrameView view = parse(frame);
  EXPECT_EQ(view.kind, FrameKind::kUdp);
  EXPECT_EQ(view.payload_length, 65507);
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

TEST(ParseFrame, StepsOverOneAndTwoVlanTags) {
  for (const auto& tags : {std::vector<std::uint32_t>{0x81000064}, std::vector<std::uint32_t>{0x88a80064, 0x8100000a},
                           std::vector<std::uint32_t>{0x81000064, 0x8100000a}}) {
    UdpPacket p = packet();
    p.tags = tags;
    const Bytes frame = build_udp(p);
    const FrameView view = parse(frame);
    EXPECT_EQ(view.kind, FrameKind::kUdp);
    EXPECT_EQ(view.l3_offset, 14 + 4 * tags.size());
    EXPECT_EQ(payload_of(frame, view), p.payload);
  }
}

TEST(ParseFrame, LeavesThirdVlanTagToOthers) {
  UdpPacket p = packet();
  p.tags = {0x81000001, 0x81000002, 0x81000003};
  EXPECT_EQ(parse(build_udp(p)).kind, FrameKind::kOther);
}

TEST(ParseFrame, LeavesASourceRouteThatGoesOnToTheKernel) {
  for (const std::uint8_t type : {131, 137}) {
    UdpPacket p = packet();
    p.ip_options = {1, type, 7, 4, 192, 0, 2, 9};
    EXPECT_EQ(parse(build_udp(p)).kind, FrameKind::kOtherIp);
    p.fragment_field = 0x2000;
    EXPECT_EQ(parse(build_udp(p)).kind, FrameKind::kOtherIp);
  }
}

TEST(ParseFrame, TakesWhatHasReachedTheEndOfItsSourceRoute) {
  UdpPacket p = packet();
  p.ip_options = {1, 131, 7, 8, 192, 0, 2, 9};
  EXPECT_EQ(parse(build_udp(p)).kind, FrameKind::kUdp);
}

TEST(ParseFrame, SurvivesOptionsOfAnyLength) {
  for (unsigned length = 0; length < 256; ++length) {
    UdpPacket p = packet();
    p.ip_options = {68, static_cast<std::uint8_t>(length), 0, 0, 0, 0, 131, static_cast<std::uint8_t>(length)};
    EXPECT_NE(parse(build_udp(p)).kind, FrameKind::kMalformed) << length;
  }
}

TEST(ParseFrame, StepsOverIpv4Options) {
  for (const std::size_t length : {4U, 20U, 40U}) {
    UdpPacket p = packet();
    p.ip_options = Bytes(length, 1);
    const Bytes frame = build_udp(p);
    const FrameView view = parse(frame);
    EXPECT_EQ(view.kind, FrameKind::kUdp) << length;
    EXPECT_EQ(view.l4_offset, 34 + length);
    EXPECT_EQ(payload_of(frame, view), p.payload);
    EXPECT_TRUE(udp_checksum_ok(frame, view));
  }
}

TEST(ParseFrame, KeepsEthernetPaddingOutOfPayload) {
  UdpPacket p = packet("hi");
  p.trailing = 16;
  const Bytes frame = build_udp(p);
  const FrameView view = parse(frame);
  EXPECT_EQ(payload_of(frame, view), "hi");
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

TEST(ParseFrame, TellsOtherEthertypes) {
  Bytes frame(60, 0);
  put16(frame, 12, 0x0806);
  EXPECT_EQ(parse(frame).kind, FrameKind::kArp);
  for (const std::size_t type : {0x88ccU, 0x0026U, 0x05dcU, 0xffffU}) {
    put16(frame, 12, type);
    EXPECT_EQ(parse(frame).kind, FrameKind::kOther) << type;
  }
}

TEST(ParseFrame, TellsIcmpTcpAndOtherIpProtocols) {
  Bytes frame = build_udp(packet(std::string(12, 'x')));
  const auto with_protocol = [&](std::uint8_t protocol) {
    frame[kIp + 9] = protocol;
    fix_ip_checksum(frame);
    return parse(frame);
  };
  EXPECT_EQ(with_protocol(1).kind, FrameKind::kIcmp);
  EXPECT_EQ(with_protocol(47).kind, FrameKind::kOtherIp);
  // ICMPv6 has no meaning over IPv4.
  EXPECT_EQ(with_protocol(58).kind, FrameKind::kOtherIp);
  const FrameView tcp = with_protocol(6);
  EXPECT_EQ(tcp.kind, FrameKind::kTcp);
  EXPECT_EQ(tcp.source, endpoint("198.51.100.7:5062"));
  EXPECT_EQ(tcp.destination, endpoint("203.0.113.1:5060"));
}

TEST(ParseFrame, LeavesCutTcpHeaderToTheKernel) {
  Bytes frame = build_udp(packet(std::string(11, 'x')));
  frame[kIp + 9] = 6;
  fix_ip_checksum(frame);
  const FrameView view = parse(frame);
  EXPECT_EQ(view.kind, FrameKind::kOtherIp);
  EXPECT_EQ(view.source.port, 0);
}

TEST(ParseFrame, EveryTruncationOfGoodFramesIsNamed) {
  UdpPacket tagged = packet();
  tagged.tags = {0x88a80001, 0x81000002};
  UdpPacket with_options = packet();
  with_options.ip_options = Bytes(8, 1);
  for (const UdpPacket& p : {packet(), tagged, with_options}) {
    const Bytes frame = build_udp(p);
    const std::size_t l3 = 14 + 4 * p.tags.size();
    const std::size_t header = 20 + p.ip_options.size();
    for (std::size_t length = 0; length < frame.size(); ++length) {
      const FrameView view = parse(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length)));
      EXPECT_EQ(view.kind, FrameKind::kMalformed) << length;
      EXPECT_EQ(view.fault, length < l3 + header ? FrameFault::kRunt : FrameFault::kIpHeader) << length;
    }
    EXPECT_EQ(parse(frame).kind, FrameKind::kUdp);
  }
}

TEST(ParseFrame, EveryIpTotalLengthIsJudged) {
  UdpPacket p = packet(std::string(40, 'x'));
  p.trailing = 5;
  const Bytes good = build_udp(p);
  for (std::size_t total = 0; total <= 0xffff; ++total) {
    Bytes frame = good;
    put16(frame, kIp + 2, total);
    fix_ip_checksum(frame);
    FrameView view;
    parse_frame(frame, view);
    // UDP says 48: it fits from 68 on; the frame has room for 73.
    const FrameFault expected = total < 20 || total > 73 ? FrameFault::kIpHeader
                                : total < 68             ? FrameFault::kUdpLength
                                                         : FrameFault::kNone;
    ASSERT_EQ(view.fault, expected) << total;
    if (expected == FrameFault::kNone) {
      ASSERT_EQ(view.payload_length, 40) << total;
    }
  }
}

TEST(ParseFrame, EveryUdpLengthIsJudged) {
  for (const std::size_t payload : {0U, 18U, 600U}) {
    UdpPacket p = packet(std::string(payload, 'x'));
    p.trailing = 4;
    Bytes frame = build_udp(p);
    for (std::size_t length = 0; length <= 0xffff; ++length) {
      put16(frame, 34 + 4, length);
      FrameView view;
      parse_frame(frame, view);
      const bool good = length >= 8 && length <= payload + 8;
      ASSERT_EQ(view.kind, good ? FrameKind::kUdp : FrameKind::kMalformed) << length;
      ASSERT_EQ(view.fault, good ? FrameFault::kNone : FrameFault::kUdpLength) << length;
      if (good) {
        ASSERT_EQ(view.payload_length, length - 8);
      }
    }
  }
}

TEST(ParseFrame, RefusesCutUdpHeaderInsideWholeIpPacket) {
  Bytes frame = build_udp(packet(""));
  for (std::size_t segment = 0; segment < 8; ++segment) {
    put16(frame, kIp + 2, 20 + segment);
    fix_ip_checksum(frame);
    const FrameView view = parse(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(34 + segment)));
    EXPECT_EQ(view.fault, FrameFault::kUdpLength) << segment;
  }
}

TEST(ParseFrame, RefusesWrongVersionAndShortHeaderLength) {
  for (const std::uint8_t first : {0x05, 0x55, 0x65, 0xf5, 0x40, 0x41, 0x44}) {
    Bytes frame = build_udp(packet());
    frame[kIp] = first;
    EXPECT_EQ(parse(frame).fault, FrameFault::kIpHeader) << int{first};
  }
}

TEST(ParseFrame, RefusesHeaderLengthBeyondTotalLength) {
  Bytes frame = build_udp(packet(std::string(100, 'x')));
  frame[kIp] = 0x4f;
  put16(frame, kIp + 2, 59);
  fix_ip_checksum(frame);
  EXPECT_EQ(parse(frame).fault, FrameFault::kIpHeader);
}

TEST(ParseFrame, RefusesEverySingleBitErrorInIpHeader) {
  UdpPacket p = packet();
  p.ip_options = {1, 1, 1, 0};
  const Bytes good = build_udp(p);
  for (std::size_t bit = 0; bit < 24 * 8; ++bit) {
    Bytes frame = good;
    frame[kIp + bit / 8] ^= static_cast<std::uint8_t>(0x80U >> (bit % 8));
    const FrameView view = parse(frame);
    EXPECT_EQ(view.kind, FrameKind::kMalformed) << bit;
    const bool lengths = bit < 8 || (bit >= 16 && bit < 32);
    if (!lengths) {
      EXPECT_EQ(view.fault, FrameFault::kIpChecksum) << bit;
    }
  }
}

TEST(ParseFrame, TellsFirstAndLaterFragments) {
  for (const std::uint16_t field : {0x2000, 0x2001, 0x0001, 0x00b9, 0x1fff, 0x6000}) {
    UdpPacket p = packet();
    p.fragment_field = field;
    const FrameView view = parse(build_udp(p));
    EXPECT_EQ(view.kind, FrameKind::kFragment) << field;
    EXPECT_EQ(view.source, (Endpoint{p.source.ip, 0}));
    EXPECT_EQ(view.destination, (Endpoint{p.destination.ip, 0}));
    EXPECT_EQ(view.ip_protocol, 17);
    EXPECT_EQ(view.l4_offset, 34);
    EXPECT_EQ(view.payload_length, 0);
  }
}

TEST(ParseFrame, FragmentOfAnyProtocolIsFragment) {
  UdpPacket p = packet();
  p.fragment_field = 0x2000;
  Bytes frame = build_udp(p);
  frame[kIp + 9] = 1;
  fix_ip_checksum(frame);
  EXPECT_EQ(parse(frame).kind, FrameKind::kFragment);
}

TEST(ParseFrame, DontFragmentAndReservedBitMakeNoFragment) {
  for (const std::uint16_t field : {0x4000, 0x8000, 0xc000}) {
    UdpPacket p = packet();
    p.fragment_field = field;
    EXPECT_EQ(parse(build_udp(p)).kind, FrameKind::kUdp) << field;
  }
}

TEST(ParseFrame, ForgetsThePreviousFrame) {
  FrameView view;
  const Bytes good = build_udp(packet());
  parse_frame(good, view);
  const Bytes runt(3, 0);
  parse_frame(runt, view);
  EXPECT_EQ(view.fault, FrameFault::kRunt);
  EXPECT_TRUE(view.source.ip.is_none());
  EXPECT_EQ(view.payload_length, 0);
  parse_frame(good, view);
  EXPECT_EQ(view.kind, FrameKind::kUdp);
  EXPECT_EQ(view.fault, FrameFault::kNone);
}

TEST(UdpChecksum, AcceptsGoodAndAbsentOverIpv4) {
  UdpPacket p = packet();
  EXPECT_TRUE(udp_checksum_ok(build_udp(p), parse(build_udp(p))));
  p.zero_udp_checksum = true;
  EXPECT_TRUE(udp_checksum_ok(build_udp(p), parse(build_udp(p))));
}

TEST(UdpChecksum, RefusesEverySingleBitError) {
  for (const char* payload : {"", "odd", "even", "INVITE sip:bob@example.org SIP/2.0\r\nVia: x\r\n\r\n"}) {
    const Bytes good = build_udp(packet(payload));
    const FrameView view = parse(good);
    // UDP header without its length (which parse_frame judges), and the payload.
    for (std::size_t bit = 34 * 8; bit < good.size() * 8; ++bit) {
      if (bit / 8 == 38 || bit / 8 == 39) continue;
      Bytes frame = good;
      frame[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> (bit % 8));
      const GuardedBuffer guarded{std::span<const std::uint8_t>(frame)};
      ASSERT_FALSE(udp_checksum_ok(guarded.bytes(), view)) << bit;
    }
  }
}

TEST(UdpChecksum, CoversAddressesOfThePseudoHeader) {
  Bytes frame = build_udp(packet());
  frame[kIp + 15] ^= 1;
  fix_ip_checksum(frame);
  EXPECT_FALSE(udp_checksum_ok(frame, parse(frame)));
}

TEST(UdpChecksum, IgnoresBytesAfterTheUdpLength) {
  Bytes frame = build_udp(packet("abc"));
  frame.insert(frame.end(), {0xff, 0xff, 0xff});
  put16(frame, kIp + 2, 20 + 8 + 6);
  fix_ip_checksum(frame);
  const FrameView view = parse(frame);
  EXPECT_EQ(payload_of(frame, view), "abc");
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

}  // namespace
}  // namespace dialplane::net
