// SPDX-License-Identifier: Apache-2.0
// Fragments that never become a datagram end as counted drops. Test thread.
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include "dialplane/net/fragment.hpp"

#include <gtest/gtest.h>

namespace dialplane::test {
namespace {

TEST(Expire, CountsFragmentsThatWaitedTooLong) {
  const auto snapshot = make_snapshot(kTwoNetworks);
  auto context = std::make_unique<pipeline::WorkerContext>();
  FrameBuffer whole(std::string(2000, 'x'), *Endpoint::parse("192.0.2.77:40000"),
                    *Endpoint::parse("203.0.113.10:5060"));
  std::vector<std::uint8_t> first(1514);
  first.resize(
      net::write_fragment({whole.payload() - net::kUdp4Headers, 2000 + net::kUdp4Headers}, 1500, 0, 0, first.data()));
  FrameBuffer buffer(first, 0);
  pipeline::Batch batch;
  batch.count = 1;
  buffer.fill(batch.packets[0], PortIndex(0));
  context->now_ms = 1000;
  pipeline::process(batch, *context, *snapshot);
  EXPECT_EQ(batch.packets[0].verdict.kind, pipeline::Verdict::Kind::kHold);
  EXPECT_EQ(context->counters.fragments_held.read(), 1u);

  context->now_ms = 2999;
  pipeline::expire(*context);
  EXPECT_EQ(context->counters.drops.read(pipeline::DropReason::kFragmentTimeout), 0u);
  context->now_ms = 3000;
  pipeline::expire(*context);
  EXPECT_EQ(context->counters.drops.read(pipeline::DropReason::kFragmentTimeout), 1u);
  EXPECT_EQ(context->counters.fragments_held.read(), 0u);
}

}  // namespace
}  // namespace dialplane::test
