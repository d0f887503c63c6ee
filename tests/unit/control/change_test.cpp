// SPDX-License-Identifier: Apache-2.0
// Changes of the running configuration by command: one backend, a trial, the file. Real controller over its socket.
#include "controller_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <sstream>

namespace dialplane::control {
namespace {

class ChangeTest : public ControllerTest {
 protected:
  std::string file_text(const std::string& more = "") const {
    std::ifstream file(config_path_ + more);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  /// Of the backends of the configuration, without those that are leaving it.
  Json weights() const {
    Json all = Json::array();
    for (const auto& row : rows({"show", "backends"})) {
      if (row["admin"] != "leaving") all.push_back(row["weight"]);
    }
    return all;
  }
  std::string admin_of_sbc2() const {
    return row_of(rows({"show", "backends"}), "name", "sbc2")["admin"].get<std::string>();
  }
  std::string refusal(const std::vector<std::string>& words) const {
    const auto answer = ask(words);
    return answer ? std::string() : answer.error().text;
  }
  /// What `config diff` says of a key.
  Json diff_of(const std::string& key) const {
    for (const auto& row : rows({"config", "diff"})) {
      if (row["key"] == key) return row;
    }
    return {};
  }
};

TEST_F(ChangeTest, RefusesADryRunOfAStateAndChangesNothing) {
  const auto answer = ask({"backend", "set", "sbc/sbc1", "state", "drain", "--dry-run"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().exit, ctl::Exit::kUsage) << answer.error().text;
  EXPECT_EQ(rows({"show", "backends"}).at(0)["admin"], "ready");
}

TEST_F(ChangeTest, RefusesADeadlineOfAWeight) {
  const auto answer = ask({"backend", "set", "sbc/sbc1", "weight", "50", "deadline", "1h"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(weights().dump(), "[100,100]");
}

TEST_F(ChangeTest, AddsABackendWithItsWeight) {
  const auto answer = rows({"backend", "add", "sbc", "sbc3", "10.9.0.9:5060", "weight", "50"});
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0]["result"], "changed");
  EXPECT_EQ(answer[0]["config_generation"], 2);
  EXPECT_EQ(weights().dump(), "[100,100,50]");
}

TEST_F(ChangeTest, RemovesABackend) {
  rows({"backend", "del", "sbc/sbc1"});
  EXPECT_EQ(weights().dump(), "[100]");
}

TEST_F(ChangeTest, SetsAWeightAndItsShare) {
  rows({"backend", "set", "sbc/sbc2", "weight", "300"});
  EXPECT_NEAR(rows({"show", "backends"}).at(1)["share"].get<double>(), 0.75, 0.02);
}

TEST_F(ChangeTest, TheAnswerHasTheTimeOfEveryRunningWorker) {
  data_plane_.workers_[0].running = true;
  publisher_.acknowledge(WorkerIndex(0), 1000);
  const auto answer = ask({"backend", "set", "sbc/sbc2", "weight", "300"});
  ASSERT_TRUE(answer.has_value()) << answer.error().text;
  ASSERT_EQ((*answer)["acknowledged"].size(), 1U);
  EXPECT_EQ((*answer)["acknowledged"][0]["worker"], 0);
  EXPECT_TRUE((*answer)["acknowledged"][0]["after_us"].is_number());
  EXPECT_TRUE((*answer)["rows"][0].contains("duration_ms"));
}

TEST_F(ChangeTest, RefusesWhatAFileMayNotSayAndChangesNothing) {
  for (const char* weight : {"4294967296", "-1"}) {
    EXPECT_NE(refusal({"backend", "set", "sbc/sbc2", "weight", weight}).find("give 0 to 4294967295"),
              std::string::npos);
  }
  EXPECT_NE(refusal({"backend", "add", "sbc", "sbc3", "10.9.0.7:5060"}).find("is taken"), std::string::npos);
  EXPECT_NE(refusal({"backend", "add", "sbc", "sbc3", "nowhere"}).find("nowhere"), std::string::npos);
  EXPECT_NE(refusal({"backend", "add", "sbc", "sbc1", "10.9.0.9:5060"}).find("exists"), std::string::npos);
  EXPECT_NE(refusal({"backend", "add", "other", "sbc3", "10.9.0.9:5060"}).find("no pool"), std::string::npos);
  EXPECT_NE(refusal({"backend", "del", "sbc/sbc9"}).find("no backend"), std::string::npos);
  rows({"backend", "del", "sbc/sbc1"});
  EXPECT_NE(refusal({"backend", "del", "sbc/sbc2"}).find("add a [[pool.backend]]"), std::string::npos);
  EXPECT_EQ(rows({"show", "info"}).at(0)["config_generation"], 2);
  EXPECT_EQ(weights().dump(), "[100]");
}

TEST_F(ChangeTest, RefusesWordsThatSayNothing) {
  EXPECT_NE(refusal({"backend", "set", "sbc/sbc2"}).find("say what to set"), std::string::npos);
  EXPECT_NE(refusal({"backend", "set", "sbc", "weight", "1"}).find("POOL/NAME"), std::string::npos);
  EXPECT_NE(refusal({"backend", "set", "sbc/sbc2", "weight", "-"}).find("whole number"), std::string::npos);
}

TEST_F(ChangeTest, WhatIsSoAlreadyIsNoChange) {
  EXPECT_EQ(rows({"backend", "set", "sbc/sbc2", "weight", "100"}).at(0)["result"], "unchanged");
  EXPECT_EQ(rows({"show", "info"}).at(0)["config_generation"], 1);
}

TEST_F(ChangeTest, ADryRunOfARecordShowsTheDifferenceOnly) {
  const auto shown = rows({"backend", "set", "sbc/sbc2", "weight", "7", "--dry-run"});
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0]["after"], "7");
  EXPECT_EQ(weights().dump(), "[100,100]");
}

TEST_F(ChangeTest, KeepsAStateSetByCommandUnlessAskedToReset) {
  rows({"backend", "set", "sbc/sbc1", "state", "drain"});
  rows({"backend", "set", "sbc/sbc1", "weight", "50"});
  EXPECT_EQ(rows({"show", "backends"}).at(0)["admin"], "drain");
  rows({"backend", "set", "sbc/sbc1", "weight", "60", "--reset"});
  EXPECT_EQ(rows({"show", "backends"}).at(0)["admin"], "ready");
}

TEST_F(ChangeTest, AReloadWithResetForgetsEveryStateSetByCommand) {
  rows({"backend", "set", "sbc/sbc1", "state", "drain"});
  rows({"reload", "--reset"});
  EXPECT_EQ(rows({"show", "backends"}).at(0)["admin"], "ready");
}

TEST_F(ChangeTest, TheFileWinsAtAReload) {
  rows({"backend", "add", "sbc", "sbc3", "10.9.0.9:5060"});
  EXPECT_EQ(diff_of("address")["running"], "\"10.9.0.9:5060\"");
  EXPECT_EQ(rows({"reload"}).at(0)["differences"], 2);
  EXPECT_EQ(weights().dump(), "[100,100]");
  EXPECT_TRUE(rows({"config", "diff"}).empty());
}

TEST_F(ChangeTest, SavesWhatRunsAndKeepsTheOldFile) {
  const auto before = file_text();
  rows({"backend", "set", "sbc/sbc2", "weight", "300"});
  rows({"backend", "set", "sbc/sbc1", "state", "drain"});
  EXPECT_EQ(diff_of("state")["running"], "\"drain\"");
  EXPECT_EQ(rows({"config", "save"}).at(0)["file"], config_path_);
  EXPECT_EQ(file_text(".bak"), before);
  EXPECT_EQ(rows({"config", "save"}).at(0)["backup"], config_path_ + ".bak");
  EXPECT_TRUE(rows({"config", "diff"}).empty());
  rows({"reload"});
  EXPECT_EQ(weights().dump(), "[100,300]");
  EXPECT_EQ(rows({"show", "backends"}).at(0)["admin"], "drain");
}

TEST_F(ChangeTest, DoesNotSaveOverAFileThatWasEdited) {
  rows({"backend", "set", "sbc/sbc2", "weight", "300"});
  write_config("200", "");
  EXPECT_NE(refusal({"config", "save"}).find("edited since"), std::string::npos);
  EXPECT_EQ(diff_of("weight")["file"], "200");
  rows({"config", "save", "--force"});
  EXPECT_TRUE(rows({"config", "diff"}).empty());
}

TEST_F(ChangeTest, TakesNoEmptyNameForAFile) {
  EXPECT_NE(refusal({"config", "save", ""}).find("give a name"), std::string::npos);
}

TEST_F(ChangeTest, SavesBesideTheFile) {
  EXPECT_EQ(rows({"config", "save", "other.toml"}).at(0)["backup"], "");
  EXPECT_EQ(file_text(".bak"), "");
  std::ifstream other(folder_.file("other.toml"));
  EXPECT_TRUE(other.good());
  EXPECT_EQ(rows({"config", "check", "other.toml"}).at(0)["result"], "valid");
}

TEST_F(ChangeTest, ChecksAFileWithoutTakingIt) {
  write_config("300", "[nonsense]\n");
  EXPECT_NE(refusal({"config", "check"}).find("nonsense"), std::string::npos);
  write_config("300", "");
  EXPECT_EQ(rows({"config", "check"}).at(0)["differences"], 1);
  EXPECT_EQ(weights().dump(), "[100,100]");
}

TEST_F(ChangeTest, WhatIsTriedOrRefusedMakesNoKeyFile) {
  const auto token = folder_.file("state/token.key");
  ASSERT_EQ(::unlink(token.c_str()), 0);
  EXPECT_TRUE(ask({"reload", "--dry-run"}).has_value());
  EXPECT_NE(::access(token.c_str(), F_OK), 0);
  ASSERT_EQ(::unlink(folder_.file("state/placement.key").c_str()), 0);
  EXPECT_NE(refusal({"reload"}), "") << "the placement key would be another one";
  EXPECT_NE(::access(token.c_str(), F_OK), 0);
  EXPECT_NE(::access(folder_.file("state/placement.key").c_str(), F_OK), 0);
}

TEST_F(ChangeTest, ATrialIsTakenBackUnlessConfirmed) {
  write_config("300", "");
  rows({"reload", "--confirm", "1s"});
  EXPECT_EQ(weights().dump(), "[100,300]");
  // The controller's own clock ends the trial; this only asks until it has.
  Json now;
  for (int tries = 0; tries < 100000 && now.dump() != "[100,100]"; ++tries) now = weights();
  EXPECT_EQ(now.dump(), "[100,100]");
  EXPECT_EQ(rows({"show", "changes"}).back()["command"], "reload not confirmed");
  EXPECT_EQ(rows({"show", "info"}).at(0)["config_generation"], 3);
}

TEST_F(ChangeTest, AReloadTellsWhatTheFileWarnsOf) {
  write_config("100",
               "[[pool]]\nname = \"other\"\nkey = \"header X-Account\"\n"
               "[[pool.backend]]\nname = \"o\"\naddress = \"10.9.0.9:5060\"\n");
  for (const auto& words : std::vector<std::vector<std::string>>{{"reload", "--dry-run"}, {"reload"}}) {
    const auto answer = ask(words);
    ASSERT_TRUE(answer.has_value()) << answer.error().text;
    ASSERT_EQ((*answer)["warnings"].size(), 1U);
    EXPECT_NE((*answer)["warnings"][0].get<std::string>().find("placed by `header X-Account`"), std::string::npos);
  }
}

TEST_F(ChangeTest, AConfirmedTrialHolds) {
  write_config("300", "");
  const auto asked = std::chrono::steady_clock::now();
  const auto left = rows({"reload", "--confirm", "60s"}).at(0)["confirm_within_s"].get<std::int64_t>();
  const auto took = std::chrono::steady_clock::now() - asked;
  // Of 60 s no more may be gone than the command took.
  EXPECT_LE(left, 60);
  EXPECT_GE(left, 60 - std::chrono::duration_cast<std::chrono::seconds>(took).count());
  EXPECT_NE(refusal({"backend", "set", "sbc/sbc1", "weight", "1"}).find("reload confirm"), std::string::npos);
  EXPECT_EQ(rows({"reload", "confirm"}).at(0)["result"], "confirmed");
  EXPECT_NE(refusal({"reload", "cancel"}).find("no reload waits"), std::string::npos);
  rows({"backend", "set", "sbc/sbc1", "weight", "1"});
  EXPECT_EQ(weights().dump(), "[1,300]");
}

TEST_F(ChangeTest, ACancelledTrialIsTakenBackAtOnce) {
  write_config("300", "");
  rows({"reload", "--confirm", "60s"});
  EXPECT_EQ(rows({"reload", "cancel"}).at(0)["result"], "taken back");
  EXPECT_EQ(weights().dump(), "[100,100]");
  EXPECT_NE(refusal({"reload", "confirm"}).find("no reload waits"), std::string::npos);
}

TEST_F(ChangeTest, AStateThatTheTrialEndedComesBackWithWhatWas) {
  rows({"backend", "set", "sbc/sbc2", "state", "maint"});
  write_config("100", "state = \"drain\"\n");
  rows({"reload", "--confirm", "60s"});
  ASSERT_EQ(admin_of_sbc2(), "drain") << "the later word";
  rows({"reload", "cancel"});
  EXPECT_EQ(admin_of_sbc2(), "maint");
}

TEST_F(ChangeTest, AStateThatWasResetForATrialComesBackWithWhatWas) {
  rows({"backend", "set", "sbc/sbc2", "state", "drain"});
  rows({"reload", "--reset", "--confirm", "60s"});
  ASSERT_EQ(admin_of_sbc2(), "ready");
  rows({"reload", "cancel"});
  EXPECT_EQ(admin_of_sbc2(), "drain");
}

TEST_F(ChangeTest, AStateSetDuringATrialOutlivesIt) {
  write_config("100", "state = \"drain\"\n");
  rows({"reload", "--confirm", "60s"});
  rows({"backend", "set", "sbc/sbc2", "state", "maint"});
  rows({"reload", "cancel"});
  EXPECT_EQ(admin_of_sbc2(), "maint");
}

TEST_F(ChangeTest, DoesNotSaveOverAFileThatWasTakenBack) {
  const auto first = file_text();
  write_config("300", "");
  const auto rejected = file_text();
  rows({"reload", "--confirm", "60s"});
  rows({"reload", "cancel"});
  EXPECT_NE(refusal({"config", "save"}).find("holds the configuration that was taken back"), std::string::npos);
  EXPECT_EQ(file_text(), rejected);
  rows({"config", "save", "--force"});
  EXPECT_EQ(file_text(), first);
  EXPECT_EQ(file_text(".bak"), rejected);
}

TEST_F(ChangeTest, SavesAfterATrialThatChangedNoFile) {
  rows({"backend", "set", "sbc/sbc2", "weight", "300"});
  rows({"reload", "--confirm", "60s"});
  rows({"reload", "cancel"});
  EXPECT_EQ(rows({"config", "save"}).at(0)["result"], "saved");
  EXPECT_TRUE(rows({"config", "diff"}).empty());
}

TEST_F(ChangeTest, RefusesATrialWithoutATime) {
  for (const char* text : {"0", "0s", "soon", "-1", "86401"}) {
    EXPECT_NE(refusal({"reload", "--confirm", text}).find("number of seconds"), std::string::npos) << text;
  }
}

TEST_F(ChangeTest, ShowsTheRunningConfigurationWithoutKeyFiles) {
  rows({"backend", "set", "sbc/sbc2", "weight", "300"});
  rows({"backend", "set", "sbc/sbc1", "state", "maint"});
  Json seen;
  for (const auto& row : rows({"show", "config"})) {
    if (row["record"] == "[[pool.backend]] sbc/sbc2" && row["key"] == "weight") seen["weight"] = row["value"];
    if (row["record"] == "[[pool.backend]] sbc/sbc1" && row["key"] == "state") seen["state"] = row["value"];
  }
  EXPECT_EQ(seen["weight"], "300");
  EXPECT_EQ(seen["state"], "\"maint\"");
  EXPECT_GT(rows({"show", "config", "--all"}).size(), rows({"show", "config"}).size());
}

TEST_F(ChangeTest, RemembersWhoChangedWhat) {
  rows({"backend", "set", "sbc/sbc2", "weight", "300"});
  const auto shown = ask({"show", "changes"});
  ASSERT_TRUE(shown.has_value());
  const auto& row = (*shown)["rows"].at(0);
  EXPECT_EQ(row["uid"], ::getuid());
  EXPECT_EQ(row["pid"], ::getpid());
  EXPECT_EQ(row["command"], "backend set sbc/sbc2 weight 300");
  EXPECT_EQ(row["config_generation"], 2);
  EXPECT_EQ((*shown)["differences"][0][0]["before"], "100");
}

TEST_F(ChangeTest, ConcurrentClientsChangeOneAfterTheOther) {
  constexpr int kClients = 8;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([this, i] {
      rows({"backend", "add", "sbc", "n" + std::to_string(i), "10.9.1." + std::to_string(i + 1) + ":5060"});
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(weights().size(), 2U + kClients);
  EXPECT_EQ(rows({"show", "info"}).at(0)["config_generation"], 1 + kClients);
}

}  // namespace
}  // namespace dialplane::control
