// SPDX-License-Identifier: Apache-2.0
// Who changed what, as the log of a real controller tells it: one line a command, in one form.
#include "controller_fixture.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>

namespace dialplane::control {
namespace {

/// With the log of the whole life of the controller at hand.
class AuditCommandsTest : public ControllerTest {
 protected:
  void SetUp() override {
    testing::internal::CaptureStderr();
    ControllerTest::SetUp();
  }
  void TearDown() override {
    if (!is_read_) lines("");
  }
  /// Ends the controller. Lines that hold this, from there on, without the numbers of generations.
  std::vector<std::string> lines(const std::string& what) {
    stop();
    is_read_ = true;
    std::istringstream log(testing::internal::GetCapturedStderr());
    std::vector<std::string> found;
    for (std::string line; std::getline(log, line);) {
      const auto at = line.find(what);
      const auto tail = line.rfind(" (dptest)");
      if (at == std::string::npos) continue;
      line = line.substr(at, tail == std::string::npos ? tail : tail - at);
      // Health checks publish as well.
      found.push_back(std::regex_replace(line, std::regex(" generation=[0-9]+"), " generation=N"));
    }
    return found;
  }
  std::vector<std::string> audit_lines() { return lines("audit uid="); }
  /// The beginning of every line of this client.
  static std::string by_us(const std::string& command) {
    return fmt::format("audit uid={} pid={} command=\"{}\" result=", ::getuid(), ::getpid(), command);
  }
  std::string refusal(const std::vector<std::string>& words) const {
    const auto answer = ask(words);
    return answer ? std::string() : answer.error().text;
  }
  [[nodiscard]] Json weights() const {
    Json all = Json::array();
    for (const auto& row : rows({"show", "backends"})) all.push_back(row["weight"]);
    return all;
  }

 private:
  bool is_read_ = false;
};

TEST_F(AuditCommandsTest, AStateOfABackendHasTheOldAndTheNewOne) {
  rows({"backend", "set", "sbc/sbc1", "state", "drain", "deadline", "10m"});
  rows({"backend", "set", "sbc/sbc1", "state", "ready"});
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), 2U) << testing::PrintToString(found);
  EXPECT_EQ(found[0], by_us("backend set sbc/sbc1 state drain deadline 10m") + "done generation=N old=ready new=drain");
  EXPECT_EQ(found[1], by_us("backend set sbc/sbc1 state ready") + "done generation=N old=drain new=ready");
}

TEST_F(AuditCommandsTest, AStateOfTheNodeHasTheOldAndTheNewOne) {
  rows({"node", "drain"});
  rows({"node", "ready"});
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), 2U) << testing::PrintToString(found);
  EXPECT_EQ(found[0], by_us("node drain") + "done generation=N old=ready new=drain");
  EXPECT_EQ(found[1], by_us("node ready") + "done generation=N old=drain new=ready");
}

TEST_F(AuditCommandsTest, AChangeOfTheConfigurationHasItsDifferencesBeforeIt) {
  rows({"backend", "set", "sbc/sbc2", "weight", "300"});
  const auto found = lines("audit ");
  ASSERT_EQ(found.size(), 2U) << testing::PrintToString(found);
  EXPECT_EQ(found[0], R"(audit config_generation=2 change="[[pool.backend]] sbc/sbc2 weight: 100 -> 300")");
  EXPECT_EQ(found[1], by_us("backend set sbc/sbc2 weight 300") + "done generation=N config_generation=2 differences=1");
}

