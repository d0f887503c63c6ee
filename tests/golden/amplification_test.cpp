// SPDX-License-Identifier: Apache-2.0
// No answer of our own is an amplifier: every golden case and every torture message, request against answer. Test
// thread.
#include "case_file.hpp"
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include "dialplane/base/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace dialplane::golden {
namespace {

/// What the RFC obliges an answer to add at most: To tag, received, rport.
constexpr std::size_t kObligedGrowth = 96;

struct Exchange {
  std::string name;
  std::size_t asked = 0;
  std::size_t answered = 0;
};

bool is_response(const std::vector<std::uint8_t>& payload) {
  constexpr std::string_view kVersion = "SIP/2.0 ";
  const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
  return iequals(cut(text, 0, kVersion.size()), kVersion);
}

/// Requests of the golden cases that were answered from where they went to; the cases themselves are tested apart.
std::vector<Exchange> golden_exchanges() {
  std::vector<Exchange> found;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_CASES)) {
    if (entry.path().extension() != ".case") continue;
    for (const auto& step : read_case(entry.path()).steps) {
      EXPECT_LE(step.out.size(), 1U) << entry.path();
      if (step.out.empty() || is_response(step.in.payload) || !is_response(step.out[0].payload)) continue;
      EXPECT_EQ(step.out[0].destination, step.in.source) << entry.path();
      EXPECT_EQ(step.out[0].source, step.in.destination) << entry.path();
      found.push_back({entry.path().stem(), step.in.payload.size(), step.out[0].payload.size()});
    }
  }
  return found;
}

std::vector<Exchange> torture_exchanges() {
  std::vector<Exchange> found;
  const auto snapshot = test::make_snapshot(test::kTwoNetworks);
  const auto context = std::make_unique<pipeline::WorkerContext>();
  const auto client = Endpoint::parse("192.0.2.77:40000").value();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(TORTURE_FOLDER)) {
    if (entry.path().extension() != ".dat") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string message{std::istreambuf_iterator<char>(in), {}};
    if (message.size() > 65000) continue;  // not a datagram with its headers
    test::FrameBuffer buffer(message, client, Endpoint::parse("203.0.113.10:5060").value());
    pipeline::Batch batch;
    batch.count = 1;
    buffer.fill(batch.packets[0], PortIndex(0));
    pipeline::process(batch, *context, *snapshot);
    const auto& packet = batch.packets[0];
    if (packet.verdict.kind != pipeline::Verdict::Kind::kReply) continue;
    net::FrameView frame;
    net::parse_frame(packet.bytes(), frame);
    EXPECT_EQ(frame.destination, client) << entry.path();
    if (packet.verdict.stun != pipeline::StunAnswer::kCount) continue;
    found.push_back({entry.path().stem(), message.size(), frame.payload_length});
  }
  return found;
}

void expect_no_amplifier(const std::vector<Exchange>& exchanges) {
  std::size_t asked = 0;
  std::size_t answered = 0;
  for (const auto& exchange : exchanges) {
    EXPECT_LE(exchange.answered * 100, exchange.asked * 135) << exchange.name;
    EXPECT_LE(exchange.answered, exchange.asked + kObligedGrowth) << exchange.name;
    asked += exchange.asked;
    answered += exchange.answered;
  }
  EXPECT_LE(answered, asked);
}

TEST(Amplification, GoldenCasesGetNoMoreThanTheySent) {
  const auto exchanges = golden_exchanges();
  EXPECT_GE(exchanges.size(), 30U);
  expect_no_amplifier(exchanges);
}

TEST(Amplification, TortureMessagesGetNoMoreThanTheySent) {
  const auto exchanges = torture_exchanges();
  EXPECT_GE(exchanges.size(), 30U);
  expect_no_amplifier(exchanges);
}

}  // namespace
}  // namespace dialplane::golden
