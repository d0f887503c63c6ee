// SPDX-License-Identifier: Apache-2.0
// Which configuration a snapshot counts itself to, whatever is published between a draft and its adoption; and what
// becomes of a change that cannot be published.
#include "state_keeper.hpp"

#include "log_capture.hpp"
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include <gtest/gtest.h>

namespace dialplane::control {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const config::Config> load() {
  auto loaded = config::load_text(test::kTwoNetworks);
  EXPECT_TRUE(loaded.has_value());
  return std::make_shared<const config::Config>(std::move(*loaded));
}

class StateKeeperTest : public testing::Test {
 protected:
  StateKeeperTest() { EXPECT_TRUE(state_.republish().has_value()); }

  /// As a reload does it: a draft of what runs, then another change, then the adoption.
  void take_over(const std::shared_ptr<const config::Config>& config) {
    auto cells = state_.cells();
    const auto draft =
        snapshot::build_snapshot(config, state_.keys(), state_.runtime(), cells, state_.publisher().latest());
    ASSERT_TRUE(draft.has_value());
    ASSERT_TRUE(state_.set_admin("sbc/sbc1", config::AdminState::kDrain).has_value());
    ASSERT_TRUE(state_.adopt(config, state_.keys(), cells, **draft, {}).has_value());
  }
  [[nodiscard]] std::uint64_t config_generation() const { return publisher_.latest()->config_generation; }

  snapshot::Publisher publisher_{1};
  std::shared_ptr<const config::Config> first_ = load();
  StateKeeper state_{publisher_, first_, test::fixed_keys()};
};

TEST_F(StateKeeperTest, AChangeOfAStateIsNoNewConfiguration) {
  ASSERT_TRUE(state_.set_admin("sbc/sbc1", config::AdminState::kDrain).has_value());
  EXPECT_EQ(publisher_.latest()->generation, 2U);
  EXPECT_EQ(config_generation(), 1U);
}

TEST_F(StateKeeperTest, EveryConfigurationThatIsTakenOverCountsOnce) {
  take_over(load());
  EXPECT_EQ(config_generation(), 2U);
  EXPECT_EQ(publisher_.latest()->generation, 3U);
  take_over(first_);
  EXPECT_EQ(config_generation(), 3U) << "also one that ran before";
}

/// Two backends, `a` and `b`, whose addresses and names a change may exchange.
class RenamingTest : public StateKeeperTest {
 protected:
  RenamingTest() {
    adopt({{"a", kFirst}, {"b", kSecond}});
    state_.runtime().observed["sbc/a"].state = snapshot::ObservedState::kDown;
    state_.runtime().observed["sbc/b"].state = snapshot::ObservedState::kUp;
    EXPECT_TRUE(state_.republish().has_value());
  }

  void adopt(const std::vector<std::pair<std::string, std::string>>& members) {
    auto config = *first_;
    config.pools[0].backends.resize(members.size(), config.pools[0].backends[0]);
    for (std::size_t i = 0; i < members.size(); ++i) {
      config.pools[0].backends[i].name = members[i].first;
      config.pools[0].backends[i].address = *Endpoint::parse(members[i].second);
    }
    const auto shared = std::make_shared<const config::Config>(std::move(config));
    ASSERT_TRUE(state_.adopt(shared, state_.keys(), state_.cells(), *publisher_.latest(), {}).has_value());
  }
  [[nodiscard]] const snapshot::Backend& member(std::size_t at) const {
    return publisher_.latest()->pools[0].backends.at(at);
  }