TEST_F(AuditCommandsTest, EveryCommandThatChangesSomethingHasOneLineWhenItIsTaken) {
  const std::vector<std::vector<std::string>> all = {
      {"backend", "add", "sbc", "sbc3", "10.9.0.9:5060"},
      {"backend", "del", "sbc/sbc3"},
      {"backend", "set", "sbc/sbc2", "weight", "100"},
      {"backend", "set", "sbc/sbc2", "weight", "7", "--dry-run"},
      {"backend", "set", "sbc/sbc1", "state", "maint"},
      {"config", "save", "copy.toml"},
      {"node", "drain"},
      {"node", "ready"},
      {"reload", "--dry-run"},
      {"reload", "--confirm", "60s"},
      {"reload", "confirm"},
      {"reload", "--confirm", "60s"},
      {"reload", "cancel"},
  };
  for (const auto& words : all) rows(words);
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), all.size()) << testing::PrintToString(found);
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string text;
    for (const auto& word : all[i]) text += (text.empty() ? "" : " ") + word;
    EXPECT_EQ(found[i].find(by_us(text) + "done"), 0U) << found[i];
  }
}

TEST_F(AuditCommandsTest, EveryRefusalHasOneLineWithItsReason) {
  const std::vector<std::vector<std::string>> all = {
      {"backend", "add", "sbc", "sbc1", "10.9.0.9:5060"},
      {"backend", "del", "sbc"},
      {"backend", "set", "sbc/sbc2", "weight", "many"},
      {"backend", "set", "sbc/sbc9", "state", "drain"},
      {"backend", "set", "sbc/sbc1", "state", "asleep"},
      {"backend", "set", "sbc/sbc1"},
      {"config", "save", "no/such/place"},
      {"reload", "--confirm", "soon"},
      {"reload", "confirm"},
      {"reload", "cancel"},
  };
  std::vector<std::string> reasons;
  for (const auto& words : all) reasons.push_back(refusal(words));
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), all.size()) << testing::PrintToString(found);
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string text;
    for (const auto& word : all[i]) text += (text.empty() ? "" : " ") + word;
    EXPECT_FALSE(reasons[i].empty()) << text;
    EXPECT_EQ(found[i].find(by_us(text) + "refused reason=\""), 0U) << found[i];
  }
}

TEST_F(AuditCommandsTest, ACommandWhoseArgumentsCannotBeReadIsRefusedLikeAnyOther) {
  refusal({"node", "drain", "now"});
  refusal({"backend", "set", "sbc/sbc1", "state"});
  const SocketClient client(socket_);
  client.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"backend.set\",\"params\":{\"state\":5}}\n");
  while (client.take().empty()) continue;
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), 3U) << testing::PrintToString(found);
  EXPECT_EQ(found[0].find(by_us("node drain now") + "refused reason=\"`now` is not expected"), 0U) << found[0];
  EXPECT_EQ(found[1].find(by_us("backend set sbc/sbc1 state") + "refused reason=\"`state` needs"), 0U) << found[1];
  EXPECT_EQ(found[2].find(by_us(R"(backend.set {\"state\":5})") + "refused reason=\"parameter `state`"), 0U)
      << found[2];
}

TEST_F(AuditCommandsTest, WhatOnlyReadsHasNone) {
  rows({"show", "backends"});
  rows({"config", "check"});
  rows({"config", "diff"});
  refusal({"config", "check", "none.toml"});
  refusal({"show", "nothing"});
  EXPECT_TRUE(audit_lines().empty());
}

TEST_F(AuditCommandsTest, ASignalIsAuditedWithItsSender) {
  ::kill(::getpid(), SIGHUP);
  for (int tries = 0; tries < 100000 && rows({"show", "info"}).at(0)["config_generation"] != 2; ++tries) continue;
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), 1U) << testing::PrintToString(found);
  EXPECT_EQ(found[0].find(by_us("SIGHUP")), 0U) << found[0];
}

