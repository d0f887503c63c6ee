// SPDX-License-Identifier: Apache-2.0
// Health settings of pools and backends, and the sources of probes.
#include "dialplane/config/health.hpp"

#include "document.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dialplane::config {
namespace {

using namespace std::chrono_literals;
using testing::document;

Config load(const std::string& text) {
  auto result = load_text(text);
  if (!result) {
    for (const Problem& problem : result.error()) ADD_FAILURE() << format_problem("text", problem);
    return {};
  }
  return *result;
}

void expect_problem(const std::string& text, std::uint32_t line, std::string_view part) {
  const auto result = load_text(text);
  ASSERT_FALSE(result.has_value());
  ASSERT_EQ(result.error().size(), 1u) << format_problem("t", result.error().back());
  EXPECT_EQ(result.error()[0].location.line, line) << result.error()[0].text;
  const std::string whole = result.error()[0].text + "; " + result.error()[0].remedy;
  EXPECT_NE(whole.find(part), std::string::npos) << whole;
}

TEST(Health, HasDefaults) {
  const Config config = load(document());
  const Health& health = config.pools.at(0).health;
  EXPECT_EQ(health.probing.probe, Probe::kOptions);
  EXPECT_EQ(health.probing.interval, 2s);
  EXPECT_EQ(health.probing.timeout, 500ms);
  EXPECT_EQ(health.probing.fall, 3);
  EXPECT_EQ(health.probing.rise, 2);
  EXPECT_DOUBLE_EQ(health.panic, 0.3);
  EXPECT_EQ(health.panic_hold, 10s);
  EXPECT_EQ(health.slow_start, 10s);
  EXPECT_EQ(health.linger, 4h);
  EXPECT_TRUE(config.node.probe_source.empty());
}

TEST(Health, ReadsThePoolsKeysAndGivesThemToItsBackends) {
  const Config config = load(document({}, R"([pool.health]
probe = "none"
interval = "100ms"
timeout = "100ms"
fall = 1
rise = 5
codes = ["200"]
panic = 0
panic_hold = "1m"
hold_down = "0s"
slow_start = "30s"
linger = "1d"
)"));
  const Health& health = config.pools.at(0).health;
  EXPECT_EQ(health.probing.probe, Probe::kNone);
  EXPECT_EQ(health.probing.interval, 100ms);
  EXPECT_DOUBLE_EQ(health.panic, 0.0);
  EXPECT_EQ(health.panic_hold, 1min);
  EXPECT_EQ(health.hold_down, 0s);
  EXPECT_EQ(health.linger, 24h);
  EXPECT_EQ(config.pools.at(0).backends.at(0).probing, health.probing);
}

TEST(Health, ABackendOverrulesItsPool) {
  const Config config = load(document({}, R"([pool.backend.health]
codes = ["2xx"]
fall = 7
[pool.health]
interval = "5s"
)"));
  const ProbeSettings& own = config.pools.at(0).backends.at(0).probing;
  EXPECT_EQ(own.interval, 5s);
  EXPECT_EQ(own.fall, 7);
  EXPECT_FALSE(own.codes.is_healthy(404));
  EXPECT_EQ(config.pools.at(0).health.probing.fall, 3);
}

TEST(Health, ReadsProbeSources) {
  const Config config = load(document({}, "[node]\nprobe_source = [\"10.0.0.2\", \"[2001:db8::2]:5070\"]\n"));
  ASSERT_EQ(config.node.probe_source.size(), 2u);
  EXPECT_EQ(config.node.probe_source[0].to_string(), "10.0.0.2:5059");
  EXPECT_EQ(config.node.probe_source[1].to_string(), "[2001:db8::2]:5070");
}

TEST(HealthRefuses, TimeoutBeyondTheInterval) {
  expect_problem(document({}, "[pool.health]\ntimeout = \"3s\"\n"), 26, "longer than `interval` 2s");
}
TEST(HealthRefuses, IntervalOfABackendBelowThePoolsTimeout) {
  expect_problem(document({}, "[pool.backend.health]\ninterval = \"200ms\"\n"), 26, "longer than `interval` 200ms");
}
TEST(HealthRefuses, DurationWithoutAUnit) {
  expect_problem(document({}, "[pool.health]\ninterval = \"2\"\n"), 26, "is not a duration");
}
TEST(HealthRefuses, DurationAsInteger) {
  expect_problem(document({}, "[pool.health]\ninterval = 2\n"), 26, "give a duration in quotes");
}
TEST(HealthRefuses, DurationOutOfRange) {
  expect_problem(document({}, "[pool.health]\ninterval = \"2h\"\n"), 26, "give 100ms to 1h");
}
TEST(HealthRefuses, ShareAboveOne) { expect_problem(document({}, "[pool.health]\npanic = 1.5\n"), 26, "out of range"); }
TEST(HealthRefuses, UnknownCode) {
  expect_problem(document({}, "[pool.health]\ncodes = [\"2xx\", \"!20\"]\n"), 26, "no final response code");
}
TEST(HealthRefuses, CodesThatLeaveNothing) {
  expect_problem(document({}, "[pool.health]\ncodes = [\"200\", \"!2xx\"]\n"), 26, "leaves no answer");
}
TEST(HealthRefuses, ListOfTables) { expect_problem(document({}, "[[pool.health]]\n"), 25, "write it as"); }
TEST(HealthRefuses, TwoSourcesOfOneFamily) {
  expect_problem(document({}, "[node]\nprobe_source = [\"10.0.0.2\", \"10.0.0.3\"]\n"), 26, "two probe sources");
}
TEST(HealthRefuses, SourceThatIsAListener) {
  expect_problem(document({}, "[node]\nprobe_source = [\"10.0.0.1:5060\"]\n"), 17, "health probes leave from");
}
TEST(HealthRefuses, InnerListenerOnTheProbePort) {
  expect_problem(document({{17, "address = \"udp:10.0.0.1:5059\""}}), 17, "health probes leave from");
}

TEST(HealthCodes, FourCodesAreUnhealthyByDefault) {
  const HealthCodes codes;
  for (const unsigned code : {408U, 500U, 503U, 504U, 100U, 183U, 0U, 700U, 65535U}) {
    EXPECT_FALSE(codes.is_healthy(code)) << code;
  }
  for (const unsigned code : {200U, 302U, 403U, 404U, 405U, 480U, 481U, 486U, 501U, 603U, 699U}) {
    EXPECT_TRUE(codes.is_healthy(code)) << code;
  }
}

TEST(HealthCodes, LaterEntriesOverruleEarlierOnes) {
  std::size_t wrong = 0;
  const std::vector<std::string> entries{"2xx", "!299", "404"};
  const auto codes = HealthCodes::parse(entries, wrong);
  ASSERT_TRUE(codes.has_value());
  EXPECT_TRUE(codes->is_healthy(200));
  EXPECT_FALSE(codes->is_healthy(299));
  EXPECT_TRUE(codes->is_healthy(404));
  EXPECT_FALSE(codes->is_healthy(403));
}

TEST(HealthCodes, TheDefaultAsWrittenInTheFileIsTheDefault) {
  std::size_t wrong = 0;
  const std::vector<std::string> entries{"!408", "!500", "!503", "!504"};
  EXPECT_EQ(HealthCodes::parse(entries, wrong), HealthCodes());
}

}  // namespace
}  // namespace dialplane::config
