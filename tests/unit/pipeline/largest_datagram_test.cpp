// SPDX-License-Identifier: Apache-2.0
// Messages as long as UDP carries: what we add must not make them longer than a datagram can say. Test thread.
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include "dialplane/net/frame.hpp"

#include <gtest/gtest.h>

namespace dialplane::test {
namespace {

constexpr std::size_t kLongestOverIpv4 = 65507;

/// A MESSAGE of this many bytes, all but its headers body.
std::string message_of(std::size_t length) {
  auto text = request("MESSAGE");
  const auto row = text.find("Content-Length:");
  text.erase(row, text.find("\r\n", row) + 2 - row);
  return text + std::string(length - text.size(), 'x');
}

/// The bytes that left for the backend, or nothing where the message was dropped for want of room.
std::optional<std::size_t> forwarded_length(const std::string& message) {
  const auto snapshot = make_snapshot(kTwoNetworks);
  auto context = std::make_unique<pipeline::WorkerContext>();
  FrameBuffer buffer(message, *Endpoint::parse("192.0.2.77:40000"), *Endpoint::parse("203.0.113.10:5060"));
  pipeline::Batch batch;
  batch.count = 1;
  auto& packet = batch.packets[0];
  buffer.fill(packet, PortIndex(0));
  pipeline::process(batch, *context, *snapshot);
  if (packet.verdict.kind == pipeline::Verdict::Kind::kDrop) {
    EXPECT_EQ(packet.verdict.reason, pipeline::DropReason::kNoRoom);
    return std::nullopt;
  }
  EXPECT_EQ(packet.verdict.kind, pipeline::Verdict::Kind::kForward);
  net::FrameView frame;
  net::parse_frame(packet.bytes(), frame);
  EXPECT_EQ(frame.kind, net::FrameKind::kUdp);
  EXPECT_TRUE(net::udp_checksum_ok(packet.bytes(), frame));
  EXPECT_EQ(std::size_t{frame.payload_offset} + frame.payload_length, packet.length);
  return frame.payload_length;
}

std::size_t growth() { return *forwarded_length(message_of(1000)) - 1000; }

TEST(LargestDatagram, WhatStillFitsWithOurRowsLeavesWhole) {
  EXPECT_EQ(forwarded_length(message_of(kLongestOverIpv4 - growth())), kLongestOverIpv4);
}

TEST(LargestDatagram, WhatOutgrowsUdpIsDroppedAndNotCut) {
  EXPECT_EQ(forwarded_length(message_of(kLongestOverIpv4 - growth() + 1)), std::nullopt);
  EXPECT_EQ(forwarded_length(message_of(kLongestOverIpv4)), std::nullopt);
}

}  // namespace
}  // namespace dialplane::test
