// SPDX-License-Identifier: Apache-2.0
// The Prometheus page, read back by a small parser of its own. Test thread.
#include "metrics.hpp"

#include "command.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <sstream>

namespace dialplane::control {
namespace {

bool is_name(std::string_view text) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 && std::ranges::all_of(text, is_part);
}

/// Reads text format 0.0.4, strictly; every breach is a failure of the test.
struct Exposition {
  std::map<std::string, std::string> types;
  std::map<std::string, double> samples;  ///< by name and labels, as written

  explicit Exposition(const std::string& page) {
    EXPECT_TRUE(page.empty() || page.back() == '\n');
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) read_line(line);
  }

 private:
  std::string helped_;
  std::string current_;

  void read_line(const std::string& line) {
    std::istringstream words(line);
    std::string hash, kind, name, rest;
    if (line.starts_with("# ")) {
      words >> hash >> kind >> name >> rest;
      EXPECT_TRUE(is_name(name)) << line;
      if (kind == "HELP") {
        helped_ = name;
        EXPECT_FALSE(rest.empty()) << line;
      } else {
        EXPECT_EQ(kind, "TYPE") << line;
        EXPECT_EQ(helped_, name) << "HELP comes before TYPE: " << line;
        EXPECT_TRUE(rest == "counter" || rest == "gauge") << line;
        EXPECT_TRUE(types.emplace(name, rest).second) << "a metric twice: " << line;
        current_ = name;
      }
      return;
    }
    const auto space = line.rfind(' ');
    ASSERT_NE(space, std::string::npos) << line;
    const auto series = line.substr(0, space);
    EXPECT_EQ(series.substr(0, series.find('{')), current_) << line;
    if (series.find('{') != std::string::npos) read_labels(series.substr(series.find('{')), line);
    std::size_t used = 0;
    const auto value = std::stod(line.substr(space + 1), &used);
    EXPECT_EQ(used, line.size() - space - 1) << line;
    EXPECT_TRUE(samples.emplace(series, value).second) << "a series twice: " << line;
  }

  static void read_labels(std::string_view text, const std::string& line) {
    ASSERT_TRUE(text.starts_with('{') && text.ends_with('}')) << line;
    std::set<std::string_view> names;
    std::size_t at = 1;
    while (at < text.size()) {
      const auto equals = text.find("=\"", at);
      ASSERT_NE(equals, std::string_view::npos) << line;
      EXPECT_TRUE(is_name(text.substr(at, equals - at))) << line;
      EXPECT_TRUE(names.insert(text.substr(at, equals - at)).second) << line;
      at = equals + 2;
      while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
      ASSERT_LT(at + 1, text.size()) << line;
      ASSERT_TRUE(text[at + 1] == ',' || text[at + 1] == '}') << line;
      at += 2;
    }
  }
};

/// Rows for every command: what the test gives, else none.
std::string page_of(const std::map<std::string, Json, std::less<>>& given) {
  const auto page = write_metrics([&](std::string_view command) -> std::optional<Json> {
    const auto found = given.find(command);
    return rpc::rows_result(found == given.end() ? Json::array() : found->second);
  });
  return page.value_or("(none)");
}

TEST(Metrics, AColumnOfARowIsASample) {
  const auto page = page_of({{"show info", Json::parse(R"([{"uptime_seconds":17}])").value()}});
  EXPECT_NE(page.find("# HELP dialplane_uptime_seconds Time since the control thread started.\n"
                      "# TYPE dialplane_uptime_seconds gauge\n"
                      "dialplane_uptime_seconds 17\n"),
            std::string::npos)
      << page;
}

TEST(Metrics, ColumnsBecomeLabels) {
  const Exposition read(
      page_of({{"show methods", Json::parse(R"([{"method":"INVITE","from_outside":5,"from_inside":2}])").value()}}));
  EXPECT_EQ(read.types.at("dialplane_requests_total"), "counter");
  EXPECT_EQ(read.samples.at(R"(dialplane_requests_total{method="INVITE",direction="from_outside"})"), 5);
  EXPECT_EQ(read.samples.at(R"(dialplane_requests_total{method="INVITE",direction="from_inside"})"), 2);
}

