// SPDX-License-Identifier: Apache-2.0
// The whole control thread over its socket: real loop, loader, builder and publisher, a data plane without packets.
#include "dialplane/control/controller.hpp"

#include "client.hpp"
#include "fake_data_plane.hpp"
#include "socket_client.hpp"

#include "dialplane/config/loader.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace dialplane::control {
namespace {

using Json = nlohmann::ordered_json;

class ControllerTest : public testing::Test {
 protected:
  void SetUp() override {
    block_signals();
    write_config("100", "");
    auto config = config::load_file(config_path_);
    ASSERT_TRUE(config.has_value()) << config::format_problem(config_path_, config.error().front());
    start(std::make_shared<const config::Config>(std::move(*config)));
  }

  void start(std::shared_ptr<const config::Config> config) {
    std::atomic<bool> is_up{false};
    thread_ = std::thread([this, config = std::move(config), &is_up] {
      auto controller = Controller::start({config_path_, "9.9.9"}, config, data_plane_, publisher_);
      if (!controller) trouble_ = controller.error().text;
      is_up = true;
      is_up.notify_one();
      if (controller) (*controller)->run();
    });
    is_up.wait(false);
    ASSERT_EQ(trouble_, "");
  }

  void TearDown() override {
    // Addressed to the process, as a service manager does; the loop reads it by signalfd.
    if (thread_.joinable()) ::kill(::getpid(), SIGTERM);
    if (thread_.joinable()) thread_.join();
  }

  void write_config(const std::string& weight_of_sbc2, const std::string& more) const {
    std::ofstream file(config_path_);
    file << "[runtime]\nname = \"dptest\"\nmain_cpu = 0\nworker_cpus = [0]\nmemory = \"none\"\nstate_dir = \""
         << folder_.file("state") << "\"\n[node]\nname = \"lb1\"\n[control]\nsocket = \"" << socket_ << "\"\n"
         << "[[port]]\nname = \"edge0\"\ndevice = \"net_null0\"\naddresses = [\"10.9.0.2/24\"]\n"
         << "[[neighbor]]\nport = \"edge0\"\naddress = \"10.9.0.7\"\nmac = \"02:00:00:00:00:07\"\n"
         << "[[listener]]\nname = \"public\"\naddress = \"udp:10.9.0.10:5060\"\npool = \"sbc\"\n"
         << "[[pool]]\nname = \"sbc\"\n"
         << "[[pool.backend]]\nname = \"sbc1\"\naddress = \"10.9.0.7:5060\"\n"
         << "[[pool.backend]]\nname = \"sbc2\"\naddress = \"10.9.0.8:5060\"\nweight = " << weight_of_sbc2 << "\n"
         << more;
  }

  tl::expected<Json, ctl::Trouble> ask(const std::vector<std::string>& words) const {
    return ctl::ask(socket_, words, std::chrono::seconds(10));
  }
  Json rows(const std::vector<std::string>& words) const {
    const auto result = ask(words);
    EXPECT_TRUE(result.has_value()) << result.error().text;
    return result ? (*result)["rows"] : Json::array();
  }

