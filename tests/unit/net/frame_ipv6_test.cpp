// SPDX-License-Identifier: Apache-2.0
// IPv6 parsing: extension headers, fragments, lengths. Test thread.
#include "guarded_buffer.hpp"
#include "packet_builder.hpp"

#include "dialplane/net/frame.hpp"

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

constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kAh = 51;
constexpr std::uint8_t kDestination = 60;
constexpr std::uint8_t kUdp = 17;

UdpPacket packet(std::string payload = "OPTIONS sip:a SIP/2.0\r\n\r\n") {
  return {.source = endpoint("[2001:db8::7]:5062"),
          .destination = endpoint("[2001:db8:1::1]:5060"),
          .payload = std::move(payload)};
}

UdpPacket with_headers(std::uint8_t first, Bytes headers) {
  UdpPacket p = packet();
  p.ipv6_next_header = first;
  p.ip_options = std::move(headers);
  return p;
}

// An 8-byte fragment header; `field` is offset and M bit as on the wire.
Bytes fragment_header(std::uint8_t next, std::uint16_t field) {
  return {next, 0, static_cast<std::uint8_t>(field >> 8), static_cast<std::uint8_t>(field), 0, 0, 0, 9};
}

FrameView parse(const Bytes& frame) {
  const GuardedBuffer guarded{std::span<const std::uint8_t>(frame)};
  FrameView view;
  parse_frame(guarded.bytes(), view);
  return view;
}

std::string payload_of(const Bytes& frame, const FrameView& view) {
  return test::to_text(std::span(frame).subspan(view.payload_offset, view.payload_length));
}

