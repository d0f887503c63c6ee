// SPDX-License-Identifier: Apache-2.0
// The packet path takes nothing from the heap: jemalloc counts what the thread was given. Test thread.
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#ifdef DIALPLANE_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

namespace dialplane::test {
namespace {

#ifdef DIALPLANE_JEMALLOC

std::uint64_t allocated_bytes() {
  std::uint64_t* cell = nullptr;
  std::size_t size = sizeof(cell);
  EXPECT_EQ(mallctl("thread.allocatedp", &cell, &size, nullptr, 0), 0);
  return *cell;
}

TEST(PacketPath, CounterOfAllocationsMoves) {
  const auto before = allocated_bytes();
  void* volatile block = std::malloc(1000);
  EXPECT_GE(allocated_bytes(), before + 1000);
  std::free(block);
}

TEST(PacketPath, AllocatesNothing) {
  const auto snapshot = make_snapshot(kTwoNetworks);
  auto context = std::make_unique<pipeline::WorkerContext>();
  const auto client = *Endpoint::parse("192.0.2.77:40000");
  const auto listener = *Endpoint::parse("203.0.113.10:5060");
  const std::vector<std::string> payloads{request("INVITE"), request("OPTIONS"), request("BYE"),
                                          "\r\n\r\n",        "garbage",          request("INVITE").substr(0, 90)};
  std::vector<FrameBuffer> buffers;
  for (const auto& payload : payloads) buffers.emplace_back(payload, client, listener);
  pipeline::Batch batch;
  batch.count = buffers.size();
  for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].fill(batch.packets[i], PortIndex(0));

  const auto before = allocated_bytes();
  pipeline::process(batch, *context, *snapshot);
  pipeline::expire(*context);
  EXPECT_EQ(allocated_bytes(), before);
  EXPECT_EQ(batch.packets[0].verdict.kind, pipeline::Verdict::Kind::kForward);
}

#else

TEST(PacketPath, AllocatesNothing) { GTEST_SKIP() << "needs jemalloc's counters, which sanitizer builds do without"; }

#endif

}  // namespace
}  // namespace dialplane::test