TEST_F(AuditCommandsTest, HostileWordsForgeNeitherALineNorAKey) {
  const std::string hostile = "sbc/x\" result=done\naudit uid=0 pid=1 command=\"node drain\" result=done\\";
  refusal({"backend", "del", hostile});
  refusal({"backend", "set", hostile, "state", "drain"});
  refusal({"config", "save", "/" + hostile + std::string(50'000, '\n')});
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), 3U) << testing::PrintToString(found);
  for (const auto& line : found) {
    EXPECT_EQ(line.find(fmt::format("audit uid={} pid={} command=\"", ::getuid(), ::getpid())), 0U) << line;
    // Outside of quotes there is one result, and nothing but printable ASCII anywhere.
    std::string bare;
    bool is_inside = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (is_inside && line[i] == '\\') {
        ++i;
      } else if (line[i] == '"') {
        is_inside = !is_inside;
      } else if (!is_inside) {
        bare += line[i];
      }
    }
    EXPECT_FALSE(is_inside) << line;
    EXPECT_EQ(bare, fmt::format("audit uid={} pid={} command= result=refused reason=", ::getuid(), ::getpid()));
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c < '\x7f'; }));
    EXPECT_LT(line.size(), 48U * 1024);
  }
}

TEST_F(AuditCommandsTest, AWordThatHoldsBlanksIsNotSeveralWords) {
  refusal({"backend", "set", "sbc/sbc1 state ready --reset", "state", "drain"});
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), 1U) << testing::PrintToString(found);
  EXPECT_EQ(found[0].find(by_us(R"(backend set \"sbc/sbc1 state ready --reset\" state drain)") + "refused"), 0U)
      << found[0];
}

/// With a worker that takes no snapshot.
class StuckWorkerTest : public AuditCommandsTest {
 protected:
  void SetUp() override {
    data_plane_.workers_[0].running = true;
    AuditCommandsTest::SetUp();
  }
};

TEST_F(StuckWorkerTest, AChangeThatAWorkerTakesLateIsAuditedOnceAsThat) {
  EXPECT_NE(refusal({"backend", "set", "sbc/sbc2", "weight", "300"}).find("worker 0 (CPU 0) did not take it"),
            std::string::npos);
  EXPECT_EQ(weights().dump(), "[100,300]");
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), 1U) << testing::PrintToString(found);
  EXPECT_EQ(found[0], by_us("backend set sbc/sbc2 weight 300") +
                          "late generation=N config_generation=2 differences=1 late=\"worker 0 (CPU 0)\"");
}

TEST_F(StuckWorkerTest, AStateThatAWorkerTakesLateIsAuditedOnceAsThat) {
  EXPECT_NE(refusal({"node", "drain"}).find("worker 0 (CPU 0) did not take it"), std::string::npos);
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), 1U) << testing::PrintToString(found);
  EXPECT_EQ(found[0], by_us("node drain") + "late generation=N old=ready new=drain late=\"worker 0 (CPU 0)\"");
}

TEST_F(StuckWorkerTest, AChangeThatTheEndOfTheProcessOvertakesIsAudited) {
  std::thread client([this] { refusal({"backend", "set", "sbc/sbc2", "weight", "300"}); });
  for (int tries = 0; tries < 100000 && weights().dump() != "[100,300]"; ++tries) continue;
  const auto found = audit_lines();
  client.join();
  ASSERT_EQ(found.size(), 1U) << testing::PrintToString(found);
  EXPECT_NE(found[0].find("result=late"), std::string::npos) << found[0];
  EXPECT_NE(found[0].find("the process ends"), std::string::npos) << found[0];
}

TEST_F(StuckWorkerTest, EqualReloadsThatWaitHaveALineEach) {
  // The first one holds the others up for as long as the worker is given.
  std::vector<std::thread> clients;
  clients.emplace_back([this] { refusal({"backend", "set", "sbc/sbc2", "weight", "300"}); });
  for (int tries = 0; tries < 100000 && weights().dump() != "[100,300]"; ++tries) continue;
  for (int i = 0; i < 3; ++i) clients.emplace_back([this] { refusal({"reload"}); });
  for (auto& client : clients) client.join();
  const auto found = audit_lines();
  ASSERT_EQ(found.size(), 4U) << testing::PrintToString(found);
  for (std::size_t i = 1; i < found.size(); ++i) {
    EXPECT_EQ(found[i],
              by_us("reload") + "late generation=N config_generation=3 differences=1 late=\"worker 0 (CPU 0)\"");
  }
}

}  // namespace
}  // namespace dialplane::control
