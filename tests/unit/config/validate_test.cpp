// SPDX-License-Identifier: Apache-2.0
// Mistakes that need more than one value: references, duplicates, sides, routes.
#include "document.hpp"

#include "dialplane/config/loader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace dialplane::config {
namespace {

using testing::document;
using testing::expect_problem;

constexpr std::string_view kSecondPort = "[[port]]\nname = \"core0\"\ndevice = \"net_null1\"\nexception = \"core0\"\n";

TEST(Validate, UnknownPool) { expect_problem(document({{13, "pool = \"sbx\""}}), 13, 8, "did you mean \"sbc\"?"); }
TEST(Validate, UnknownListenerPort) {
  expect_problem(document({{13, "pool = \"sbc\"\nports = [\"edge0\", \"wan\"]"}}), 14, 19, "there is no port \"wan\"");
}
TEST(Validate, UnknownInner) {
  expect_problem(document({{14, "inner = [\"kore\"]"}, {19, "outer = [\"public\"]"}}), 14, 10,
                 "did you mean \"core\"?");
}
TEST(Validate, UnknownOuter) {
  expect_problem(document({{19, "outer = [\"pulbic\"]"}}), 19, 10, "did you mean \"public\"?");
}
TEST(Validate, UnknownNeighborPort) {
  expect_problem(
      document({}, "[[neighbor]]\nport = \"wan\"\naddress = \"198.51.100.1\"\nmac = \"02:00:00:00:00:01\"\n"), 26, 8,
      "there is no port \"wan\"");
}
TEST(Validate, UnknownOutboundPool) {
  expect_problem(document({{18, "side = \"inside\"\noutbound = \"pool trunks\""}}), 19, 12,
                 "there is no pool \"trunks\"");
}
TEST(Validate, ListenerWithoutPool) { expect_problem(document({{13, ""}}), 9, 1, "lacks `pool`"); }

TEST(Validate, DuplicatePortName) {
  expect_problem(document({}, "[[port]]\nname = \"edge0\"\ndevice = \"net_null1\"\nexception = \"core0\"\n"), 26, 8,
                 "\"edge0\" is taken, in line 4");
}
TEST(Validate, DuplicateException) {
  expect_problem(document({}, "[[port]]\nname = \"core0\"\ndevice = \"net_null1\"\nexception = \"edge0\"\n"), 28, 13,
                 "interface \"edge0\" is taken");
}
TEST(Validate, DuplicateDevice) {
  expect_problem(document({}, "[[port]]\nname = \"core0\"\ndevice = \"net_null0\"\nexception = \"core0\"\n"), 27, 10,
                 "device \"net_null0\" is taken");
}
TEST(Validate, DuplicateInterfaceAddress) {
  expect_problem(document({}, std::string(kSecondPort) + "addresses = [\"198.51.100.2/25\"]\n"), 29, 14,
                 "interface address \"198.51.100.2\" is taken");
}
TEST(Validate, DuplicateListenerName) {
  const std::string tail = "[[listener]]\nname = \"public\"\naddress = \"udp:198.51.100.11:5060\"\npool = \"sbc\"\n";
  expect_problem(document({}, tail), 26, 8, "listener name \"public\" is taken, in line 10");
}
TEST(Validate, DuplicateListenerAddress) {
  const std::string tail = "[[listener]]\nname = \"other\"\naddress = \"udp:198.51.100.10:5060\"\npool = \"sbc\"\n";
  expect_problem(document({}, tail), 27, 11, "is taken, in line 11");
}
TEST(Validate, DuplicatePoolName) {
  const std::string tail = "[[pool]]\nname = \"sbc\"\n[[pool.backend]]\nname = \"x\"\naddress = \"10.0.0.12:5060\"\n";
  expect_problem(document({}, tail), 26, 8, "pool name \"sbc\" is taken, in line 21");
}
TEST(Validate, DuplicateBackendName) {
  expect_problem(document({}, "[[pool.backend]]\nname = \"sbc1\"\naddress = \"10.0.0.12:5060\"\n"), 26, 8,
                 "backend name \"sbc1\" is taken, in line 23");
}
TEST(Validate, DuplicateBackendAddress) {
  expect_problem(document({}, "[[pool.backend]]\nname = \"sbc2\"\naddress = \"10.0.0.11\"\n"), 27, 11,
                 "is taken, in line 24");
}
TEST(Validate, DuplicateBackendId) {
  expect_problem(document({{24, "address = \"10.0.0.11:5060\"\nid = \"a\""}},
                          "[[pool.backend]]\nname = \"sbc2\"\naddress = \"10.0.0.12:5060\"\nid = \"a\"\n"),
                 29, 6, "id \"a\" belongs to backend 10.0.0.11:5060");
}
TEST(Validate, DuplicateHostName) {
  expect_problem(document({{13, "pool = \"sbc\"\nnames = [\"sip.example\", \"SIP.example\"]"}}), 14, 25,
                 "host name \"sip.example\" is taken");
}
TEST(Validate, DuplicateTokenKey) {
  expect_problem(document({}, "[keys]\ntokens = [\"file:/a\", \"file:/a\"]\n"), 26, 22, "name each file once");
}
TEST(Validate, DuplicateNeighbor) {
  const std::string one = "[[neighbor]]\nport = \"edge0\"\naddress = \"198.51.100.1\"\nmac = \"02:00:00:00:00:01\"\n";
  expect_problem(document({}, one + one), 31, 11, "is taken, in line 27");
}

TEST(Validate, NinthTokenKey) {
  std::string tail = "[keys]\ntokens = [";
  for (int i = 0; i < 9; ++i) tail += "\"file:/k" + std::to_string(i) + "\",\n";
  expect_problem(document({}, tail + "]\n"), 34, 1, "give at most 8");
}
TEST(Validate, SixtyFifthWorker) {
  std::string cpus = "worker_cpus = [";
  for (int i = 0; i < 65; ++i) cpus += "1,\n";
  // The port's device list is shorter than the workers, so nothing else is wrong.
  expect_problem(document({{2, cpus + "]"}}), 66, 1, "give at most 64");
}
TEST(Validate, QueueWithoutWorker) {
  expect_problem(document({{5, "device = [\"net_null0\", \"net_null1\"]"}}), 5, 24, "fewer workers");
}

TEST(Validate, PoolWithoutBackendKey) {
  expect_problem(document({}, "[[pool]]\nname = \"empty\"\n"), 25, 1, "lacks `backend`");
}
TEST(Validate, PoolWithEmptyBackendList) {
  expect_problem(document({}, "[[pool]]\nname = \"empty\"\nbackend = []\n"), 27, 11, "`backend` is empty");
}
TEST(Validate, BackendAtOurOwnAddress) {
  expect_problem(document({{24, "address = \"198.51.100.10:5060\""}}), 24, 11, "is the address of listener \"public\"");
}

TEST(Validate, GatewayOnNoNetworkOfThePort) {
  expect_problem(document({{8, "routes = [\"default via 192.0.2.1\"]"}}), 8, 11,
                 "gateway 192.0.2.1 is not on a network of port \"edge0\"");
}
TEST(Validate, GatewayOnALinkRouteIsFine) {
  EXPECT_TRUE(load_text(document({{8, "routes = [\"192.0.2.1/32\", \"default via 192.0.2.1\"]"}})).has_value());
}
TEST(Validate, PortWithoutExceptionAndNeighbor) {
  expect_problem(document({{6, ""}}), 3, 1, "no exception interface and no neighbor");
}
TEST(Validate, PortWithNeighborButWithoutRoute) {
  expect_problem(document({{6, ""}, {7, ""}, {8, ""}},
                          "[[neighbor]]\nport = \"edge0\"\naddress = \"198.51.100.1\"\nmac = \"02:00:00:00:00:01\"\n"),
                 3, 1, "no exception interface and no route");
}

TEST(Validate, APortWithoutANameIsOneMistake) { expect_problem(document({{4, ""}, {6, ""}}), 3, 1, "lacks `name`"); }
TEST(Validate, AMistypedPortOfANeighborIsOneMistake) {
  for (const std::string port : {"\"edgy\"", "\"no name\"", "7"}) {
    expect_problem(document({{6, ""}}, "[[neighbor]]\nport = " + port +
                                           "\naddress = \"198.51.100.1\"\nmac = \"02:00:00:00:00:01\"\n"),
                   26, 8, "");
  }
}
TEST(Validate, BoundedLoadUnderACountingPolicy) {
  expect_problem(document({{21, "name = \"sbc\"\npolicy = \"round-robin\"\nmax_load_factor = 1.5"}}), 23, 19,
                 "`max_load_factor` means nothing under the policy of pool \"sbc\"");
}

TEST(Validate, InnerOnAnInsideListener) {
  expect_problem(document({{19, "outer = [\"public\"]\ninner = [\"core\"]"}}), 20, 9,
                 "a listener whose side is inside has no `inner`");
}
TEST(Validate, OuterOnAnOutsideListener) {
  expect_problem(document({{14, "inner = [\"core\"]\nouter = [\"public\"]"}}), 15, 9,
                 "a listener whose side is outside has no `outer`");
}
TEST(Validate, InnerWhoseSideIsOutside) {
  expect_problem(document({{14, "inner = [\"public\"]"}, {19, ""}, {18, "side = \"both\"\npool = \"sbc\""}}), 14, 10,
                 "whose side is outside");
}
TEST(Validate, OuterWhoseSideIsInside) {
  expect_problem(document({{19, "outer = [\"core\"]"}}), 19, 10, "whose side is inside");
}
TEST(Validate, OutsideListenerWithoutInner) {
  expect_problem(document({{14, ""}, {18, "side = \"both\"\npool = \"sbc\""}, {19, ""}}), 12, 8,
                 "needs an inside listener");
}
TEST(Validate, InsideListenerWithoutOuter) {
  expect_problem(document({{12, "side = \"both\""}, {14, ""}, {19, ""}}), 18, 8, "needs an outside listener");
}
TEST(Validate, OuterThatHasAnotherInner) {
  const std::string tail =
      "[[listener]]\nname = \"core2\"\naddress = \"udp:10.0.0.3:5060\"\nside = \"inside\"\nouter = [\"public\"]\n";
  expect_problem(document({}, tail), 29, 10, "whose `inner` is \"core\"");
}
TEST(Validate, OutboundOnAnOutsideListener) {
  expect_problem(document({{14, "inner = [\"core\"]\noutbound = \"refuse\""}}), 15, 12, "has no effect");
}
TEST(Validate, LiteralWithoutAllowance) {
  expect_problem(document({{18, "side = \"inside\"\noutbound = \"literal\""}}), 19, 12, "add outbound_allow");
}
TEST(Validate, AllowanceWithoutLiteral) {
  expect_problem(document({{18, "side = \"inside\"\noutbound_allow = [\"0.0.0.0/0\"]"}}), 19, 18,
                 "add outbound = \"literal\"");
}

TEST(Sides, OuterIsDerivedFromInner) {
  const auto config = load_text(document({{19, ""}}));
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->listeners.at(1).outer, std::vector<std::string>{"public"});
}
TEST(Sides, InnerIsDerivedFromOuter) {
  const auto config = load_text(document({{14, ""}}));
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->listeners.at(0).inner, std::vector<std::string>{"core"});
}
TEST(Sides, TwoOutsideListenersMayShareAnInside) {
  const auto config = load_text(document({}, R"([[listener]]
name = "public2"
address = "udp:198.51.100.11:5060"
side = "outside"
pool = "sbc"
inner = ["core"]
)"));
  ASSERT_TRUE(config.has_value()) << config.error()[0].text;
  EXPECT_EQ(config->listeners.at(1).outer, std::vector<std::string>{"public"});
  EXPECT_EQ(config->listeners.at(2).inner, std::vector<std::string>{"core"});
}
TEST(Sides, OneNetworkNeedsNeither) {
  const auto config = load_text(document({{12, ""}, {14, ""}, {15, ""}, {16, ""}, {17, ""}, {18, ""}, {19, ""}}));
  ASSERT_TRUE(config.has_value()) << config.error()[0].text;
  EXPECT_EQ(config->listeners.at(0).side, Side::kBoth);
  EXPECT_TRUE(config->listeners.at(0).inner.empty());
  EXPECT_TRUE(config->listeners.at(0).outer.empty());
}
TEST(Sides, OneServerMayBeInTwoPools) {
  EXPECT_TRUE(
      load_text(document({}, "[[pool]]\nname = \"b\"\n[[pool.backend]]\nname = \"x\"\naddress = \"10.0.0.11\"\n"))
          .has_value());
}

}  // namespace
}  // namespace dialplane::config
