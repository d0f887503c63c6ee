// SPDX-License-Identifier: Apache-2.0
// The EAL argument list that a configuration makes.
#include "eal_arguments.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace dialplane::dpdk {
namespace {

using Arguments = std::vector<std::string>;

config::Config small() {
  config::Config config;
  config.runtime.name = "edge";
  config.runtime.main_cpu = 0;
  config.runtime.worker_cpus = {1, 1};
  config.runtime.memory = config::Memory::kNone;
  config.runtime.mbufs = 16384;
  config.ports.push_back({.name = "p0", .devices = {"net_null0"}});
  return config;
}

bool has(const Arguments& arguments, const std::string& wanted) {
  return std::find(arguments.begin(), arguments.end(), wanted) != arguments.end();
}

TEST(EalArguments, BuildsTheWholeLine) {
  const Arguments expected = {"dialplane",
                              "--lcores=0@0,1@1,2@1",
                              "--main-lcore=0",
                              "--file-prefix=edge",
                              "--iova-mode=va",
                              "--no-huge",
                              "-m93",
                              "-a0000:00:00.0",
                              "--log-level=warning",
                              "--log-level=lib.telemetry:error"};
  EXPECT_EQ(eal_arguments(small(), {}), expected);
}

TEST(EalArguments, MapsEveryWorkerToItsCpu) {
  auto config = small();
  config.runtime.main_cpu = 3;
  config.runtime.worker_cpus = {5, 4, 5};
  EXPECT_TRUE(has(eal_arguments(config, {}), "--lcores=0@3,1@5,2@4,3@5"));
}

TEST(EalArguments, TakesHugePagesFromNoFile) {
  auto config = small();
  config.runtime.memory = config::Memory::kHugepages;
  const auto arguments = eal_arguments(config, {});
  EXPECT_TRUE(has(arguments, "--in-memory"));
  EXPECT_FALSE(has(arguments, "--no-huge"));
}

TEST(EalArguments, NeverCombinesNoHugeWithInMemory) { EXPECT_FALSE(has(eal_arguments(small(), {}), "--in-memory")); }

TEST(EalArguments, PutsExtraArgumentsLast) {
  const Arguments extra = {"--trace=lib.ring"};
  EXPECT_EQ(eal_arguments(small(), extra).back(), "--trace=lib.ring");
}

TEST(EalArguments, LetsExtraArgumentReplaceIovaMode) {
  const Arguments extra = {"--iova-mode=pa"};
  const auto arguments = eal_arguments(small(), extra);
  EXPECT_FALSE(has(arguments, "--iova-mode=va"));
  EXPECT_TRUE(has(arguments, "--iova-mode=pa"));
}

TEST(EalArguments, LetsExtraArgumentReplaceMemory) {
  const Arguments extra = {"-m", "512"};
  EXPECT_FALSE(has(eal_arguments(small(), extra), "-m93"));
}

TEST(EalArguments, LetsExtraArgumentReplaceLogLevel) {
  const Arguments extra = {"--log-level=debug"};
  EXPECT_FALSE(has(eal_arguments(small(), extra), "--log-level=warning"));
}

TEST(EalArguments, DoesNotTakeALongerOptionForOurs) {
  const Arguments extra = {"--iova-mode-hint=pa"};
  EXPECT_TRUE(has(eal_arguments(small(), extra), "--iova-mode=va"));
}

TEST(EalArguments, GivesMoreMemoryForMoreBuffers) {
  auto config = small();
  const auto before = memory_mib(config);
  config.runtime.mbufs *= 4;
  // 49,152 buffers more of 2,624 bytes and 16 bytes of ring.
  EXPECT_EQ(memory_mib(config) - before, 124U);
}

TEST(EalArguments, SizesBuffersByTheLargestMtu) {
  auto config = small();
  config.ports.push_back({.name = "p1", .devices = {"net_null1"}, .mtu = 3000});
  EXPECT_EQ(largest_mtu(config), 3000);
}

}  // namespace
}  // namespace dialplane::dpdk
