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

TEST(PacketPath, AllocatesNothingUnderRules) {
  const auto snapshot = make_snapshot(kTwoNetworks + R"([[rule]]
name = "scanners"
field = "user-agent"
regex = "(?i)friendly.{0,20}scanner|sipvicious"
action = "drop"
[[rule]]
name = "unknown"
field = "x-attack"
regex = "^yes"
action = "reject 403"
[[rule]]
name = "anywhere"
field = "message"
regex = "evil[0-9]+"
action = "drop"
)");
  auto context = std::make_unique<pipeline::WorkerContext>();
  const auto client = *Endpoint::parse("192.0.2.77:40000");
  const auto listener = *Endpoint::parse("203.0.113.10:5060");
  const auto with_row = [](const std::string& row) {
    auto text = request("INVITE");
    return text.insert(text.find("Contact:"), row + "\r\n");
  };
  const std::vector<std::string> payloads{with_row("User-Agent: friendly-x-scanner"), with_row("X-Attack: yes"),
                                          with_row("Subject: evil77"), with_row("User-Agent: phone")};
  std::vector<FrameBuffer> buffers;
  for (const auto& payload : payloads) buffers.emplace_back(payload, client, listener);
  pipeline::Batch batch;
  batch.count = buffers.size();
  for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].fill(batch.packets[i], PortIndex(0));

  const auto before = allocated_bytes();
  pipeline::process(batch, *context, *snapshot);
  EXPECT_EQ(allocated_bytes(), before);
  EXPECT_EQ(batch.packets[0].verdict.reason, pipeline::DropReason::kRule);
  EXPECT_EQ(batch.packets[1].verdict.status, 403);
  EXPECT_EQ(batch.packets[2].verdict.reason, pipeline::DropReason::kRule);
  EXPECT_EQ(batch.packets[3].verdict.kind, pipeline::Verdict::Kind::kForward);
}

#else

TEST(PacketPath, AllocatesNothing) { GTEST_SKIP() << "needs jemalloc's counters, which sanitizer builds do without"; }

#endif

}  // namespace
}  // namespace dialplane::test
