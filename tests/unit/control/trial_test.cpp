// SPDX-License-Identifier: Apache-2.0
// A configuration on trial whose predecessor cannot come back for a while: real controller with a real exception
// interface, in a network namespace of its own.
#include "controller_fixture.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <functional>
#include <sstream>

namespace dialplane::control {
namespace {

/// Before the trial the listener has 10.9.0.10, on trial 10.9.0.11. Somebody who sets the first address by hand
/// keeps it from coming back.
class TrialTest : public ControllerTest {
 protected:
  void SetUp() override { block_signals(); }
  void TearDown() override {}

  void write(const std::string& listener) const {
    std::ofstream(config_path_) << "[runtime]\nname = \"dptest\"\nmain_cpu = 0\nworker_cpus = [0]\nmemory = \"none\"\n"
                                << "state_dir = \"" << folder_.file("state") << "\"\n[node]\nname = \"lb1\"\n"
                                << "[control]\nsocket = \"" << socket_ << "\"\n"
                                << "[[port]]\nname = \"edge0\"\ndevice = \"net_null0\"\nexception = \"dptrial0\"\n"
                                << "addresses = [\"10.9.0.2/24\"]\n"
                                << "[[listener]]\nname = \"public\"\naddress = \"udp:" << listener
                                << ":5060\"\npool = \"sbc\"\n[[pool]]\nname = \"sbc\"\n"
                                << "[[pool.backend]]\nname = \"sbc1\"\naddress = \"10.9.0.7:5060\"\n";
  }

  /// Runs `body` with the configuration on trial for `length` and its predecessor locked out. Returns the log.
  std::string with_trial(const std::string& length, const std::function<void()>& body) {
    bool is_allowed = false;
    testing::internal::CaptureStderr();
    std::thread([&] {
      is_allowed = ::unshare(CLONE_NEWNET) == 0;
      if (!is_allowed) return;
      write("10.9.0.10");
      auto config = config::load_file(config_path_);
      start(std::make_shared<const config::Config>(std::move(*config)));
      write("10.9.0.11");
      rows({"reload", "--confirm", length});
      EXPECT_EQ(std::system("ip address add 10.9.0.10/32 dev dptrial0"), 0);
      body();
      stop();
    }).join();
    auto log = testing::internal::GetCapturedStderr();
    if (!is_allowed) std::cerr << "no network namespace: needs CAP_SYS_ADMIN\n";
    return is_allowed ? log : std::string();
  }
  static void unlock() { EXPECT_EQ(std::system("ip address del 10.9.0.10/32 dev dptrial0"), 0); }
  [[nodiscard]] std::string listener() const { return rows({"show", "listeners"}).at(0)["address"].get<std::string>(); }
  bool comes_back() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < end) {
      if (listener().find("10.9.0.10") != std::string::npos) return true;
    }
    return false;
  }
  static std::vector<std::string> lines_with(const std::string& log, const std::string& what) {
    std::istringstream text(log);
    std::vector<std::string> found;
    for (std::string line; std::getline(text, line);) {
      if (line.find(what) != std::string::npos) found.push_back(line);
    }
    return found;
  }
};

TEST_F(TrialTest, ARefusedCancelLeavesItOnTrial) {
  const auto log = with_trial("60s", [this] {
    const auto answer = ask({"reload", "cancel"});
    ASSERT_FALSE(answer.has_value());
    EXPECT_NE(answer.error().text.find("this one stays on trial"), std::string::npos) << answer.error().text;
    EXPECT_NE(listener().find("10.9.0.11"), std::string::npos);
    unlock();
    EXPECT_TRUE(ask({"reload", "cancel"}).has_value());
    EXPECT_NE(listener().find("10.9.0.10"), std::string::npos);
  });
  if (log.empty()) GTEST_SKIP() << "no network namespace";
}

TEST_F(TrialTest, WhatCannotComeBackAtItsTimeIsTriedAgainAndToldOnce) {
  const auto log = with_trial("1s", [this] {
    // The first attempt and one more.
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2500);
    while (std::chrono::steady_clock::now() < end) EXPECT_NE(listener().find("10.9.0.11"), std::string::npos);
    unlock();
    EXPECT_TRUE(comes_back());
  });
  if (log.empty()) GTEST_SKIP() << "no network namespace";
  EXPECT_EQ(lines_with(log, "was not confirmed in time").size(), 1U);
  const auto told = lines_with(log, "command=\"reload not confirmed\"");
  ASSERT_EQ(told.size(), 2U) << log;
  EXPECT_NE(told[0].find("result=refused"), std::string::npos) << told[0];
  EXPECT_NE(told[1].find("result=done"), std::string::npos) << told[1];
}

TEST_F(TrialTest, AConfirmationEndsTheAttempts) {
  const auto log = with_trial("1s", [this] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
    while (std::chrono::steady_clock::now() < end) EXPECT_FALSE(listener().empty());
    EXPECT_TRUE(ask({"reload", "confirm"}).has_value());
    unlock();
    EXPECT_TRUE(ask({"backend", "set", "sbc/sbc1", "weight", "5"}).has_value());
    EXPECT_NE(listener().find("10.9.0.11"), std::string::npos);
  });
  if (log.empty()) GTEST_SKIP() << "no network namespace";
}

}  // namespace
}  // namespace dialplane::control
