// SPDX-License-Identifier: Apache-2.0
// What golden cases cannot see of the admit stage: time of a hit, dry runs, a path without rules. Test thread.
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace dialplane::test {
namespace {

const std::string kRules = R"([[rule]]
name = "caller"
field = "from"
regex = "alice@"
action = "reject 480"
)";

struct Path {
  explicit Path(const std::string& rules) : snapshot(make_snapshot(kTwoNetworks + rules)) {}
  pipeline::Verdict send(const std::string& payload) {
    FrameBuffer buffer(payload, *Endpoint::parse("192.0.2.77:40000"), *Endpoint::parse("203.0.113.10:5060"));
    pipeline::Batch batch;
    batch.count = 1;
    buffer.fill(batch.packets[0], PortIndex(0));
    pipeline::process(batch, *context, *snapshot);
    return batch.packets[0].verdict;
  }
  [[nodiscard]] const pipeline::StageCounters& stage() const {
    return context->counters.stages[static_cast<std::size_t>(pipeline::StageId::kAdmit)];
  }
  std::unique_ptr<snapshot::Snapshot> snapshot;
  std::unique_ptr<pipeline::WorkerContext> context = std::make_unique<pipeline::WorkerContext>();
};

TEST(Admit, IsNotEnteredWithoutRules) {
  Path run("");
  EXPECT_EQ(run.send(request("INVITE")).kind, pipeline::Verdict::Kind::kForward);
  EXPECT_EQ(run.stage().calls.read(), 0U);
}

TEST(Admit, CountsHitsAndWhenTheLastWas) {
  Path run(kRules);
  run.context->unix_time_s = 1'700'000'000;
  EXPECT_EQ(run.send(request("INVITE")).status, 480);
  const auto& counters = run.context->counters.rules[run.snapshot->rule_cells.at(0).value];
  EXPECT_EQ(counters.hits.read(), 1U);
  EXPECT_EQ(counters.last_hit_s.read(), 1'700'000'000U);
  EXPECT_EQ(run.context->counters.rule_answers.read(80), 1U);
  EXPECT_EQ(run.stage().messages.read(), 1U);
}

TEST(Admit, DropsAnAckThatARejectingRuleMatches) {
  Path run(kRules);
  const auto verdict = run.send(request("ACK"));
  EXPECT_EQ(verdict.kind, pipeline::Verdict::Kind::kDrop);
  EXPECT_EQ(verdict.reason, pipeline::DropReason::kRule);
}

TEST(Admit, DryRunDecidesAndCountsNothing) {
  Path run(kRules);
  auto untouched = std::make_unique<pipeline::WorkerContext>();
  run.context->dry_run = true;
  run.context->unix_time_s = 1'700'000'000;
  EXPECT_EQ(run.send(request("INVITE")).status, 480);
  EXPECT_EQ(std::memcmp(&run.context->counters, &untouched->counters, sizeof(untouched->counters)), 0);
}

}  // namespace
}  // namespace dialplane::test