  static constexpr auto kFirst = "10.0.0.11:5060";
  static constexpr auto kSecond = "10.0.0.12:5060";
};

TEST_F(RenamingTest, AServerStaysDownUnderAnotherName) {
  adopt({{"c", kFirst}, {"b", kSecond}});
  EXPECT_EQ(member(0).observed, snapshot::ObservedState::kDown);
  EXPECT_EQ(member(1).observed, snapshot::ObservedState::kUp);
}

TEST_F(RenamingTest, TwoThatChangeAddressesTakeTheirHealthAlong) {
  adopt({{"a", kSecond}, {"b", kFirst}});
  EXPECT_EQ(member(0).observed, snapshot::ObservedState::kUp);
  EXPECT_EQ(member(1).observed, snapshot::ObservedState::kDown);
}

TEST_F(RenamingTest, NothingIsKnownOfAnotherServerUnderAnOldName) {
  adopt({{"a", "10.0.0.13:5060"}, {"b", kSecond}});
  EXPECT_EQ(member(0).observed, snapshot::ObservedState::kUnknown);
}

TEST_F(RenamingTest, AStateSetByCommandStaysWithTheServer) {
  ASSERT_TRUE(state_.set_admin("sbc/a", config::AdminState::kMaint).has_value());
  adopt({{"c", kFirst}, {"b", kSecond}});
  EXPECT_EQ(member(0).admin, config::AdminState::kMaint);
  EXPECT_EQ(member(1).admin, config::AdminState::kReady);
}

TEST_F(RenamingTest, TheNameKeepsItsStateWhereItStays) {
  ASSERT_TRUE(state_.set_admin("sbc/a", config::AdminState::kMaint).has_value());
  adopt({{"a", kSecond}, {"b", kFirst}});
  EXPECT_EQ(member(0).admin, config::AdminState::kMaint);
  EXPECT_EQ(member(1).admin, config::AdminState::kReady);
}

/// With a configuration of which no snapshot can be made while two of its listeners have one id.
class UnpublishableTest : public testing::Test {
 protected:
  UnpublishableTest() {
    EXPECT_TRUE(state_.republish().has_value());
    config_->listeners[1].address = config_->listeners[0].address;
  }

  void find_down() {
    state_.runtime().observed["sbc/sbc1"].state = snapshot::ObservedState::kDown;
    state_.publish_found(now_);
  }
  void mend() { config_->listeners[1].address = address_; }
  void run_for(std::chrono::milliseconds length) {
    for (const auto end = now_ + length; now_ < end; now_ += 10ms) state_.turn(now_);
  }
  [[nodiscard]] snapshot::ObservedState published() const { return publisher_.latest()->pools[0].backends[0].observed; }

  snapshot::Publisher publisher_{1};
  std::shared_ptr<config::Config> config_ = std::make_shared<config::Config>(*load());
  Endpoint address_ = config_->listeners[1].address;
  StateKeeper state_{publisher_, config_, test::fixed_keys()};
  StateKeeper::Time now_{1000s};
  LogCapture log_;
};

TEST_F(UnpublishableTest, WhatWasFoundIsPublishedAsSoonAsItCanBe) {
  find_down();
  run_for(10s);
  EXPECT_EQ(publisher_.latest()->generation, 1U);
  mend();
  run_for(1s);
  EXPECT_EQ(published(), snapshot::ObservedState::kDown);
  EXPECT_EQ(publisher_.latest()->generation, 2U);
  run_for(10s);
  EXPECT_EQ(publisher_.latest()->generation, 2U) << "once";
}

TEST_F(UnpublishableTest, NewFindingsDoNotTryMoreOften) {
  find_down();
  run_for(500ms);
  mend();
  find_down();
  EXPECT_EQ(publisher_.latest()->generation, 1U) << "not before its time";
  run_for(600ms);
  EXPECT_EQ(publisher_.latest()->generation, 2U);
}

TEST_F(UnpublishableTest, TheLogTellsOfItsBeginningAndItsEnd) {
  find_down();
  run_for(60s);
  ASSERT_EQ(log_.lines().size(), 1U) << testing::PrintToString(log_.lines());
  EXPECT_EQ(log_.lines()[0].find("error no snapshot can be made: listeners \"public\" and"), 0U) << log_.lines()[0];
  mend();
  run_for(60s);
  ASSERT_EQ(log_.lines().size(), 2U) << testing::PrintToString(log_.lines());
  EXPECT_EQ(log_.lines()[1], "info generation 2 is published: what could not be published holds now");
}

TEST_F(UnpublishableTest, ACommandThatPublishesEndsItAsWell) {
  find_down();
  mend();
  ASSERT_TRUE(state_.set_admin("sbc/sbc1", config::AdminState::kDrain).has_value());
  EXPECT_EQ(published(), snapshot::ObservedState::kDown);
  run_for(10s);
  EXPECT_EQ(publisher_.latest()->generation, 2U);
}

}  // namespace
}  // namespace dialplane::control
