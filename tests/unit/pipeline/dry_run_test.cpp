// SPDX-License-Identifier: Apache-2.0
// A dry run decides and rewrites, and leaves no trace. Test thread.
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace dialplane::test {
namespace {

TEST(DryRun, CountsNothing) {
  const auto snapshot = make_snapshot(kTwoNetworks);
  auto context = std::make_unique<pipeline::WorkerContext>();
  auto untouched = std::make_unique<pipeline::WorkerContext>();
  context->dry_run = true;
  const auto client = *Endpoint::parse("192.0.2.77:40000");
  const auto listener = *Endpoint::parse("203.0.113.10:5060");
  for (const auto* method : {"INVITE", "OPTIONS", "ACK"}) {
    FrameBuffer buffer(request(method), client, listener);
    pipeline::Batch batch;
    batch.count = 1;
    buffer.fill(batch.packets[0], PortIndex(0));
    pipeline::process(batch, *context, *snapshot);
    EXPECT_NE(batch.packets[0].verdict.kind, pipeline::Verdict::Kind::kUndecided);
  }
  EXPECT_EQ(std::memcmp(&context->counters, &untouched->counters, sizeof(context->counters)), 0);
  EXPECT_FALSE(context->unresolved.pop().has_value());
}

}  // namespace
}  // namespace dialplane::test
