// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace dialplane::gen {
namespace {

Report sample() {
  Report report;
  report.send.emplace();
  report.send->stamped = true;
  report.send->seconds = 2;
  report.send->sent = 1000;
  report.send->bytes = 500000;
  report.receive.emplace();
  report.receive->distinct = 990;
  report.receive->classes[2] = 980;
  report.receive->latency_ns.add(20);
  return report;
}

TEST(Report, LossIsWhatWasSentAndNeverArrived) {
  const auto json = nlohmann::json::parse(format_json(sample()));
  EXPECT_EQ(json["lost"], 10);
  EXPECT_DOUBLE_EQ(json["loss_ratio"], 0.01);
  EXPECT_NE(format_text(sample()).find("loss      1.0000 %"), std::string::npos);
}

TEST(Report, RatesAreOverTheSendersTime) {
  const auto json = nlohmann::json::parse(format_json(sample()));
  EXPECT_DOUBLE_EQ(json["tx"]["sent_per_s"], 500.0);
  EXPECT_DOUBLE_EQ(json["tx"]["bits_per_s"], 2000000.0);
}

TEST(Report, ResponsesAreCountedByClass) {
  const auto json = nlohmann::json::parse(format_json(sample()));
  EXPECT_EQ(json["rx"]["responses"]["2xx"], 980);
  EXPECT_EQ(json["rx"]["responses"]["4xx"], 0);
}

TEST(Report, NoLossIsClaimedWithoutStamps) {
  auto report = sample();
  report.send->stamped = false;
  EXPECT_FALSE(nlohmann::json::parse(format_json(report)).contains("lost"));
  EXPECT_EQ(format_text(report).find("loss"), std::string::npos);
}

TEST(Report, SenderAloneHasNoReceiverPart) {
  auto report = sample();
  report.receive.reset();
  EXPECT_FALSE(nlohmann::json::parse(format_json(report)).contains("rx"));
}

}  // namespace
}  // namespace dialplane::gen
