// SPDX-License-Identifier: Apache-2.0
// STUN Binding against the vectors of RFC 5769, and every way to break a request. Test thread.
#include "dialplane/net/stun.hpp"

#include "guarded_buffer.hpp"
#include "packet_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace dialplane::net {
namespace {

using test::Bytes;
using test::endpoint;
using test::GuardedBuffer;

/// RFC 5769 §2.1: SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY, FINGERPRINT.
const Bytes kSampleRequest{
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87,
    0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c,
    0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f,
    0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76,
    0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e,
    0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf};

/// A request with the transaction id of RFC 5769 and these attributes.
Bytes request(const Bytes& attributes = {}, std::uint16_t type = 0x0001) {
  Bytes bytes(20 + attributes.size());
  std::copy_n(kSampleRequest.begin(), 20, bytes.begin());
  std::ranges::copy(attributes, bytes.begin() + 20);
  store_be16(bytes.data(), type);
  store_be16(&bytes[2], static_cast<std::uint16_t>(attributes.size()));
  return bytes;
}

StunKind kind_of(const Bytes& bytes) {
  const GuardedBuffer guarded{ByteSpan(bytes)};
  return classify_stun({guarded.data(), bytes.size()});
}

Bytes answer_to(const Bytes& bytes, std::string_view source = "192.0.2.1:32853") {
  GuardedBuffer out(bytes.size() + kStunGrowth);
  const auto length = write_stun_answer({out.data(), bytes.size() + kStunGrowth}, bytes, endpoint(source));
  return {out.data(), out.data() + length};
}

TEST(Stun, AnswersWithTheSourceAddressOverIpv4) {
  ASSERT_EQ(kind_of(request()), StunKind::kBinding);
  EXPECT_EQ(answer_to(request()), (Bytes{0x01, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc,
                                         0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
                                         // XOR-MAPPED-ADDRESS as in RFC 5769 §2.2.
                                         0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43}));
}

TEST(Stun, AnswersWithTheSourceAddressOverIpv6) {
  EXPECT_EQ(answer_to(request(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
            (Bytes{0x01, 0x01, 0x00, 0x18, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa,
                   0x87, 0xdf, 0xae,
                   // XOR-MAPPED-ADDRESS as in RFC 5769 §2.3.
                   0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc,
                   0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9}));
}

TEST(Stun, TheSampleRequestAsksForIceWhichNobodyHereKnows) {
  ASSERT_EQ(kind_of(kSampleRequest), StunKind::kUnknownAttribute);
  EXPECT_EQ(answer_to(kSampleRequest),
            (Bytes{0x01, 0x11, 0x00, 0x10, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa,
                   0x87, 0xdf, 0xae,
                   // ERROR-CODE 420 and UNKNOWN-ATTRIBUTES with PRIORITY, padded.
                   0x00, 0x09, 0x00, 0x04, 0x00, 0x00, 0x04, 0x14, 0x00, 0x0a, 0x00, 0x02, 0x00, 0x24, 0x00, 0x00}));
}

TEST(Stun, WithoutPriorityTheSampleRequestIsAnswered) {
  auto bytes = kSampleRequest;
  bytes.erase(bytes.begin() + 40, bytes.begin() + 48);
  store_be16(&bytes[2], 0x50);
  EXPECT_EQ(kind_of(bytes), StunKind::kBinding);
}

TEST(Stun, EveryUnknownAttributeIsListed) {
  // CHANGE-REQUEST, PRIORITY, USE-CANDIDATE; SOFTWARE may be ignored.
  const auto answer =
      answer_to(request({0, 3, 0, 4, 0, 0, 0, 6, 0x80, 0x22, 0, 1, 'x', 0, 0, 0, 0, 0x24, 0, 0, 0, 0x25, 0, 0}));
  EXPECT_EQ(Bytes(answer.begin() + 28, answer.end()), (Bytes{0, 10, 0, 6, 0, 3, 0, 0x24, 0, 0x25, 0, 0}));
}

TEST(Stun, WhatFollowsTheMessageIntegrityDoesNotCount) {
  Bytes attributes{0, 8, 0, 20};
  attributes.resize(24);
  attributes.insert(attributes.end(), {0, 0x24, 0, 0});
  EXPECT_EQ(kind_of(request(attributes)), StunKind::kBinding);
}

TEST(Stun, AnIndicationIsAKeepalive) { EXPECT_EQ(kind_of(request({}, 0x0011)), StunKind::kIndication); }

TEST(Stun, AnswersAndOtherMethodsAreNoRequest) {
  for (const std::uint16_t type : {0x0101, 0x0111, 0x0003, 0x0000, 0x0113}) {
    EXPECT_EQ(kind_of(request({}, type)), StunKind::kMalformed) << type;
  }
}

TEST(Stun, TheCookieMustBeThere) {
  for (std::size_t i = 4; i < 8; ++i) {
    auto bytes = request();
    bytes[i] ^= 0x80;
    EXPECT_EQ(kind_of(bytes), StunKind::kMalformed) << i;
  }
}

TEST(Stun, TheLengthMustBeThatOfTheDatagram) {
  for (const std::uint16_t length : {4, 8, 0xffff}) {
    auto bytes = request();
    store_be16(&bytes[2], length);
    EXPECT_EQ(kind_of(bytes), StunKind::kMalformed) << length;
  }
  auto longer = request();
  longer.push_back(0);
  EXPECT_EQ(kind_of(longer), StunKind::kMalformed);
  store_be16(&longer[2], 1);
  EXPECT_EQ(kind_of(longer), StunKind::kMalformed);
}

TEST(Stun, AnAttributeMustFit) {
  EXPECT_EQ(kind_of(request({0x80, 0x22, 0, 1})), StunKind::kMalformed);
  EXPECT_EQ(kind_of(request({0x80, 0x22, 0, 5, 'x', 'y', 'z', 'z'})), StunKind::kMalformed);
  EXPECT_EQ(kind_of(request({0x80, 0x22, 0xff, 0xff, 'x', 'y', 'z', 'z'})), StunKind::kMalformed);
}

TEST(Stun, NothingShorterThanTheSampleIsTakenForIt) {
  for (std::size_t length = 1; length < kSampleRequest.size(); ++length) {
    const Bytes bytes(kSampleRequest.begin(), kSampleRequest.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(kind_of(bytes), StunKind::kMalformed) << length;
  }
}

TEST(Stun, OtherFirstBytesAreNotStun) {
  EXPECT_EQ(kind_of({}), StunKind::kNone);
  for (std::size_t first = 2; first < 256; ++first) {
    auto bytes = request();
    bytes[0] = static_cast<std::uint8_t>(first);
    EXPECT_EQ(kind_of(bytes), StunKind::kNone) << first;
  }
}

TEST(Stun, NoAnswerOutgrowsItsRequestByMoreThanStated) {
  Bytes attributes;
  for (int i = 0; i < 300; ++i) {
    const auto bytes = request(attributes);
    for (const auto* source : {"192.0.2.1:1", "[2001:db8::1]:1"}) {
      const auto length = answer_to(bytes, source).size();
      EXPECT_GT(length, 0U);
      EXPECT_LE(length, bytes.size() + kStunGrowth);
    }
    attributes.insert(attributes.end(), {0, 0x24, 0, 0});
  }
}

TEST(Stun, TooLittleRoomGivesNothing) {
  std::array<std::uint8_t, 20> out{};
  EXPECT_EQ(write_stun_answer(out, request(), endpoint("192.0.2.1:1")), 0U);
}

}  // namespace
}  // namespace dialplane::net
