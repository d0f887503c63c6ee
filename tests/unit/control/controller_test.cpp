// SPDX-License-Identifier: Apache-2.0
// The whole control thread over its socket: real loop, loader, builder and publisher, a data plane without packets.
#include "dialplane/control/controller.hpp"

#include "command_server.hpp"
#include "controller_fixture.hpp"
#include "event_loop.hpp"
#include "http_client.hpp"

#include "dialplane/control/text_table.hpp"
#include "dialplane/sip/status.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace dialplane::control {
namespace {

TEST_F(ControllerTest, EveryReadingCommandAnswersRows) {
  for (const char* what : {"info", "service", "workers", "ports", "backends", "pools", "listeners", "methods",
                           "responses", "answers", "drops", "steering", "stages", "neighbors", "help"}) {
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

TEST_F(ControllerTest, ShowsEveryRegisteredCodeAndTheOthersOfEachClass) {
  data_plane_.counters_->responses.add(180 - 100, 5);
  data_plane_.counters_->inline_responses.add(pipeline::InlineResponse::kOptionsOk, 2);
  data_plane_.counters_->responses.add(299 - 100, 3);
  data_plane_.counters_->responses.add(218 - 100, 1);
  const auto all = rows({"show", "responses"});
  EXPECT_EQ(all.size(), sip::status_codes().size() + 6);
  EXPECT_EQ(row_of(all, "code", 180).dump(),
            R"({"code":180,"class":"1xx","reason":"Ringing","count":5,"forwarded":5,"answered":0})");
  EXPECT_EQ(row_of(all, "code", 200)["answered"], 2);
  EXPECT_EQ(row_of(all, "code", 608)["reason"], "Rejected");
  EXPECT_EQ(row_of(all, "reason", "not registered: 218, 299").dump(),
            R"({"code":null,"class":"2xx","reason":"not registered: 218, 299","count":4,"forwarded":4,"answered":0})");
}

TEST_F(ControllerTest, TheTableOfResponsesLeavesOutWhatNeverCame) {
  data_plane_.counters_->responses.add(486 - 100, 5);
  const auto seen = ask({"show", "responses"});
  ASSERT_TRUE(seen.has_value());
  const auto table = format_table(*seen, TableHeader::kHidden);
  EXPECT_EQ(table, "486  4xx  Busy Here  5  5  0\n");
  const auto all = ask({"show", "responses", "--all"});
  ASSERT_TRUE(all.has_value());
  EXPECT_NE(format_table(*all, TableHeader::kHidden).find("Unwanted"), std::string::npos);
}

TEST_F(ControllerTest, AddsResponsesUpByClass) {
  data_plane_.counters_->responses.add(486 - 100, 5);
  data_plane_.counters_->responses.add(499 - 100, 2);
  const auto classes = rows({"show", "responses", "--classes"});
  ASSERT_EQ(classes.size(), 6U);
  EXPECT_EQ(classes[3]["class"], "4xx");
  EXPECT_EQ(classes[3]["count"], 7);
}

TEST_F(ControllerTest, ShowsEveryMethodAndOther) {
  data_plane_.counters_->requests.add(static_cast<std::size_t>(sip::Method::kPublish) * 2 + 1, 4);
  const auto methods = rows({"show", "methods"});
  EXPECT_EQ(methods.size(), 15U);
  EXPECT_EQ(row_of(methods, "method", "PUBLISH")["from_inside"], 4);
  EXPECT_EQ(methods.back()["method"], "other");
}

TEST_F(ControllerTest, ShowsEveryAnswerOfThisNode) {
  data_plane_.counters_->inline_responses.add(pipeline::InlineResponse::kNoTransport, 3);
  const auto answers = rows({"show", "answers"});
  EXPECT_EQ(row_of(answers, "name", "no_transport")["count"], 3);
  EXPECT_EQ(row_of(answers, "name", "no_transport")["status"], 500);
  EXPECT_EQ(row_of(answers, "name", "no_next_hop")["count"], 0);
}

TEST_F(ControllerTest, ShowsHowBackendsWereFound) {
  data_plane_.counters_->steered.add(pipeline::SteeredBy::kWinner, 3);
  data_plane_.counters_->tokens.add(pipeline::TokenOutcome::kForged, 2);
  const auto steering = rows({"show", "steering"});
  EXPECT_EQ(row_of(steering, "name", "winner")["count"], 3);
  EXPECT_EQ(row_of(steering, "name", "forged")["count"], 2);
}

TEST_F(ControllerTest, ServesMetricsThatEqualWhatShowSays) {
  data_plane_.counters_->requests.add(static_cast<std::size_t>(sip::Method::kInvite) * 2, 7);
  const auto page = http_request(metrics_, "GET", "/metrics");
  EXPECT_NE(page.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos) << page;
  EXPECT_NE(page.find("dialplane_requests_total{method=\"INVITE\",direction=\"from_outside\"} 7\n"), std::string::npos);
  EXPECT_NE(page.find("dialplane_build_info{version=\"9.9.9\",name=\"dptest\",node=\"lb1\"} 1\n"), std::string::npos);
  EXPECT_EQ(row_of(rows({"show", "methods"}), "method", "INVITE")["from_outside"], 7);
}

TEST_F(ControllerTest, IsReadyUntilAPoolHasNobodyLeft) {
  EXPECT_NE(http_request(metrics_, "GET", "/healthz").find("worker 0 (CPU 0) does not run\n"), std::string::npos);
  // A worker that has every snapshot to come.
  publisher_.acknowledge(WorkerIndex(0), 1000);
  data_plane_.workers_[0].running = true;
  EXPECT_TRUE(http_request(metrics_, "GET", "/healthz").starts_with("HTTP/1.1 200 "));
  rows({"backend", "set", "sbc/sbc1", "state", "drain"});
  rows({"backend", "set", "sbc/sbc2", "state", "drain"});
  const auto answer = http_request(metrics_, "GET", "/readyz");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("pool sbc has no backend for new dialogs\n"), std::string::npos) << answer;
}

TEST_F(ControllerTest, ReloadMovesTheMetrics) {
  const auto old = metrics_;
  metrics_ = free_port();
  write_config("100", "");
  rows({"reload"});
  // The endpoint moves in the turn after the answer.
  std::string answer;
  for (int tries = 0; answer.empty() && tries < 1000; ++tries) {
    answer = http_request(metrics_, "GET", "/metrics");
    rows({"show", "info"});
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_FALSE(HttpClient(old).is_connected());
}

TEST_F(ControllerTest, CountsStunAnswersApartFromSip) {
  data_plane_.counters_->stun_answers.add(pipeline::StunAnswer::kBinding, 4);
  const auto shown = rows({"show", "stun"});
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown[0]["answer"], "binding");
  EXPECT_EQ(shown[0]["count"], 4);
  EXPECT_EQ(shown[1]["count"], 0);
}

TEST_F(ControllerTest, CountsAnswersOfRulesByTheirCode) {
  data_plane_.counters_->inline_responses.add(pipeline::InlineResponse::kRule, 3);
  data_plane_.counters_->rule_answers.add(603 - pipeline::kLowestRuleStatus, 3);
  std::uint64_t answered = 0;
  for (const auto& row : rows({"show", "responses"})) {
    if (row["code"] == 603) answered = row["answered"].get<std::uint64_t>();
  }
  EXPECT_EQ(answered, 3U);
}

TEST_F(ControllerTest, RulesComeByReloadAndKeepTheirHitsByName) {
  EXPECT_TRUE(rows({"show", "rules"}).empty());
  const auto rule = [](const std::string& name, const std::string& action) {
    return "[[rule]]\nname = \"" + name + "\"\nfield = \"User-Agent\"\nregex = \"(?i)scanner\"\naction = \"" + action +
           "\"\n";
  };
  write_config("100", rule("first", "drop") + rule("second", "drop"));
  ASSERT_TRUE(ask({"reload"}).has_value());
  const auto shown = rows({"show", "rules"});
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(
      shown[0].dump(),
      R"({"name":"first","field":"user-agent","regex":"(?i)scanner","action":"drop","hits":0,"last_hit_s":null})");

  const auto& cells = publisher_.latest()->rule_cells;
  data_plane_.counters_->rules[cells.at(1).value].hits.add(7);
  data_plane_.counters_->rules[cells.at(1).value].last_hit_s.set(1);
  write_config("100", rule("third", "drop") + rule("second", "reject 403"));
  ASSERT_TRUE(ask({"reload"}).has_value());
  const auto after = rows({"show", "rules"});
  EXPECT_EQ(after.at(0)["hits"], 0);
  EXPECT_EQ(after.at(1)["hits"], 7);
  EXPECT_EQ(after.at(1)["action"], "reject 403");
  EXPECT_GT(after.at(1)["last_hit_s"].get<int>(), 0);
}

TEST_F(ControllerTest, AReloadWithABadExpressionIsRefusedWithItsPlace) {
  write_config("100", "[[rule]]\nname = \"a\"\nfield = \"to\"\nregex = \"x(\"\naction = \"drop\"\n");
  const auto answer = ask({"reload"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().text.find(":9: error: the expression does not compile"), std::string::npos)
      << answer.error().text;
  EXPECT_EQ(publisher_.latest()->rules, nullptr);
}

TEST_F(ControllerTest, StateChangesShareTheCompiledRules) {
  write_config("100", "[[rule]]\nname = \"a\"\nfield = \"to\"\nregex = \"x\"\naction = \"drop\"\n");
  ASSERT_TRUE(ask({"reload"}).has_value());
  const auto before = publisher_.latest()->rules;
  ASSERT_TRUE(ask({"backend", "set", "sbc/sbc1", "state", "drain"}).has_value());
  EXPECT_EQ(publisher_.latest()->rules, before);
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

TEST_F(ControllerTest, ReloadRefusesAMetricsAddressThatIsTaken) {
  const auto ours = metrics_;
  auto other = HttpEndpoint::open({IpAddress::v4(0x7f000001), 0}, 0, {});
  ASSERT_TRUE(other.has_value());
  metrics_ = (*other)->address();
  write_config("100", "");
  for (const auto& words : std::vector<std::vector<std::string>>{{"reload", "--dry-run"}, {"reload"}}) {
    const auto answer = ask(words);
    ASSERT_FALSE(answer.has_value());
    EXPECT_NE(answer.error().text.find("cannot listen on " + metrics_.to_string()), std::string::npos)
        << answer.error().text;
  }
  EXPECT_TRUE(http_request(ours, "GET", "/metrics").starts_with("HTTP/1.1 200 "));
}

TEST_F(ControllerTest, ReloadTakesAnotherAddressForTheMetricsOnTheSamePort) {
  metrics_ = {IpAddress::v4(0x7f000002), metrics_.port};
  write_config("100", "");
  ASSERT_TRUE(ask({"reload"}).has_value());
  std::string answer;
  for (int tries = 0; tries < 10000 && !answer.starts_with("HTTP/1.1 200 "); ++tries) {
    answer = http_request(metrics_, "GET", "/metrics");
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
}

TEST_F(ControllerTest, ReloadRefusesAControlSocketThatCannotBeMade) {
  const auto old_socket = socket_;
  // Below a file, below a file that is there, and in the place of one.
  for (const auto& path : {config_path_ + "/folder/x.sock", config_path_ + "/x.sock", config_path_}) {
    socket_ = path;
    write_config("100", "");
    const auto answer = ctl::ask(old_socket, {"reload"}, std::chrono::seconds(10));
    ASSERT_FALSE(answer.has_value()) << path;
    EXPECT_NE(answer.error().text.find("[control] socket: "), std::string::npos) << answer.error().text;
  }
}

TEST_F(ControllerTest, ReloadRefusesAControlSocketOnWhichAnotherProcessAnswers) {
  const auto old_socket = socket_;
  EventLoop loop;
  const auto other = CommandServer::open(loop, folder_.file("other.sock"), [](auto, auto, auto) {});
  ASSERT_TRUE(other.has_value());
  socket_ = folder_.file("other.sock");
  write_config("100", "");
  const auto answer = ctl::ask(old_socket, {"reload"}, std::chrono::seconds(10));
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().text.find("another process answers"), std::string::npos) << answer.error().text;
}

TEST_F(ControllerTest, ReloadLeadsBackFromASocketThatCouldNotBeOpened) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root seems to be able to write there";
  const auto own_socket = socket_;
  // A folder there in which nobody can make one, which the look before the reload does not see.
  socket_ = "/proc/dialplane-test/x.sock";
  write_config("100", "");
  ASSERT_TRUE(ctl::ask(own_socket, {"reload"}, std::chrono::seconds(10)).has_value());
  socket_ = own_socket;
  write_config("100", "");
  EXPECT_EQ(rows({"reload"}).at(0)["result"], "reloaded");
}

TEST_F(ControllerTest, ADryRunChangesNothing) {
  write_config("300", "");
  const auto shown = ask({"reload", "--dry-run"});
  ASSERT_TRUE(shown.has_value()) << shown.error().text;
  EXPECT_EQ((*shown)["result"], "valid");
  EXPECT_EQ((*shown)["rows"].dump(), R"([{"change":"changed","record":"[[pool.backend]] sbc/sbc2","key":"weight",)"
                                     R"("before":"100","after":"300"}])");
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
  const auto answer = Json::parse(text).value();
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
  EXPECT_NE(answer.error().text.find("busy or stuck"), std::string::npos);
  const auto drain = ctl::ask(path, {"node", "drain", "--wait"}, std::chrono::milliseconds(20));
  ASSERT_FALSE(drain.has_value());
  EXPECT_NE(drain.error().text.find("not over yet"), std::string::npos) << drain.error().text;
}

}  // namespace
}  // namespace dialplane::control
