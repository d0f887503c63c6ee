// SPDX-License-Identifier: Apache-2.0
// A backend that starts slowly gets only part of the new dialogs that are its own. Test thread.
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include <gtest/gtest.h>

namespace dialplane::test {
namespace {

const std::string kSecondBackend = R"([[pool.backend]]
name = "sbc2"
address = "10.0.0.12:5060"
[[neighbor]]
port = "core0"
address = "10.0.0.12"
mac = "02:00:00:00:02:12"
)";

class SlowStart : public testing::Test {
 protected:
  /// How many of 200 new calls go to the second backend.
  int calls_to_second() {
    int count = 0;
    for (int i = 0; i < 200; ++i) {
      const auto context = std::make_unique<pipeline::WorkerContext>();
      FrameBuffer buffer(request("INVITE", std::to_string(next_call_++) + "@10.1.1.5"),
                         *Endpoint::parse("192.0.2.77:40000"), *Endpoint::parse("203.0.113.10:5060"));
      pipeline::Batch batch;
      batch.count = 1;
      buffer.fill(batch.packets[0], PortIndex(0));
      pipeline::process(batch, *context, *snapshot_);
      EXPECT_EQ(batch.packets[0].verdict.kind, pipeline::Verdict::Kind::kForward);
      if (context->work[0].backend == 1) ++count;
    }
    return count;
  }
  std::unique_ptr<snapshot::Snapshot> snapshot_ = make_snapshot(kTwoNetworks + kSecondBackend);
  int next_call_ = 0;  // the affinity table keeps old ones where they are
  std::vector<std::uint16_t>& share_ = snapshot_->pools[0].share;
};

TEST_F(SlowStart, AQuarterOfItsShareIsAQuarterOfItsCalls) {
  const int whole = calls_to_second();
  share_[1] = balance::kWholeShare / 4;
  const int part = calls_to_second();
  EXPECT_GT(part, 0);
  EXPECT_LT(part, whole / 2);
}

TEST_F(SlowStart, TheLastOneGetsAll) {
  share_[1] = 1;
  snapshot_->pools[0].usable_new[0] = 0;
  EXPECT_EQ(calls_to_second(), 200);
}

}  // namespace
}  // namespace dialplane::test
