// SPDX-License-Identifier: Apache-2.0
// A controller in a thread of its own with its socket, a configuration file and a data plane without packets.
#pragma once

#include "client.hpp"
#include "fake_data_plane.hpp"
#include "http_endpoint.hpp"
#include "socket_client.hpp"

#include "dialplane/config/loader.hpp"
#include "dialplane/control/controller.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace dialplane::control {

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

  void TearDown() override { stop(); }

  void stop() {
    // Addressed to the process, as a service manager does; the loop reads it by signalfd.
    if (thread_.joinable()) ::kill(::getpid(), SIGTERM);
    if (thread_.joinable()) thread_.join();
  }

  void write_config(const std::string& weight_of_sbc2, const std::string& more) const {
    std::ofstream file(config_path_);
    file << "[runtime]\nname = \"dptest\"\nmain_cpu = 0\nworker_cpus = [0]\nmemory = \"none\"\nstate_dir = \""
         << folder_.file("state") << "\"\n[node]\nname = \"lb1\"\n[control]\nsocket = \"" << socket_
         << "\"\nmetrics = \"" << metrics_.to_string() << "\"\n"
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

  static Json row_of(const Json& rows, const std::string& column, const Json& value) {
    for (const auto& row : rows) {
      if (row[column] == value) return row;
    }
    ADD_FAILURE() << "no row with " << column << " = " << value;
    return rows.front();
  }
  /// A port that was free a moment ago.
  static Endpoint free_port() {
    auto endpoint = HttpEndpoint::open({IpAddress::v4(0x7f000001), 0}, 0, {});
    return endpoint ? (*endpoint)->address() : Endpoint{};
  }

  TempFolder folder_;
  Endpoint metrics_ = free_port();
  std::string config_path_ = folder_.file("dialplane.toml");
  std::string socket_ = folder_.file("control.sock");
  FakeDataPlane data_plane_;
  snapshot::Publisher publisher_{1};
  std::string trouble_;
  std::thread thread_;
};

}  // namespace dialplane::control