  TempFolder folder_;
  std::string config_path_ = folder_.file("dialplane.toml");
  std::string socket_ = folder_.file("control.sock");
  FakeDataPlane data_plane_;
  snapshot::Publisher publisher_{1};
  std::string trouble_;
  std::thread thread_;
};

TEST_F(ControllerTest, EveryReadingCommandAnswersRows) {
  for (const char* what :
       {"info", "workers", "ports", "backends", "pools", "listeners", "methods", "drops", "neighbors", "help"}) {
    EXPECT_FALSE(rows({"show", what}).empty()) << what;
  }
}

TEST_F(ControllerTest, ShowsWhatItIs) {
  const auto info = rows({"show", "info"}).at(0);
  EXPECT_EQ(info["version"], "9.9.9");
  EXPECT_EQ(info["name"], "dptest");
  EXPECT_EQ(info["pid"], ::getpid());
  EXPECT_EQ(info["config_generation"], 1);
  EXPECT_EQ(info["mbufs_free"], 100);
}

TEST_F(ControllerTest, SharesOfEqualBackendsAddUpToAllSlots) {
  const auto backends = rows({"show", "backends"});
  ASSERT_EQ(backends.size(), 2U);
  EXPECT_DOUBLE_EQ(backends[0]["share"].get<double>() + backends[1]["share"].get<double>(), 1.0);
  EXPECT_NEAR(backends[0]["share"].get<double>(), 0.5, 0.02);
}

TEST_F(ControllerTest, ShowsEveryDropReasonAndAnEvenBalance) {
  std::size_t drops = 0;
  for (const auto& row : rows({"show", "drops"})) {
    EXPECT_FALSE(row["sentence"].get<std::string>().empty()) << row["name"];
    if (row["kind"] == "drop") ++drops;
    if (row["kind"] == "balance") {
      EXPECT_EQ(row["count"], 0);
    }
  }
  EXPECT_EQ(drops, static_cast<std::size_t>(pipeline::DropReason::kCount));
}

TEST_F(ControllerTest, CountsAPacketUnderWayAsUnaccounted) {
  data_plane_.counters_->sources.add(pipeline::Source::kReceived, 3);
  data_plane_.counters_->terminals.add(pipeline::Terminal::kForwarded, 2);
  EXPECT_EQ(rows({"show", "drops"}).back()["count"], 1);
}

TEST_F(ControllerTest, ShowsOnlyResponsesSeenUnlessAskedForAll) {
  EXPECT_TRUE(rows({"show", "responses"}).empty());
  data_plane_.counters_->responses.add(180 - 100, 5);
  data_plane_.counters_->inline_responses.add(pipeline::InlineResponse::kOptionsOk, 2);
  const auto seen = rows({"show", "responses"});
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].dump(), R"({"code":180,"reason":"Ringing","count":5,"forwarded":5,"answered":0})");
  EXPECT_EQ(seen[1]["answered"], 2);
  EXPECT_GT(rows({"show", "responses", "--all"}).size(), 70U);
}

TEST_F(ControllerTest, SetsABackendsStateAndSaysTheOldOne) {
  const auto answer = rows({"backend", "set", "sbc/sbc1", "state", "drain"});
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0]["old"], "ready");
  EXPECT_EQ(answer[0]["new"], "drain");
  const auto backend = rows({"show", "backends"}).at(0);
  EXPECT_EQ(backend["admin"], "drain");
  EXPECT_NEAR(backend["share"].get<double>(), 0.5, 0.02);
}

TEST_F(ControllerTest, RefusesAnUnknownBackend) {
  const auto answer = ask({"backend", "set", "sbc/sbc9", "state", "drain"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().exit, ctl::Exit::kFailed);
}

TEST_F(ControllerTest, RefusesAnUnknownCommandAsUsage) {
  const auto answer = ask({"show", "backend"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().exit, ctl::Exit::kUsage);
  EXPECT_NE(answer.error().text.find("did you mean `show backends`"), std::string::npos);
}

TEST_F(ControllerTest, ReloadTakesANewWeight) {
  write_config("300", "");
  const auto answer = rows({"reload"});
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0]["config_generation"], 2);
  const auto backends = rows({"show", "backends"});
  EXPECT_NEAR(backends[1]["share"].get<double>(), 0.75, 0.02);
}

TEST_F(ControllerTest, ReloadKeepsAStateSetByCommand) {
  rows({"backend", "set", "sbc/sbc1", "state", "maint"});
  write_config("300", "");
  rows({"reload"});
  EXPECT_EQ(rows({"show", "backends"}).at(0)["admin"], "maint");
}