TEST(ParseIpv6, FindsUdp) {
  UdpPacket p = packet();
  p.dscp_ecn = 0xb9;
  const Bytes frame = build_udp(p);
  const FrameView view = parse(frame);
  EXPECT_EQ(view.kind, FrameKind::kUdp);
  EXPECT_EQ(view.l4_offset, 54);
  EXPECT_EQ(view.dscp_ecn, 0xb9);
  EXPECT_EQ(view.source, p.source);
  EXPECT_EQ(view.destination, p.destination);
  EXPECT_EQ(payload_of(frame, view), p.payload);
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

TEST(ParseIpv6, StepsOverExtensionHeaders) {
  const std::vector<UdpPacket> packets = {
      with_headers(kHopByHop, {kUdp, 0, 1, 4, 0, 0, 0, 0}),
      with_headers(kDestination, {kUdp, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
      with_headers(kRouting, {kUdp, 0, 2, 0, 0, 0, 0, 0}),
      with_headers(kAh, {kUdp, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}),
      with_headers(kHopByHop, {kDestination, 0, 1, 4, 0, 0, 0, 0, kUdp, 0, 1, 4, 0, 0, 0, 0}),
      with_headers(135, {kUdp, 0, 0, 0, 0, 0, 0, 0}),
  };
  for (const UdpPacket& p : packets) {
    const Bytes frame = build_udp(p);
    const FrameView view = parse(frame);
    EXPECT_EQ(view.kind, FrameKind::kUdp);
    EXPECT_EQ(view.ip_protocol, kUdp);
    EXPECT_EQ(view.l4_offset, 54 + p.ip_options.size());
    EXPECT_EQ(payload_of(frame, view), p.payload);
    EXPECT_TRUE(udp_checksum_ok(frame, view));
  }
}

TEST(ParseIpv6, AtomicFragmentIsWhole) {
  // Reserved bits beside the offset do not count.
  for (const std::uint16_t field : {0x0000, 0x0006}) {
    const Bytes frame = build_udp(with_headers(kFragment, fragment_header(kUdp, field)));
    const FrameView view = parse(frame);
    EXPECT_EQ(view.kind, FrameKind::kUdp) << field;
    EXPECT_EQ(payload_of(frame, view), packet().payload);
    EXPECT_TRUE(udp_checksum_ok(frame, view));
  }
}

TEST(ParseIpv6, TellsFirstAndLaterFragments) {
  for (const std::uint16_t field : {0x0001, 0x0008, 0x0009, 0xfff8}) {
    const FrameView view = parse(build_udp(with_headers(kFragment, fragment_header(kUdp, field))));
    EXPECT_EQ(view.kind, FrameKind::kFragment) << field;
    EXPECT_EQ(view.source, (Endpoint{packet().source.ip, 0}));
    EXPECT_EQ(view.ip_protocol, kUdp);
    EXPECT_EQ(view.l4_offset, 62);
  }
}

TEST(ParseIpv6, LaterFragmentIsNotReadAsHeaders) {
  // The bytes behind a later fragment's header are data, whatever its next header says.
  const FrameView view = parse(build_udp(with_headers(kFragment, fragment_header(kDestination, 0x0008))));
  EXPECT_EQ(view.kind, FrameKind::kFragment);
  EXPECT_EQ(view.ip_protocol, kDestination);
}

TEST(ParseIpv6, TellsIcmp6AndOtherProtocols) {
  Bytes frame = build_udp(packet());
  const auto with_next = [&](std::uint8_t next) {
    frame[14 + 6] = next;
    return parse(frame).kind;
  };
  EXPECT_EQ(with_next(58), FrameKind::kIcmp);
  EXPECT_EQ(with_next(6), FrameKind::kTcp);
  EXPECT_EQ(with_next(50), FrameKind::kOtherIp);
  EXPECT_EQ(with_next(59), FrameKind::kOtherIp);
  EXPECT_EQ(with_next(1), FrameKind::kOtherIp);
}

TEST(ParseIpv6, LeavesForwardedRoutesToTheKernel) {
  EXPECT_EQ(parse(build_udp(with_headers(kRouting, {kUdp, 0, 2, 1, 0, 0, 0, 0}))).kind, FrameKind::kOtherIp);
}

TEST(ParseIpv6, LeavesMisplacedHopByHopToTheKernel) {
  const Bytes headers = {kHopByHop, 0, 1, 4, 0, 0, 0, 0, kUdp, 0, 1, 4, 0, 0, 0, 0};
  EXPECT_EQ(parse(build_udp(with_headers(kDestination, headers))).kind, FrameKind::kOtherIp);
}

TEST(ParseIpv6, BoundsTheChain) {
  for (const std::size_t count : {8U, 9U}) {
    Bytes headers;
    for (std::size_t i = 0; i < count; ++i) {
      test::append(headers, {i + 1 == count ? kUdp : kDestination, 0, 1, 4, 0, 0, 0, 0});
    }
    EXPECT_EQ(parse(build_udp(with_headers(kDestination, headers))).kind,
              count == 8 ? FrameKind::kUdp : FrameKind::kOtherIp);
  }
}

TEST(ParseIpv6, RefusesHeaderBeyondPayloadLength) {
  for (const std::uint8_t type : {kHopByHop, kRouting, kDestination, kAh}) {
    EXPECT_EQ(parse(build_udp(with_headers(type, {kUdp, 200, 0, 0, 0, 0, 0, 0}))).fault, FrameFault::kIpHeader)
        << int{type};
  }
}

TEST(ParseIpv6, EveryTruncationIsNamed) {
  const Bytes frame = build_udp(with_headers(kHopByHop, {kFragment, 0, 1, 4, 0, 0, 0, 0, kUdp, 0, 0, 0, 0, 0, 0, 9}));
  for (std::size_t length = 0; length < frame.size(); ++length) {
    const FrameView view = parse(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length)));
    EXPECT_EQ(view.kind, FrameKind::kMalformed) << length;
    EXPECT_EQ(view.fault, length < 54 ? FrameFault::kRunt : FrameFault::kIpHeader) << length;
  }
  EXPECT_EQ(parse(frame).kind, FrameKind::kUdp);
}

TEST(ParseIpv6, EveryPayloadLengthWithinTheFrameIsJudged) {
  const Bytes good = build_udp(with_headers(kHopByHop, {kFragment, 0, 1, 4, 0, 0, 0, 0, kUdp, 0, 0, 0, 0, 0, 0, 9}));
  const std::size_t whole = good.size() - 54;
  for (std::size_t length = 0; length <= whole + 1; ++length) {
    Bytes frame = good;
    put16(frame, 14 + 4, length);
    if (length <= whole) frame.resize(54 + length);
    const FrameView view = parse(frame);
    const FrameFault expected = length < 16 || length > whole ? FrameFault::kIpHeader
                                : length < whole              ? FrameFault::kUdpLength
                                                              : FrameFault::kNone;
    EXPECT_EQ(view.fault, expected) << length;
  }
}

TEST(ParseIpv6, RefusesJumbograms) {
  // Length 0 and a jumbo payload option (RFC 2675): nothing of it may pass for a datagram.
  Bytes frame = build_udp(with_headers(kHopByHop, {kUdp, 0, 0xc2, 4, 0, 1, 0, 0}));
  put16(frame, 14 + 4, 0);
  const FrameView view = parse(frame);
  EXPECT_EQ(view.kind, FrameKind::kMalformed);
  EXPECT_EQ(view.fault, FrameFault::kIpHeader);
}

TEST(ParseIpv6, FindsUdpBehindVlanTags) {
  UdpPacket p = packet();
  p.tags = {0x88a80064, 0x81000007};
  const Bytes frame = build_udp(p);
  const FrameView view = parse(frame);
  EXPECT_EQ(view.kind, FrameKind::kUdp);
  EXPECT_EQ(view.l3_offset, 22);
  EXPECT_EQ(payload_of(frame, view), p.payload);
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

TEST(ParseIpv6, RefusesWrongVersion) {
  Bytes frame = build_udp(packet());
  frame[14] = 0x45;
  EXPECT_EQ(parse(frame).fault, FrameFault::kIpHeader);
}

TEST(ParseIpv6, KeepsEthernetPaddingOutOfPayload) {
  UdpPacket p = packet("x");
  p.trailing = 7;
  const Bytes frame = build_udp(p);
  const FrameView view = parse(frame);
  EXPECT_EQ(payload_of(frame, view), "x");
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

TEST(ParseIpv6, MappedAddressOnTheWireIsNotIpv4) {
  Bytes frame = build_udp(packet());
  const Bytes mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  std::copy(mapped.begin(), mapped.end(), frame.begin() + 14 + 8);
  EXPECT_EQ(parse(frame).kind, FrameKind::kOtherIp);
}

TEST(ParseIpv6, UdpChecksumOfZeroIsIllegal) {
  UdpPacket p = packet();
  p.zero_udp_checksum = true;
  const Bytes frame = build_udp(p);
  EXPECT_FALSE(udp_checksum_ok(frame, parse(frame)));
}

TEST(ParseIpv6, UdpChecksumRefusesEverySingleBitErrorInAddressesAndPayload) {
  const Bytes good = build_udp(packet("odd"));
  const FrameView view = parse(good);
  for (std::size_t bit = (14 + 8) * 8; bit < good.size() * 8; ++bit) {
    if (bit / 8 == 58 || bit / 8 == 59) continue;
    Bytes frame = good;
    frame[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> (bit % 8));
    ASSERT_FALSE(udp_checksum_ok(frame, view)) << bit;
  }
}

}  // namespace
}  // namespace dialplane::net
