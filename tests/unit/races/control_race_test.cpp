// SPDX-License-Identifier: Apache-2.0
// Twenty clients change the configuration at random while workers process traffic. What was accepted, played again one
// after the other in the order of its generations, must give the same configuration. 2 s; 60 s with DIALPLANE_LONG=1.
#include "client.hpp"
#include "socket_client.hpp"
#include "thread_data_plane.hpp"
#include "two_networks.hpp"

#include "dialplane/base/base64.hpp"
#include "dialplane/control/controller.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <random>

// Read by ThreadSanitizer. Debian's libspdlog is not built with it, so the release of a logger's last reference by its
// writer thread, inside that library, is not seen: what this thread frees afterwards would be taken for a race.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:spdlog::async_logger::~async_logger\n"; }

namespace dialplane::test {
namespace {

using control::Json;

using control::Controller;
using Words = std::vector<std::string>;

constexpr std::size_t kWorkers = 2;
constexpr std::size_t kClients = 20;
/// Accepted changes that make a test; a machine with more to do gets more time for them.
constexpr std::size_t kEnough = 40;
constexpr std::chrono::seconds kExtraTime{30};

/// A controller over workers that process `messages`, in a folder that outlives it.
class Service {
 public:
  explicit Service(const control::TempFolder& folder)
      : config_path_(folder.file("dialplane.toml")), socket_(folder.file("control.sock")) {
    std::ofstream(config_path_)
        << "[runtime]\nname = \"dprace\"\nworker_cpus = [0, 0]\nmemory = \"none\"\nstate_dir = \""
        << folder.file("state") << "\"\n[node]\nname = \"lb1\"\n[control]\nsocket = \"" << socket_
        << "\"\n[[port]]\nname = \"edge0\"\ndevice = \"net_null0\"\naddresses = [\"10.9.0.2/16\"]\n"
        << "[[neighbor]]\nport = \"edge0\"\naddress = \"10.9.0.7\"\nmac = \"02:00:00:00:00:07\"\n"
        << "[[listener]]\nname = \"public\"\naddress = \"udp:10.9.0.10:5060\"\npool = \"sbc\"\n"
        << "[[pool]]\nname = \"sbc\"\n"
        << "[[pool.backend]]\nname = \"sbc1\"\naddress = \"10.9.0.7:5060\"\n"
        << "[[pool.backend]]\nname = \"sbc2\"\naddress = \"10.9.0.7:5062\"\n"
        << "[[rule]]\nname = \"scanners\"\nfield = \"user-agent\"\nregex = \"scanner\"\naction = \"drop\"\n";
    auto loaded = config::load_file(config_path_);
    if (!loaded) throw std::runtime_error(config::format_problem(config_path_, loaded.error().front()));
    const auto shared = std::make_shared<const config::Config>(std::move(*loaded));
    std::atomic<bool> is_up{false};
    thread_ = std::thread([this, shared, &is_up] {
      auto controller = Controller::start({config_path_, "0"}, shared, data_plane_, publisher_);
      if (!controller) trouble_ = controller.error().text;
      is_up = true;
      is_up.notify_one();
      if (controller) (*controller)->run();
    });
    is_up.wait(false);
    if (!trouble_.empty()) throw std::runtime_error(trouble_);
    data_plane_.launch(publisher_, messages(), endpoint_of("10.9.3.3:40000"), endpoint_of("10.9.0.10:5060"));
  }
  ~Service() {
    data_plane_.stop();
    ::kill(::getpid(), SIGTERM);
    thread_.join();
  }

  tl::expected<Json, ctl::Trouble> ask(const Words& words) const {
    return ctl::ask(socket_, words, std::chrono::seconds(60));
  }
  /// All that the accepted changes decide.
  Json state() const {
    Json all;
    all["config"] = ask({"show", "config"}).value()["rows"];
    all["tables"] = ask({"show", "info"}).value()["rows"][0]["table_checksums"];
    return all;
  }
  ThreadDataPlane& data_plane() { return data_plane_; }

 private:
  static Endpoint endpoint_of(const char* text) { return Endpoint::parse(text).value(); }
  static std::vector<std::string> messages() {
    std::vector<std::string> all;
    for (int i = 0; i < 512; ++i) {
      for (const char* method : {"INVITE", "REGISTER", "OPTIONS", "ACK"})
        all.push_back(request(method, fmt::format("{}@race", i)));
    }
    return all;
  }

