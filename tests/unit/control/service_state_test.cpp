// SPDX-License-Identifier: Apache-2.0
// Health and readiness from counters, acknowledgements and pools, with the time passed in. Test thread.
#include "service_state.hpp"

#include "fake_data_plane.hpp"
#include "log_capture.hpp"

#include <gtest/gtest.h>

namespace dialplane::control {
namespace {

using namespace std::chrono_literals;

class ServiceStateTest : public testing::Test {
 protected:
  void SetUp() override {
    data_plane_.workers_ = {{3, true}};
    publish(true);
    publisher_.acknowledge(WorkerIndex(0), 1);
    look_after(0ms);
  }

  void publish(bool is_usable) {
    auto next = std::make_unique<snapshot::Snapshot>();
    next->pools.emplace_back();
    next->pools[0].name = "sbc";
    next->pools[0].any_usable = is_usable;
    publisher_.publish(std::move(next));
  }
  void make_a_round() const { data_plane_.counters_->idle_cycles.add(100); }
  void look_after(std::chrono::milliseconds step) {
    now_ += step;
    service_.observe(now_);
  }

  FakeDataPlane data_plane_;
  snapshot::Publisher publisher_{1};
  ServiceState service_{data_plane_, publisher_};
  ServiceState::Time now_{1000s};
};

TEST_F(ServiceStateTest, IsHealthyAndReadyWhileTheWorkerMoves) {
  for (int i = 0; i < 40; ++i) {
    make_a_round();
    look_after(100ms);
  }
  EXPECT_TRUE(service_.health().ok);
  EXPECT_EQ(service_.health().text, "ok\n");
  EXPECT_TRUE(service_.readiness().ok);
}

TEST_F(ServiceStateTest, AWorkerThatStandsStillIsNamedAfterTwoSeconds) {
  look_after(1900ms);
  EXPECT_TRUE(service_.health().ok);
  look_after(100ms);
  EXPECT_FALSE(service_.health().ok);
  EXPECT_EQ(service_.health().text, "worker 0 (CPU 3) has made no round for 2.0 s\n");
  EXPECT_FALSE(service_.readiness().ok);
}

TEST_F(ServiceStateTest, AWorkerThatMovesAgainIsHealthyAgain) {
  look_after(5000ms);
  EXPECT_FALSE(service_.health().ok);
  make_a_round();
  look_after(100ms);
  EXPECT_TRUE(service_.health().ok);
}

TEST_F(ServiceStateTest, AWorkerThatTakesNoSnapshotIsNamed) {
  publish(true);
  for (int i = 0; i <= 20; ++i) {
    make_a_round();
    look_after(100ms);
  }
  EXPECT_EQ(service_.health().text,
            "worker 0 (CPU 3) has not taken a snapshot for 2.0 s: it has generation 1, the current one is 2\n");
}

TEST_F(ServiceStateTest, AWorkerOneSnapshotBehindIsFineWhileManyArePublished) {
  for (std::uint64_t i = 2; i < 60; ++i) {
    publish(true);
    publisher_.acknowledge(WorkerIndex(0), i - 1);
    make_a_round();
    look_after(100ms);
  }
  EXPECT_TRUE(service_.health().ok);
}

TEST_F(ServiceStateTest, AWorkerThatDoesNotRunIsNamed) {
  data_plane_.workers_[0].running = false;
  EXPECT_EQ(service_.health().text, "worker 0 (CPU 3) does not run\n");
}

TEST_F(ServiceStateTest, APoolWithoutUsableBackendsIsHealthyAndNotReady) {
  publish(false);
  publisher_.acknowledge(WorkerIndex(0), 2);
  make_a_round();
  look_after(100ms);
  EXPECT_TRUE(service_.health().ok);
  EXPECT_FALSE(service_.readiness().ok);
  EXPECT_EQ(service_.readiness().text, "pool sbc has no backend for new dialogs\n");
}

TEST_F(ServiceStateTest, APoolThatLosesItsLastBackendHasALineAndOneWhenItHasOneAgain) {
  const LogCapture log;
  for (const bool is_usable : {false, false, true, true}) {
    publish(is_usable);
    look_after(100ms);
  }
  EXPECT_EQ(log.lines(),
            (std::vector<std::string>{"error pool sbc has no backend for new dialogs: new requests are answered 503",
                                      "info pool sbc has a backend for new dialogs again"}));
}

TEST_F(ServiceStateTest, APoolWithABackendFromTheStartHasNoLine) {
  const LogCapture log;
  publish(true);
  look_after(100ms);
  EXPECT_TRUE(log.lines().empty());
}

TEST_F(ServiceStateTest, AWorkerInTroubleHasALineAndOneWhenItIsOver) {
  const LogCapture log;
  for (int i = 0; i < 50; ++i) look_after(100ms);
  make_a_round();
  look_after(100ms);
  EXPECT_EQ(log.lines(), (std::vector<std::string>{"error worker 0 (CPU 3) has made no round for 2.0 s",
                                                   "info worker 0 (CPU 3) works again"}));
}

TEST(ServiceState, AWorkerThatIsLaunchedAfterTheFirstLookHasNoLine) {
  const LogCapture log;
  FakeDataPlane data_plane;
  data_plane.workers_[0].running = false;
  snapshot::Publisher publisher{1};
  ServiceState service{data_plane, publisher};
  service.observe(ServiceState::Time{1s});
  data_plane.workers_[0].running = true;
  service.observe(ServiceState::Time{2s});
  EXPECT_TRUE(log.lines().empty());
}

TEST(ServiceState, AWorkerStandsStillOnlySinceItRuns) {
  FakeDataPlane data_plane;
  data_plane.workers_ = {{3, false}};
  snapshot::Publisher publisher{1};
  ServiceState service{data_plane, publisher};
  service.observe(ServiceState::Time{1s});
  data_plane.workers_[0].running = true;
  service.observe(ServiceState::Time{9s});
  EXPECT_TRUE(service.health().ok) << service.health().text;
  service.observe(ServiceState::Time{11s});
  EXPECT_EQ(service.health().text, "worker 0 (CPU 3) has made no round for 2.0 s\n");
}

TEST(ServiceState, AWorkerThatIsNotLaunchedByTheSecondLookHasALine) {
  const LogCapture log;
  FakeDataPlane data_plane;
  data_plane.workers_ = {{3, false}};
  snapshot::Publisher publisher{1};
  ServiceState service{data_plane, publisher};
  service.observe(ServiceState::Time{1s});
  service.observe(ServiceState::Time{2s});
  EXPECT_EQ(log.lines(), std::vector<std::string>{"error worker 0 (CPU 3) does not run"});
}

TEST(ServiceState, BeforeTheFirstSnapshotNothingIsReady) {
  FakeDataPlane data_plane;
  data_plane.workers_[0].running = true;
  snapshot::Publisher publisher{1};
  ServiceState service{data_plane, publisher};
  EXPECT_EQ(service.health().text, "no worker has been looked at yet\n");
  service.observe(ServiceState::Time{1s});
  EXPECT_EQ(service.readiness().text, "worker 0 has no snapshot yet\nno snapshot is published yet\n");
}

}  // namespace
}  // namespace dialplane::control
