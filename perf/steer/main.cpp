// SPDX-License-Identifier: Apache-2.0
// dialplane-steer: how evenly backends are loaded, how weights are kept, what moves when one comes or goes, what tables
// cost; beside hash modulo and Maglev. Exit 1 if a bound is missed. Main thread.
#include "call_ids.hpp"
#include "figures.hpp"
#include "report.hpp"
#include "slow.hpp"
#include "tables.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dialplane::perf {
namespace {

struct Options {
  std::size_t keys = 1'000'000;
  std::vector<std::size_t> backends = {4, 16, 100, 1000};
  std::string json;
  bool quick = false;
};

/// Up to here evenness and weights are promised; beyond it chance rules and its figure stands beside ours.
constexpr std::size_t kMostWithBounds = 100;
constexpr double kMostPeak = 1.05;
constexpr double kMostWeightError = 3;
constexpr double kMostNeedless = 0.05;
constexpr double kPercent = 100;
constexpr double kMostChange_ms = 50;
constexpr double kMostBuild_ms = 1000;
constexpr std::size_t kSlots = balance::SlotTable::kUsualSlots;

std::vector<Key> make_keys(Generator generator, std::size_t count) {
  std::vector<Key> keys;
  for (std::string& id : make_call_ids(generator, count)) {
    const std::uint64_t hash = SipHash13::of(steering_key(), id);
    keys.push_back({std::move(id), hash});
  }
  return keys;
}

std::string label(std::string_view what, SchemeKind kind) { return fmt::format("{}, {}", what, scheme_name(kind)); }

void report_peaks(Report& report, const Options& options, std::size_t backends, Generator generator,
                  const std::vector<Key>& keys) {
  for (const SchemeKind kind : kSchemes) {
    const bool is_promised = kind == SchemeKind::kRendezvous && backends <= kMostWithBounds && !options.quick;
    report.line(label(fmt::format("busiest / average, {} Call-IDs", generator_name(generator)), kind),
                peak(kind, backends, keys), "", is_promised ? std::optional(kMostPeak) : std::nullopt);
  }
}

void report_weight_error(Report& report, std::string_view whose, const WeightError& error,
                         std::optional<double> bound) {
  const auto line = [&](std::string_view what, double value, std::optional<double> most) {
    report.line(fmt::format("1:2:3:4, {} off by, {}", what, whose), value * kPercent, "%", most);
  };
  line("calls of a weight", error.of_a_weight, bound);
  line("calls of a backend", error.of_a_backend, std::nullopt);
  line("slots of a backend", error.of_slots_of_one, std::nullopt);
  if (error.of_slots_of_a_percent != 0) line("slots of one due 1 %", error.of_slots_of_a_percent, bound);
}

void report_weights(Report& report, const Options& options, std::size_t backends, const std::vector<Key>& keys) {
  for (const SchemeKind kind : kSchemes) {
    if (!has_weights(kind)) continue;
    const WeightError error = weight_error(kind, backends, keys);
    const bool is_promised = kind == SchemeKind::kRendezvous && backends <= kMostWithBounds && !options.quick;
    report_weight_error(report, scheme_name(kind), error, is_promised ? std::optional(kMostWeightError) : std::nullopt);
  }
  report_weight_error(report, "by chance", weight_error_by_chance(backends, kSlots, options.keys), std::nullopt);
}

void report_moves(Report& report, std::size_t backends, const std::vector<Key>& keys) {
  using Change = Moved (*)(SchemeKind, std::size_t, std::span<const Key>);
  const std::pair<const char*, Change> changes[] = {
      {"one leaves", one_leaves}, {"one joins", one_joins}, {"one fails", one_fails}};
  for (const auto& [what, change] : changes) {
    for (const SchemeKind kind : kSchemes) {
      const Moved moved = change(kind, backends, keys);
      const bool is_promised = kind == SchemeKind::kRendezvous;
      report.line(label(fmt::format("{}: its own keys", what), kind), moved.own * kPercent, "%");
      report.line(label(fmt::format("{}: other keys moved", what), kind), moved.needless * kPercent, "pp",
                  is_promised ? std::optional(kMostNeedless) : std::nullopt);
      report.line(label(fmt::format("{}: busiest / average afterwards", what), kind), moved.neighbour, "");
    }
  }
}

void report_tables(Report& report, const Options& options, std::size_t backends) {
  const TableCost cost = table_cost(backends);
  // Times are bounded where nobody else shares the machine's attention: not in the quick form, which is a test.
  const auto bound = [&](double most) { return options.quick ? std::nullopt : std::optional(most); };
  report.line("slots", static_cast<double>(cost.slots), "");
  report.line("memory of the slots", static_cast<double>(cost.bytes) / 1024, "KiB");
  report.line("lookup at random hashes", cost.lookup_ns, "ns");
  report.line("full build", cost.full_build_ms, "ms",
              backends <= kMostWithBounds ? bound(kMostBuild_ms) : std::nullopt);
  report.line("one joined", cost.one_joined_ms, "ms", bound(kMostChange_ms));
  report.line("one left", cost.one_left_ms, "ms", bound(kMostChange_ms));
  report.line("one weight rose", cost.one_weight_rose_ms, "ms", bound(kMostChange_ms));
  report.line("one weight fell", cost.one_weight_fell_ms, "ms", bound(kMostChange_ms));
  report.line("one checksum from shuffled files, two nodes, reloads", nodes_agree(backends));
}

void report_all(Report& report, const Options& options) {
  std::vector<std::pair<Generator, std::vector<Key>>> sets;
  for (const Generator generator : kGenerators) sets.emplace_back(generator, make_keys(generator, options.keys));
  for (const std::size_t backends : options.backends) {
    report.title(fmt::format("{} backends, {} Call-IDs", backends, options.keys));
    for (const auto& [generator, keys] : sets) report_peaks(report, options, backends, generator, keys);
    report.line("busiest / average by chance, as many slots", peak_by_chance(backends, kSlots, options.keys), "");
    report.line("busiest / average by chance, no slots", peak_by_chance(backends, 0, options.keys), "");
    report_weights(report, options, backends, sets.front().second);
    report_moves(report, backends, sets.front().second);
    report_tables(report, options, backends);
  }
}

void report_slow(Report& report) {
  report.title("4 equal backends, one of which answers slowly: its share of new calls");
  constexpr unsigned kUsual_ms = 5;
  constexpr unsigned kSlow_ms = 2'000;
  // Both lose at least what the longer occupation of the slow one explains: 5 s of 7.
  constexpr double kMostShareOfSlow = 21;
  for (const balance::Policy policy : {balance::Policy::kRendezvous, balance::Policy::kRoundRobin,
                                       balance::Policy::kLeastCalls, balance::Policy::kTwoChoices}) {
    const bool is_promised = policy == balance::Policy::kLeastCalls || policy == balance::Policy::kTwoChoices;
    report.line(fmt::format("{}, answers after 5 ms", balance::policy_name(policy)),
                share_of_one(policy, kUsual_ms) * kPercent, "%");
    report.line(fmt::format("{}, answers after 2 s", balance::policy_name(policy)),
                share_of_one(policy, kSlow_ms) * kPercent, "%",
                is_promised ? std::optional(kMostShareOfSlow) : std::nullopt);
  }
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("How dialogs are placed: evenness, weights, what moves, what tables cost.");
  app.add_option("--keys", options.keys, "Call-IDs of each kind")->check(CLI::Range(1'000, 10'000'000));
  app.add_option("--backends", options.backends, "numbers of backends, such as 4,16")->delimiter(',');
  app.add_option("--json", options.json, "also write the figures to this file");
  app.add_flag("--quick", options.quick, "few keys and backends; bounds of placement only, for tests");
  CLI11_PARSE(app, argc, argv);
  if (options.quick) {
    options.keys = 50'000;
    options.backends = {4, 12};
  }
  Report report;
  report_all(report, options);
  report_slow(report);
  if (!options.json.empty() && !report.write_json(options.json)) {
    fmt::print(stderr, "cannot write {}\n", options.json);
    return 1;
  }
  return report.finish();
}

}  // namespace
}  // namespace dialplane::perf

int main(int argc, char** argv) {
  try {
    return dialplane::perf::run(argc, argv);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "dialplane-steer: {}\n", problem.what());
    return 1;
  }
}
