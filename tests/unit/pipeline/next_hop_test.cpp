// SPDX-License-Identifier: Apache-2.0
// A response never goes to ourselves, even with a token of our own keys. Test thread.
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include <gtest/gtest.h>

namespace dialplane::test {
namespace {

/// A response whose next hop is `received`, with a dps that vouches for it.
std::string response_to(const std::string& received) {
  const auto keys = fixed_keys();
  const std::string branch = "z9hG4bKd0123456789abcdef";
  std::array<char, sip::kMaxDpsText> dps;
  const auto length =
      sip::write_dps(dps.data(), keys, sip::make_node_id("lb1"), sip::make_listener_id("udp:203.0.113.10:5060"), branch,
                     "7f3@x", {"10.1.1.5", 5060, *IpAddress::parse(received), 5060});
  return "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=" + branch +
         ";dps=" + std::string(dps.data(), length) +
         "\r\nVia: SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bKa;rport=5060;received=" + received +
         "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@c>;tag=2\r\nCall-ID: 7f3@x\r\nCSeq: 1 INVITE\r\n"
         "Content-Length: 0\r\n\r\n";
}

pipeline::Verdict verdict_of(const std::string& message) {
  const auto snapshot = make_snapshot(kTwoNetworks);
  auto context = std::make_unique<pipeline::WorkerContext>();
  FrameBuffer buffer(message, *Endpoint::parse("10.0.0.11:5060"), *Endpoint::parse("10.0.0.1:5060"));
  pipeline::Batch batch;
  batch.count = 1;
  buffer.fill(batch.packets[0], PortIndex(1));
  pipeline::process(batch, *context, *snapshot);
  return batch.packets[0].verdict;
}

TEST(ResponseNextHop, ForwardsToAClient) {
  EXPECT_EQ(verdict_of(response_to("192.0.2.77")).kind, pipeline::Verdict::Kind::kForward);
}

TEST(ResponseNextHop, DropsWhatWouldComeBackToUs) {
  const auto verdict = verdict_of(response_to("203.0.113.10"));
  EXPECT_EQ(verdict.kind, pipeline::Verdict::Kind::kDrop);
  EXPECT_EQ(verdict.reason, pipeline::DropReason::kBadNextHop);
}

TEST(ResponseNextHop, DropsMulticastAndLoopback) {
  for (const auto* address : {"224.0.0.1", "127.0.0.1", "255.255.255.255"}) {
    EXPECT_EQ(verdict_of(response_to(address)).reason, pipeline::DropReason::kBadNextHop) << address;
  }
}

/// What becomes of an OPTIONS that is answered, to a client at 192.0.2.77, with these next hops.
pipeline::Verdict answer_with(std::vector<snapshot::RouteEntry> routes, std::uint8_t first_of_source_mac = 2) {
  const auto snapshot = make_snapshot(kTwoNetworks);
  snapshot->next_hops =
      std::make_shared<snapshot::NextHopTable>(std::move(routes), std::vector<snapshot::NeighborEntry>{});
  auto context = std::make_unique<pipeline::WorkerContext>();
  FrameBuffer buffer(
      "OPTIONS sip:203.0.113.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.77:5060;branch=z9hG4bKa\r\n"
      "From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: 7f3@x\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
      "Content-Length: 0\r\n\r\n",
      *Endpoint::parse("192.0.2.77:5060"), *Endpoint::parse("203.0.113.10:5060"));
  pipeline::Batch batch;
  batch.count = 1;
  buffer.fill(batch.packets[0], PortIndex(0));
  batch.packets[0].data[6] = first_of_source_mac;
  pipeline::process(batch, *context, *snapshot);
  return batch.packets[0].verdict;
}

TEST(AnswerNextHop, IsWhereTheRequestCameFromWithoutARoute) {
  EXPECT_EQ(answer_with({}).kind, pipeline::Verdict::Kind::kReply);
}

TEST(AnswerNextHop, IsNotEverybodyWhereTheRequestCameFromAGroup) {
  EXPECT_EQ(answer_with({}, 0xff).kind, pipeline::Verdict::Kind::kDrop);
}

TEST(AnswerNextHop, IsNowhereForARefusedNetwork) {
  const auto verdict = answer_with({{*Prefix::parse("192.0.2.0/24"), snapshot::kRefusingPort, {}}});
  EXPECT_EQ(verdict.kind, pipeline::Verdict::Kind::kDrop);
  EXPECT_EQ(verdict.reason, pipeline::DropReason::kNoRoute);
}

}  // namespace
}  // namespace dialplane::test
