// SPDX-License-Identifier: Apache-2.0
// Drains with their ends: empty, deadline, another word; and backends that have left.
#include "health/drains.hpp"

#include "log_capture.hpp"
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace dialplane::control {
namespace {

using namespace std::chrono_literals;
using config::AdminState;

class DrainsTest : public testing::Test {
 protected:
  DrainsTest() {
    auto loaded = config::load_text(test::kTwoNetworks);
    EXPECT_TRUE(loaded.has_value());
    config_ = std::make_shared<config::Config>(std::move(*loaded));
    state_.emplace(publisher_, config_, test::fixed_keys());
    EXPECT_TRUE(state_->republish().has_value());
    drains_.emplace(*state_, now_);
    run_for(200ms);
  }

  void run_for(std::chrono::milliseconds length) {
    for (const auto end = now_ + length; now_ < end; now_ += 50ms) {
      drains_->turn(now_);
      state_->turn(now_);
    }
  }
  /// Until undone by mend(), no snapshot can be made: two listeners have one id.
  void spoil() { address_ = std::exchange(config_->listeners[1].address, config_->listeners[0].address); }
  void mend() { config_->listeners[1].address = address_; }
  void drain() {
    ASSERT_TRUE(state_->set_admin("sbc/sbc1", AdminState::kDrain).has_value());
    drains_->set("sbc/sbc1", AdminState::kDrain, "uid 7", now_);
  }
  [[nodiscard]] const snapshot::Backend& backend() const { return publisher_.latest()->pools[0].backends[0]; }
  [[nodiscard]] balance::BackendStates& states() const { return *publisher_.latest()->backend_states; }
  void open_dialog() const {
    states().note_opened(states().writer(WorkerIndex(0)), backend().cell, balance::Holding::kDialogs);
  }
  void close_dialog() const {
    states().note_closed(states().writer(WorkerIndex(0)), backend().cell, balance::Holding::kDialogs);
  }
  Drains::Answer keep() {
    return [this](const rpc::Outcome& outcome) { answer_ = outcome; };
  }

  snapshot::Publisher publisher_{1};
  std::shared_ptr<config::Config> config_;
  Endpoint address_;
  std::optional<StateKeeper> state_;
  std::optional<Drains> drains_;
  SteadyTime now_{1000s};
  std::optional<rpc::Outcome> answer_;
};

TEST_F(DrainsTest, TheFileSaysTheStateAtFirst) {
  EXPECT_EQ(drains_->note_of("sbc/sbc1").by, "file");
  drain();
  EXPECT_EQ(drains_->note_of("sbc/sbc1").by, "uid 7");
  EXPECT_EQ(drains_->note_of("sbc/sbc1").since, now_);
}

TEST_F(DrainsTest, WaitsUntilTheLastDialogIsOver) {
  open_dialog();
  drain();
  drains_->wait("sbc/sbc1", keep(), now_);
  run_for(10s);
  EXPECT_FALSE(answer_.has_value());
  close_dialog();
  run_for(2s);
  ASSERT_TRUE(answer_.has_value());
  ASSERT_TRUE(answer_->has_value());
  EXPECT_EQ((**answer_)["rows"][0]["result"], "drained");
}

TEST_F(DrainsTest, AnswersAtTheDeadlineAndIsInMaintenance) {
  open_dialog();
  drain();
  drains_->limit("sbc/sbc1", 5s, now_);
  drains_->wait("sbc/sbc1", keep(), now_);
  run_for(4900ms);
  EXPECT_EQ(backend().admin, AdminState::kDrain);
  run_for(300ms);
  EXPECT_EQ(backend().admin, AdminState::kMaint);
  ASSERT_TRUE(answer_.has_value() && answer_->has_value());
  EXPECT_EQ((**answer_)["rows"][0]["dialogs"], 1);
  EXPECT_EQ(drains_->note_of("sbc/sbc1").by, "deadline");
}

TEST_F(DrainsTest, ADeadlineThatCannotBePublishedIsTriedAgainAndToldOnce) {
  drain();
  drains_->limit("sbc/sbc1", 5s, now_);
  const auto deadline = drains_->deadline_of("sbc/sbc1");
  spoil();
  const LogCapture log;
  run_for(30s);
  EXPECT_EQ(backend().admin, AdminState::kDrain);
  EXPECT_EQ(drains_->deadline_of("sbc/sbc1"), deadline);
  ASSERT_EQ(log.lines().size(), 1U) << testing::PrintToString(log.lines());
  mend();
  run_for(1200ms);
  EXPECT_EQ(backend().admin, AdminState::kMaint);
}

TEST_F(DrainsTest, AnotherWordEndsTheWaitAndTheDeadline) {
  open_dialog();
  drain();
  drains_->limit("sbc/sbc1", 5s, now_);
  drains_->wait("sbc/sbc1", keep(), now_);
  ASSERT_TRUE(state_->set_admin("sbc/sbc1", AdminState::kReady).has_value());
  drains_->set("sbc/sbc1", AdminState::kReady, "uid 8", now_);
  ASSERT_TRUE(answer_.has_value());
  EXPECT_FALSE(answer_->has_value());
  run_for(10s);
  EXPECT_EQ(backend().admin, AdminState::kReady);
}

TEST_F(DrainsTest, AResetEndsTheWaitAndTheDeadline) {
  open_dialog();
  drain();
  drains_->limit("sbc/sbc1", 5s, now_);
  drains_->wait("sbc/sbc1", keep(), now_);
  const auto again = std::make_shared<const config::Config>(*state_->config());
  ASSERT_TRUE(state_->adopt(again, state_->keys(), state_->cells(), *publisher_.latest(), {true}).has_value());
  run_for(200ms);
  ASSERT_TRUE(answer_.has_value());
  ASSERT_FALSE(answer_->has_value());
  EXPECT_NE(answer_->error().message.find("set to ready by the file"), std::string::npos);
  EXPECT_EQ(drains_->note_of("sbc/sbc1").by, "file");
  run_for(10s);
  EXPECT_EQ(backend().admin, AdminState::kReady);
}

TEST_F(DrainsTest, TheNodeWaitsForAllBackends) {
  open_dialog();
  drains_->wait_for_node(keep(), now_);
  run_for(3s);
  EXPECT_FALSE(answer_.has_value());
  EXPECT_EQ(drains_->remaining_on_node().dialogs, 1u);
  close_dialog();
  run_for(2s);
  EXPECT_TRUE(answer_.has_value() && answer_->has_value());
}

TEST_F(DrainsTest, ANodeMadeReadyEndsTheWait) {
  open_dialog();
  drains_->wait_for_node(keep(), now_);
  drains_->node_is_ready();
  ASSERT_TRUE(answer_.has_value());
  EXPECT_FALSE(answer_->has_value());
}

TEST_F(DrainsTest, ABackendHasLeftAfterLinger) {
  config::Backend gone;
  gone.name = "gone";
  gone.address = *Endpoint::parse("10.0.0.13:5060");
  state_->runtime().leaving.push_back({"sbc", gone, now_, 30s});
  ASSERT_TRUE(state_->republish().has_value());
  run_for(29s);
  EXPECT_EQ(publisher_.latest()->pools[0].backends.size(), 2u);
  run_for(2s);
  EXPECT_EQ(publisher_.latest()->pools[0].backends.size(), 1u);
}

TEST_F(DrainsTest, ABackendLeavesLaterIfItCannotBePublished) {
  config::Backend gone;
  gone.name = "gone";
  gone.address = *Endpoint::parse("10.0.0.13:5060");
  state_->runtime().leaving.push_back({"sbc", gone, now_, 30s});
  ASSERT_TRUE(state_->republish().has_value());
  spoil();
  run_for(40s);
  EXPECT_EQ(publisher_.latest()->pools[0].backends.size(), 2u);
  mend();
  run_for(1200ms);
  EXPECT_EQ(publisher_.latest()->pools[0].backends.size(), 1u);
}

TEST_F(DrainsTest, OneWhoseNameAMemberHasStaysWhileItHoldsDialogs) {
  config::Backend moved;
  moved.name = backend().name;
  moved.address = *Endpoint::parse("10.0.0.13:5060");
  // This process runs for longer than linger, so its counts are whole.
  run_for(60s);
  state_->runtime().leaving.push_back({"sbc", moved, now_, 60s});
  ASSERT_TRUE(state_->republish().has_value());
  const auto& leaving = publisher_.latest()->pools[0].backends.at(1);
  const auto cell = leaving.cell;
  states().note_opened(states().writer(WorkerIndex(0)), cell, balance::Holding::kDialogs);
  run_for(40s);
  EXPECT_EQ(publisher_.latest()->pools[0].backends.size(), 2u);
  states().note_closed(states().writer(WorkerIndex(0)), cell, balance::Holding::kDialogs);
  run_for(1s);
  EXPECT_EQ(publisher_.latest()->pools[0].backends.size(), 1u);
}

TEST_F(DrainsTest, AnotherNameEndsNeitherTheWaitNorTheDeadline) {
  open_dialog();
  drain();
  drains_->limit("sbc/sbc1", 5s, now_);
  drains_->wait("sbc/sbc1", keep(), now_);
  auto other = *state_->config();
  other.pools[0].backends[0].name = "sbc2";
  const auto after = std::make_shared<const config::Config>(std::move(other));
  ASSERT_TRUE(state_->adopt(after, state_->keys(), state_->cells(), *publisher_.latest(), {}).has_value());
  run_for(3s);
  EXPECT_EQ(backend().admin, AdminState::kDrain);
  EXPECT_FALSE(answer_.has_value()) << "it still holds a dialog";
  EXPECT_EQ(drains_->note_of("sbc/sbc2").by, "uid 7");
  run_for(3s);
  EXPECT_EQ(backend().admin, AdminState::kMaint);
  ASSERT_TRUE(answer_.has_value());
}

TEST_F(DrainsTest, AStateThatComesBackAfterATrialIsNotSaidToBeTheFiles) {
  drain();
  const auto commanded = state_->runtime().admin;
  const auto first = state_->config();
  const auto trial = std::make_shared<const config::Config>(*first);
  ASSERT_TRUE(state_->adopt(trial, state_->keys(), state_->cells(), *publisher_.latest(), {true}).has_value());
  run_for(200ms);
  ASSERT_EQ(backend().admin, AdminState::kReady);
  ASSERT_TRUE(state_->restore(first, state_->keys(), state_->cells(), *publisher_.latest(), commanded).has_value());
  run_for(200ms);
  EXPECT_EQ(backend().admin, AdminState::kDrain);
  EXPECT_EQ(drains_->note_of("sbc/sbc1").by, "reload");
}

TEST_F(DrainsTest, OneInMaintenanceGetsNothingWhenItLeaves) {
  ASSERT_TRUE(state_->set_admin("sbc/sbc1", AdminState::kMaint).has_value());
  auto other = *state_->config();
  other.pools[0].backends[0].name = "sbc2";
  other.pools[0].backends[0].address = *Endpoint::parse("10.0.0.13:5060");
  const auto after = std::make_shared<const config::Config>(std::move(other));
  ASSERT_TRUE(state_->adopt(after, state_->keys(), state_->cells(), *publisher_.latest(), {}).has_value());
  const auto& leaving = publisher_.latest()->pools[0].backends.at(1);
  ASSERT_TRUE(leaving.is_leaving);
  EXPECT_FALSE(leaving.takes_existing());
}

}  // namespace
}  // namespace dialplane::control