  std::string config_path_;
  std::string socket_;
  ThreadDataPlane data_plane_{kWorkers};
  snapshot::Publisher publisher_{kWorkers};
  std::string trouble_;
  std::thread thread_;
};

/// Draws commands, some of which must be refused.
class Operator {
 public:
  explicit Operator(unsigned seed) : random_(seed) {}

  Words next() {
    const auto name = fmt::format("n{}", draw(6));
    const auto backend = "sbc/" + (draw(4) == 0 ? fmt::format("sbc{}", 1 + draw(2)) : name);
    switch (draw(12)) {
      case 0:
      case 1:
      case 2:
        return {"backend", "add", "sbc", name, fmt::format("10.9.0.7:{}", 6000 + draw(8)), "weight", number()};
      case 3:
      case 4:
        return {"backend", "del", backend};
      case 5:
      case 6:
        return {"backend", "set", backend, "weight", number()};
      case 7:
      case 8:
        return {"backend", "set", backend, "state", draw(3) == 0 ? "drain" : draw(2) == 0 ? "maint" : "ready"};
      case 9:
        return draw(4) == 0 ? Words{"reload"} : Words{"backend", "add", "none", name, "nowhere"};
      case 10:
        return {"explain", "to", "10.9.0.10:5060", "base64", encode_base64(request("INVITE", name))};
      default:
        return {"show", draw(2) == 0 ? "backends" : "drops"};
    }
  }

 private:
  unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }
  /// Now and then beyond what the file may say.
  std::string number() { return fmt::format("{}", draw(8) == 0 ? 70000 + draw(100) : draw(300)); }
  std::mt19937 random_;
};

/// What was accepted, by generation. Equal reloads may share one.
class Accepted {
 public:
  void take(const Words& words, const tl::expected<Json, ctl::Trouble>& answer) {
    const std::lock_guard lock(mutex_);
    if (!answer) {
      if (answer.error().exit != ctl::Exit::kFailed) trouble_ = answer.error().text;
      ++refused_;
      return;
    }
    const auto& rows = (*answer)["rows"];
    if (rows.empty() || !rows[0].contains("generation") || words[0] == "show") return;
    if (rows[0].value("result", std::string()) == "unchanged") return;
    by_generation_[rows[0]["generation"].get<std::uint64_t>()] = words;
  }
  [[nodiscard]] const std::map<std::uint64_t, Words>& by_generation() const { return by_generation_; }
  [[nodiscard]] bool is_enough() {
    const std::lock_guard lock(mutex_);
    return by_generation_.size() >= kEnough;
  }
  [[nodiscard]] std::size_t refused() const { return refused_; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, Words> by_generation_;
  std::size_t refused_ = 0;
  std::string trouble_;
};

void let_clients_loose(const Service& service, Accepted& accepted) {
  const auto length = std::chrono::seconds(std::getenv("DIALPLANE_LONG") != nullptr ? 60 : 2);
  const auto end = std::chrono::steady_clock::now() + length;
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back([&service, &accepted, end, i] {
      Operator draws(static_cast<unsigned>(4711 + i));
      const auto is_over = [&] {
        const auto now = std::chrono::steady_clock::now();
        return now >= end && (accepted.is_enough() || now >= end + kExtraTime);
      };
      while (!is_over()) {
        const auto words = draws.next();
        accepted.take(words, service.ask(words));
      }
    });
  }
  for (auto& client : clients) client.join();
}

TEST(ControlRace, RandomClientsUnderTrafficEndWhereASerialReplayEnds) {
  control::block_signals();
  const control::TempFolder folder;
  Accepted accepted;
  Json reached;
  {
    Service service(folder);
    let_clients_loose(service, accepted);
    reached = service.state();
    service.data_plane().stop();
    EXPECT_EQ(service.data_plane().trouble(), "");
    EXPECT_GT(service.data_plane().forwarded(), 0U);
  }
  EXPECT_EQ(accepted.trouble(), "");
  EXPECT_GT(accepted.refused(), 0U);
  ASSERT_GE(accepted.by_generation().size(), kEnough);

  // The keys are those of the first service, since the folder is.
  Service again(folder);
  for (const auto& [generation, words] : accepted.by_generation()) {
    const auto answer = again.ask(words);
    ASSERT_TRUE(answer.has_value()) << "generation " << generation << ": " << answer.error().text;
  }
  EXPECT_EQ(again.state().dump(1), reached.dump(1));
  RecordProperty("accepted", static_cast<int>(accepted.by_generation().size()));
  RecordProperty("refused", static_cast<int>(accepted.refused()));
}

}  // namespace
}  // namespace dialplane::test