TEST(Metrics, RowsAreChosenByTheirKind) {
  const Exposition read(page_of({{"show drops", Json::parse(R"([
      {"kind":"drop","name":"runt","stage":"parse","count":3},
      {"kind":"fault","name":"via","stage":"classify","count":4},
      {"kind":"balance","name":"unaccounted","stage":"","count":-1}])")
                                                    .value()}}));
  EXPECT_EQ(read.samples.size(), 3U);
  EXPECT_EQ(read.samples.at(R"(dialplane_drops_total{reason="runt",stage="parse"})"), 3);
  EXPECT_EQ(read.samples.at(R"(dialplane_faults_total{fault="via"})"), 4);
  EXPECT_EQ(read.samples.at("dialplane_packets_unaccounted"), -1);
}

TEST(Metrics, ARowForSeveralCodesIsLabelledOther) {
  const Exposition read(
      page_of({{"show responses", Json::parse(R"([{"code":null,"class":"2xx","forwarded":9}])").value()}}));
  EXPECT_EQ(read.samples.at(R"(dialplane_responses_total{code="other",class="2xx"})"), 9);
}

TEST(Metrics, AStateIsOneSeriesPerValue) {
  const Exposition read(page_of(
      {{"show backends", Json::parse(R"([{"pool":"p","name":"b","admin":"drain","observed":"up"}])").value()}}));
  EXPECT_EQ(read.samples.at(R"(dialplane_backend_admin_state{pool="p",backend="b",state="ready"})"), 0);
  EXPECT_EQ(read.samples.at(R"(dialplane_backend_admin_state{pool="p",backend="b",state="drain"})"), 1);
}

TEST(Metrics, TruthAndMicrosecondsBecomeBaseUnits) {
  const Exposition read(page_of({{"show service", Json::parse(R"([{"check":"readyz","ok":true}])").value()},
                                 {"show info", Json::parse(R"([{"slowest_turn_us":2500}])").value()}}));
  EXPECT_EQ(read.samples.at("dialplane_ready"), 1);
  EXPECT_EQ(read.samples.at("dialplane_control_slowest_turn_seconds"), 0.0025);
}

TEST(Metrics, LabelsAreEscaped) {
  const auto page = page_of({{"show pools", Json::parse(R"([{"pool":"a\"b\\c\nd","backends":1}])").value()}});
  EXPECT_NE(page.find(R"(dialplane_pool_backends{pool="a\"b\\c\nd"} 1)"), std::string::npos) << page;
  EXPECT_EQ(Exposition(page).samples.size(), 2U);
}

TEST(Metrics, BigCountsKeepEveryDigit) {
  const auto page = page_of({{"show ports", Json::parse(R"([{"name":"e","rx_bytes":18446744073709551615}])").value()}});
  EXPECT_NE(page.find("dialplane_port_rx_bytes_total{port=\"e\"} 18446744073709551615\n"), std::string::npos) << page;
}

TEST(Metrics, AMetricWithoutSamplesIsLeftOut) { EXPECT_EQ(page_of({}), ""); }

TEST(Metrics, ACommandThatFailsLeavesNoHalfPage) {
  int asked = 0;
  const auto page = write_metrics([&](std::string_view) -> std::optional<Json> {
    if (++asked > 2) return std::nullopt;
    return rpc::rows_result(Json::array());
  });
  EXPECT_EQ(page, std::nullopt);
}

TEST(Metrics, EachCommandIsAskedOnce) {
  std::map<std::string, int> asked;
  EXPECT_TRUE(write_metrics([&](std::string_view command) -> std::optional<Json> {
                ++asked[std::string(command)];
                return rpc::rows_result(Json::array());
              }).has_value());
  for (const auto& [command, times] : asked) EXPECT_EQ(times, 1) << command;
}

TEST(Metrics, TheListKeepsTheRulesOfNaming) {
  std::set<std::string_view> names;
  for (const auto& metric : metrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_TRUE(metric.name.starts_with("dialplane_") && is_name(metric.name)) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == MetricType::kCounter) << metric.name;
    EXPECT_TRUE(metric.help.ends_with('.')) << metric.name;
    EXPECT_FALSE(metric.series.empty()) << metric.name;
    for (const auto& series : metric.series) {
      const auto command = std::ranges::find(commands(), series.command, &Command::words);
      ASSERT_NE(command, commands().end()) << metric.name;
      EXPECT_NE(command->read, nullptr) << metric.name;
      for (const auto& label : metric_labels(series)) {
        for (const auto* banned : {"call_id", "user", "source_address", "from", "to"}) EXPECT_NE(label.name, banned);
      }
    }
  }
}

}  // namespace
}  // namespace dialplane::control
