// SPDX-License-Identifier: Apache-2.0
// Members of a pool that no packet reaches yet.
#include "configs.hpp"

#include <gtest/gtest.h>

namespace dialplane::snapshot {
namespace {

using testing::backend;
using testing::build;
using testing::two_networks;

using Usable = std::vector<std::uint8_t>;

/// The pool of three backends when the kernel knows the MAC addresses of `known`.
Pool pool_with(const std::vector<std::string>& known, const std::string& keys_of_a = "",
               const std::string& keys_of_pool = "", const std::string& keys_of_others = "") {
  std::vector<NeighborEntry> neighbors;
  for (const auto& address : known) {
    neighbors.push_back({PortIndex{1}, *IpAddress::parse(address), *MacAddress::parse("02:00:00:00:00:01")});
  }
  RuntimeState state;
  state.next_hops = std::make_shared<NextHopTable>(
      std::vector<RouteEntry>{{*Prefix::parse("10.0.0.0/24"), PortIndex{1}, IpAddress{}}}, std::move(neighbors));
  const auto snapshot = build(
      two_networks(keys_of_pool + backend("a", "10.0.0.11:5060", keys_of_a) +
                   backend("b", "10.0.0.12:5060", keys_of_others) + backend("c", "10.0.0.13:5060", keys_of_others)),
      state);
  return snapshot->pools[0];
}

TEST(Reachability, AMemberWithoutANextHopTakesNoNewDialogs) {
  EXPECT_EQ(pool_with({"10.0.0.11", "10.0.0.13"}).usable_new, (Usable{1, 0, 1}));
}

TEST(Reachability, ItKeepsWhatItHas) {
  EXPECT_EQ(pool_with({"10.0.0.11", "10.0.0.13"}).usable_existing, (Usable{1, 1, 1}));
}

TEST(Reachability, WithoutAnyNextHopAllTakeThem) { EXPECT_EQ(pool_with({}).usable_new, (Usable{1, 1, 1})); }

TEST(Reachability, AReachableMemberThatTakesNoneIsNoReasonToWait) {
  EXPECT_EQ(pool_with({"10.0.0.11"}, "state = \"drain\"").usable_new, (Usable{0, 1, 1}));
}

TEST(Reachability, TheTableInUseIsOfATierThatCanBeReached) {
  const auto pool = pool_with({"10.0.0.12"}, "tier = 1", "policy = \"priority\"\n", "tier = 2");
  ASSERT_EQ(pool.plan.tables.size(), 2u);
  EXPECT_EQ(pool.table, pool.plan.tables[1]);
}

}  // namespace
}  // namespace dialplane::snapshot
