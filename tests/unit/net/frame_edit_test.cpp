// SPDX-License-Identifier: Apache-2.0
// Checksums against RFC 1071 and a word-by-word reference; headers of sent frames byte by byte. Test thread.
#include "dialplane/net/frame_edit.hpp"

#include "guarded_buffer.hpp"
#include "packet_builder.hpp"

#include "dialplane/net/frame.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace dialplane::net {
namespace {

using test::Bytes;
using test::endpoint;
using test::GuardedBuffer;

std::uint16_t checksum(std::span<const std::uint8_t> data) { return checksum_finish(checksum_add(0, data)); }

Bytes pattern(std::size_t length) {
  Bytes bytes(length);
  std::uint32_t state = 0x2545f491;
  for (std::uint8_t& b : bytes) {
    state = state * 1664525 + 1013904223;
    b = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

UdpRoute route() {
  return {.source_mac = test::kOurMac,
          .destination_mac = test::kClientMac,
          .source = endpoint("203.0.113.1:5060"),
          .destination = endpoint("198.51.100.7:5062")};
}

// Writes headers before `payload` on a buffer that starts at a protected page, so that a 43rd byte ends the test.
Bytes frame_of(std::string_view payload, const UdpRoute& to, std::uint16_t ip_id = 0xbeef, std::uint8_t dscp_ecn = 0) {
  GuardedBuffer buffer(kUdp4Headers + payload.size(), test::Guard::kBefore);
  std::memset(buffer.data(), 0xaa, buffer.size());
  std::memcpy(buffer.data() + kUdp4Headers, payload.data(), payload.size());
  write_udp4_headers(buffer.data() + kUdp4Headers, payload.size(), to, ip_id, dscp_ecn);
  return {buffer.bytes().begin(), buffer.bytes().end()};
}

TEST(Checksum, MatchesExampleOfRfc1071) {
  const Bytes data = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum_add(0, data), 0xddf2U);
  EXPECT_EQ(checksum(data), 0x220d);
}

TEST(Checksum, EmptyDataAddsNothing) {
  EXPECT_EQ(checksum_add(0, {}), 0U);
  EXPECT_EQ(checksum({}), 0xffff);
}

TEST(Checksum, OddLastByteIsTheHighHalf) {
  EXPECT_EQ(checksum_add(0, Bytes{0x12}), 0x1200U);
  EXPECT_EQ(checksum_add(0, Bytes{0x00, 0x01, 0x12}), 0x1201U);
}

TEST(Checksum, CarriesWrapAround) {
  EXPECT_EQ(checksum_add(0, Bytes(65534, 0xff)), 0xffffU);
  EXPECT_EQ(checksum_add(0xffff, Bytes{0x00, 0x01}), 0x0001U);
  EXPECT_EQ(checksum_finish(0xffffffff), 0);
  EXPECT_EQ(checksum_finish(0x0001ffff), 0xfffe);
}

TEST(Checksum, MatchesReferenceAtEveryLengthAndAlignment) {
  const Bytes data = pattern(600);
  for (std::size_t offset = 0; offset < 16; ++offset) {
    for (std::size_t length = 0; length <= 580; ++length) {
      const auto part = std::span(data).subspan(offset, length);
      ASSERT_EQ(checksum(part), test::plain_checksum(part)) << offset << "+" << length;
    }
  }
}

TEST(Checksum, ReadsNothingPastTheEnd) {
  GuardedBuffer buffer(std::span<const std::uint8_t>(pattern(200)));
  for (std::size_t length = 0; length <= 200; ++length) {
    EXPECT_EQ(checksum(buffer.last(length)), test::plain_checksum(buffer.last(length))) << length;
  }
}

TEST(Checksum, PartsOfEvenLengthMayBeAddedOneByOne) {
  const Bytes data = pattern(301);
  for (std::size_t cut = 0; cut <= 300; cut += 2) {
    const std::uint32_t sum = checksum_add(0, std::span(data).first(cut));
    ASSERT_EQ(checksum_finish(checksum_add(sum, std::span(data).subspan(cut))), test::plain_checksum(data)) << cut;
  }
}

TEST(WriteUdp4Headers, WritesEveryByte) {
  const Bytes frame = frame_of("abc", route(), 0xbeef, 0x68);
  const Bytes expected = {0x02, 0,    0,    0,    0,    0x01, 0x02, 0,    0,    0,    0, 0x02, 0x08, 0x00,
                          0x45, 0x68, 0x00, 0x1f, 0xbe, 0xef, 0x00, 0x00, 64,   17,   0, 0,    203,  0,
                          113,  1,    198,  51,   100,  7,    0x13, 0xc4, 0x13, 0xc6, 0, 11,   0,    0};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool checksum_byte = i == 24 || i == 25 || i == 40 || i == 41;
    if (!checksum_byte) {
      EXPECT_EQ(frame[i], expected[i]) << "byte " << i;
    }
  }
  EXPECT_EQ(test::to_text(std::span(frame).subspan(42)), "abc");
}

TEST(WriteUdp4Headers, ChecksumsHoldByIndependentReference) {
  for (const std::size_t length : {0U, 1U, 2U, 3U, 31U, 32U, 33U, 64U, 679U, 1472U, 65507U}) {
    const Bytes payload = pattern(length);
    const Bytes frame = frame_of(test::to_text(payload), route());
    EXPECT_EQ(test::plain_checksum(std::span(frame).subspan(14, 20)), 0) << length;
    EXPECT_EQ(test::plain_udp_checksum(route().source.ip, route().destination.ip, std::span(frame).subspan(34)), 0)
        << length;
  }
}

TEST(WriteUdp4Headers, ChecksumIsNeverWrittenAsZero) {
  // The payload is the checksum of the same datagram with a zero payload, so that the sum comes out as all ones.
  const Bytes zero = frame_of(std::string_view("\0\0", 2), route());
  const Bytes frame = frame_of(test::to_text(std::span(zero).subspan(40, 2)), route());
  EXPECT_EQ(frame[40], 0xff);
  EXPECT_EQ(frame[41], 0xff);
  FrameView view;
  parse_frame(frame, view);
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

TEST(WriteUdp4Headers, ParsesBack) {
  const Bytes frame = frame_of("SIP/2.0 200 OK\r\n\r\n", route(), 7, 0x60);
  FrameView view;
  parse_frame(frame, view);
  EXPECT_EQ(view.kind, FrameKind::kUdp);
  EXPECT_EQ(view.source, route().source);
  EXPECT_EQ(view.destination, route().destination);
  EXPECT_EQ(view.dscp_ecn, 0x60);
  EXPECT_EQ(test::to_text(std::span(frame).subspan(view.payload_offset, view.payload_length)),
            "SIP/2.0 200 OK\r\n\r\n");
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

UdpRoute route6() {
  return {.source_mac = test::kOurMac,
          .destination_mac = test::kClientMac,
          .source = endpoint("[2001:db8::10]:5060"),
          .destination = endpoint("[2001:db8:1::7]:5062")};
}

Bytes frame6_of(std::string_view payload, std::uint8_t dscp_ecn = 0) {
  GuardedBuffer buffer(kUdp6Headers + payload.size(), test::Guard::kBefore);
  std::memset(buffer.data(), 0xaa, buffer.size());
  std::memcpy(buffer.data() + kUdp6Headers, payload.data(), payload.size());
  write_udp6_headers(buffer.data() + kUdp6Headers, payload.size(), route6(), dscp_ecn);
  return {buffer.bytes().begin(), buffer.bytes().end()};
}

TEST(WriteUdp6Headers, WritesEveryByte) {
  const Bytes frame = frame6_of("abc", 0x68);
  const Bytes expected = {0x02, 0, 0, 0, 0,  0x01, 0x02, 0,    0,    0,    0,    0x02, 0x86, 0xdd, 0x66,
                          0x80, 0, 0, 0, 11, 17,   64,   0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0,
                          0,    0, 0, 0, 0,  0,    0,    0x10, 0x20, 0x01, 0x0d, 0xb8, 0,    1,    0,
                          0,    0, 0, 0, 0,  0,    0,    0,    7,    0x13, 0xc4, 0x13, 0xc6, 0,    11};
  ASSERT_EQ(expected.size(), kUdp6Headers - 2);
  EXPECT_EQ(Bytes(frame.begin(), frame.begin() + 60), expected);
  EXPECT_EQ(test::to_text(std::span(frame).subspan(kUdp6Headers)), "abc");
}

TEST(WriteUdp6Headers, ChecksumHoldsByIndependentReference) {
  for (const std::size_t length : {0U, 1U, 2U, 3U, 31U, 32U, 33U, 64U, 679U, 1452U, 65487U}) {
    const Bytes frame = frame6_of(test::to_text(pattern(length)));
    EXPECT_EQ(test::plain_udp_checksum(route6().source.ip, route6().destination.ip, std::span(frame).subspan(54)), 0)
        << length;
  }
}

TEST(WriteUdp6Headers, ChecksumIsNeverWrittenAsZero) {
  const Bytes zero = frame6_of(std::string_view("\0\0", 2));
  const Bytes frame = frame6_of(test::to_text(std::span(zero).subspan(60, 2)));
  EXPECT_EQ(frame[60], 0xff);
  EXPECT_EQ(frame[61], 0xff);
  FrameView view;
  parse_frame(frame, view);
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

TEST(WriteUdp6Headers, ParsesBack) {
  const Bytes frame = frame6_of("SIP/2.0 200 OK\r\n\r\n", 0x60);
  FrameView view;
  parse_frame(frame, view);
  EXPECT_EQ(view.kind, FrameKind::kUdp);
  EXPECT_EQ(view.source, route6().source);
  EXPECT_EQ(view.destination, route6().destination);
  EXPECT_EQ(view.dscp_ecn, 0x60);
  EXPECT_EQ(view.payload_offset, kUdp6Headers);
  EXPECT_TRUE(udp_checksum_ok(frame, view));
}

TEST(UdpHeaders, FollowTheFamilyOfTheDestination) {
  EXPECT_EQ(udp_headers(test::ip("192.0.2.1")), 42U);
  EXPECT_EQ(udp_headers(test::ip("2001:db8::1")), 62U);
  EXPECT_EQ(udp_headers(test::ip("::ffff:192.0.2.1")), 42U);
}

}  // namespace
}  // namespace dialplane::net
