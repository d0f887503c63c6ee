// SPDX-License-Identifier: Apache-2.0
// A node in drain: callers are told to go elsewhere, backends are not, and everything is served. Test thread.
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include <gtest/gtest.h>

namespace dialplane::test {
namespace {

pipeline::Verdict verdict_on(const snapshot::Snapshot& snapshot, const std::string& text, const char* source,
                             const char* destination, std::uint16_t port) {
  const auto context = std::make_unique<pipeline::WorkerContext>();
  FrameBuffer buffer(text, *Endpoint::parse(source), *Endpoint::parse(destination));
  pipeline::Batch batch;
  batch.count = 1;
  buffer.fill(batch.packets[0], PortIndex(port));
  pipeline::process(batch, *context, snapshot);
  return batch.packets[0].verdict;
}

std::string options_to(const std::string& host) {
  auto text = request("OPTIONS");
  return text.replace(text.find("sip:bob@example.com"), 19, "sip:" + host);
}

class NodeDrain : public testing::Test {
 protected:
  NodeDrain() { snapshot_->is_draining = true; }
  std::unique_ptr<snapshot::Snapshot> snapshot_ = make_snapshot(kTwoNetworks);
};

TEST_F(NodeDrain, OptionsFromOutsideAreAnswered503) {
  const auto verdict = verdict_on(*snapshot_, options_to("203.0.113.10"), "192.0.2.77:40000", "203.0.113.10:5060", 0);
  EXPECT_EQ(verdict.kind, pipeline::Verdict::Kind::kReply);
  EXPECT_EQ(verdict.response, pipeline::InlineResponse::kNoBackend);
}

TEST_F(NodeDrain, OptionsFromABackendAreAnswered200) {
  const auto verdict = verdict_on(*snapshot_, options_to("10.0.0.1"), "10.0.0.11:5060", "10.0.0.1:5060", 1);
  EXPECT_EQ(verdict.kind, pipeline::Verdict::Kind::kReply);
  EXPECT_EQ(verdict.response, pipeline::InlineResponse::kOptionsOk);
}

TEST_F(NodeDrain, CallsAreServed) {
  const auto verdict = verdict_on(*snapshot_, request("INVITE"), "192.0.2.77:40000", "203.0.113.10:5060", 0);
  EXPECT_EQ(verdict.kind, pipeline::Verdict::Kind::kForward);
}

}  // namespace
}  // namespace dialplane::test
