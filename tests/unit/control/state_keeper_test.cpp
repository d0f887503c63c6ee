// SPDX-License-Identifier: Apache-2.0
// Which configuration a snapshot counts itself to, whatever is published between a draft and its adoption.
#include "state_keeper.hpp"

#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include <gtest/gtest.h>

namespace dialplane::control {
namespace {

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

}  // namespace
}  // namespace dialplane::control
