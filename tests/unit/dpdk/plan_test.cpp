// SPDX-License-Identifier: Apache-2.0
// Queue ownership and sizes.
#include "plan.hpp"

#include <gtest/gtest.h>

namespace dialplane::dpdk {
namespace {

TEST(QueueOwner, GivesQueueToTheWorkerOfItsNumber) { EXPECT_EQ(queue_owner(1, 3), 1U); }

TEST(QueueOwner, WrapsWhenThereAreMoreQueuesThanWorkers) { EXPECT_EQ(queue_owner(5, 2), 1U); }

TEST(TxPath, UsesTheWorkersOwnQueue) {
  const auto path = tx_path(1, 2);
  EXPECT_TRUE(path.own);
  EXPECT_EQ(path.queue, 1U);
}

TEST(TxPath, HandsOverToTheWorkerModuloQueues) {
  const auto path = tx_path(5, 2);
  EXPECT_FALSE(path.own);
  EXPECT_EQ(path.through, 1U);
}

TEST(TxPath, NeverHandsOverToAWorkerWithoutQueue) {
  for (std::size_t queues = 1; queues <= 8; ++queues)
    for (std::size_t worker = 0; worker < 16; ++worker) {
      const auto path = tx_path(worker, queues);
      EXPECT_TRUE(path.own || tx_path(path.through, queues).own) << worker << " of " << queues << " queues";
    }
}

TEST(TxPath, NeverSharesAQueue) {
  for (std::size_t queues = 1; queues <= 8; ++queues)
    for (std::size_t worker = 0; worker < queues; ++worker)
      EXPECT_EQ(queue_owner(tx_path(worker, queues).queue, 8), worker);
}

TEST(DataRoom, HoldsFrameHeadroomAndPromisedRoom) {
  EXPECT_GE(data_room(1500), kMostHeadroom + 1500 + kMostL2 + 2 * pipeline::kMinRoom);
}

TEST(DataRoom, MakesBuffersOfAnOddNumberOfCacheLines) {
  for (std::uint16_t mtu = 576; mtu <= 2800; ++mtu) EXPECT_EQ((data_room(mtu) + kBufferHeaders) % 128, 64U) << mtu;
}

TEST(DataRoom, KeepsABufferWithinAPage) { EXPECT_EQ(data_room(kMostMtu) + kBufferHeaders, 4096U); }

TEST(Descriptors, AreLongWhereBuffersAllow) { EXPECT_EQ(descriptors(65536, 2, 1), kMostDescriptors); }

TEST(Descriptors, ShrinkBeforeTheyEmptyThePool) {
  const auto length = descriptors(16384, 4, 2);
  EXPECT_EQ(length, 512);
  EXPECT_LE(reserved_buffers(2) + std::size_t{4} * length * 4, 16384U);
}

TEST(Descriptors, AreNoneWhenBuffersAreTooFew) { EXPECT_EQ(descriptors(2048, 2, 1), 0); }

}  // namespace
}  // namespace dialplane::dpdk