TEST_F(ControllerTest, AFailedReloadNamesEveryProblemAndChangesNothing) {
  write_config("300", "colour = \"red\"\n[limits]\n");
  const auto answer = ask({"reload"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().exit, ctl::Exit::kFailed);
  EXPECT_NE(answer.error().text.find("colour"), std::string::npos) << answer.error().text;
  EXPECT_NE(answer.error().text.find("limits"), std::string::npos) << answer.error().text;
  EXPECT_EQ(rows({"show", "info"}).at(0)["config_generation"], 1);
  EXPECT_EQ(rows({"show", "backends"}).at(1)["weight"], 100);
}

TEST_F(ControllerTest, ReloadRefusesWhatOnlyARestartCanChange) {
  write_config("100",
               "[[port]]\nname = \"core0\"\ndevice = \"net_null1\"\naddresses = [\"10.8.0.2/24\"]\n"
               "[[neighbor]]\nport = \"core0\"\naddress = \"10.8.0.7\"\nmac = \"02:00:00:00:00:08\"\n");
  const auto answer = ask({"reload"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().text.find("[[port]] core0"), std::string::npos) << answer.error().text;
}

TEST_F(ControllerTest, ReloadMovesTheControlSocketAfterTheAnswer) {
  const auto old_socket = socket_;
  socket_ = folder_.file("moved.sock");
  write_config("100", "");
  const auto answer = ctl::ask(old_socket, {"reload"}, std::chrono::seconds(10));
  ASSERT_TRUE(answer.has_value()) << answer.error().text;
  // The old connection is closed by the move, so its end says that the new socket is there.
  const SocketClient client(old_socket);
  while (client.is_connected() && client.take() != "(closed)") {
  }
  EXPECT_EQ(rows({"show", "info"}).size(), 1U);
}

TEST_F(ControllerTest, ADryRunChangesNothing) {
  write_config("300", "");
  EXPECT_EQ(rows({"reload", "--dry-run"}).at(0)["result"], "valid");
  EXPECT_EQ(rows({"show", "backends"}).at(1)["weight"], 100);
}

TEST_F(ControllerTest, NamesAWorkerThatDoesNotTakeTheSnapshot) {
  data_plane_.workers_[0].running = true;
  publisher_.set_running(WorkerIndex(0), true);
  const auto answer = ask({"backend", "set", "sbc/sbc1", "state", "drain"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().text.find("worker 0 (CPU 0)"), std::string::npos) << answer.error().text;
}

TEST_F(ControllerTest, AnswersWordsWithATable) {
  const SocketClient client(socket_);
  ASSERT_TRUE(client.is_connected());
  client.send("show pools\n");
  std::string text;
  while (text.find("(closed)") == std::string::npos) text += client.take();
  EXPECT_TRUE(text.starts_with("POOL  POLICY")) << text;
  EXPECT_NE(text.find("\nsbc   rendezvous"), std::string::npos) << text;
}

TEST_F(ControllerTest, AnswersAMethodWithNamedParameters) {
  const SocketClient client(socket_);
  client.send("{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"show.responses\",\"params\":{\"all\":true}}\n");
  std::string text;
  while (text.find('\n') == std::string::npos) text += client.take();
  const auto answer = Json::parse(text);
  EXPECT_EQ(answer["id"], "x");
  EXPECT_EQ(answer["result"]["schema"], 1);
}

TEST(CtlAsk, SaysThatNoDaemonListens) {
  const TempFolder folder;
  const auto answer = ctl::ask(folder.file("none.sock"), {"show", "info"}, std::chrono::seconds(1));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().exit, ctl::Exit::kNoDaemon);
}

TEST(CtlAsk, GivesUpAtTheTimeOut) {
  const TempFolder folder;
  const auto path = folder.file("silent.sock");
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  const auto answer = ctl::ask(path, {"show", "info"}, std::chrono::milliseconds(20));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().exit, ctl::Exit::kTimeout);
}

}  // namespace
}  // namespace dialplane::control
