// SPDX-License-Identifier: Apache-2.0
// Builds tables and snapshots. Main thread.
#include "tables.hpp"

#include "schemes.hpp"

#include "dialplane/config/loader.hpp"
#include "dialplane/snapshot/builder.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <random>
#include <utility>

namespace dialplane::perf {
namespace {

constexpr std::array<std::uint32_t, 4> kWeights = {100, 100, 200, 300};

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

template <class Work>
double least_ms(int trials, Work work) {
  double least = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const double start = cpu_ms();
    work();
    const double took = cpu_ms() - start;
    if (trial == 0 || took < least) least = took;
  }
  return least;
}

double derived_ms(const std::vector<balance::Member>& members, const balance::SlotTable& previous) {
  constexpr int kTrials = 3;
  return least_ms(kTrials, [&] { balance::SlotTable::build({members, steering_key()}, &previous); });
}

double lookup_ns(const balance::SlotTable& table) {
  constexpr std::size_t kLookups = 1 << 20;
  constexpr int kTrials = 5;
  std::mt19937_64 random(3);  // NOLINT: the same in every run
  std::vector<std::uint64_t> hashes(kLookups);
  for (std::uint64_t& hash : hashes) hash = random();
  volatile std::uint64_t sink = 0;
  const double ms = least_ms(kTrials, [&] {
    // Each lookup waits for the one before, as a message waits for its own.
    std::uint64_t chain = 0;
    for (const std::uint64_t hash : hashes) chain += table.choices(table.slot_of(hash ^ (chain & 1) << 40)).first;
    sink = chain;
  });
  return ms * 1e6 / static_cast<double>(kLookups);
}

std::string file_with(const std::vector<std::size_t>& order, const std::string& node) {
  std::string text = fmt::format(
      "[runtime]\nworker_cpus = [0]\n[node]\nname = \"{}\"\n[[port]]\nname = \"p\"\ndevice = \"net_null0\"\n"
      "addresses = [\"192.0.2.2/24\"]\nexception = \"p0\"\n[[listener]]\nname = \"l\"\n"
      "address = \"udp:192.0.2.1:5060\"\npool = \"b\"\n[[pool]]\nname = \"b\"\n",
      node);
  for (const std::size_t i : order) {
    text += fmt::format("[[pool.backend]]\nname = \"b{}\"\naddress = \"10.0.{}.{}:5060\"\nweight = {}\n", i,
                        i / 250 + 1, i % 250 + 1, kWeights[i % kWeights.size()]);
  }
  return text;
}

sip::Keyring keyring() {
  sip::Secret placement{};
  sip::Secret token{};
  placement.fill(1);
  token.fill(2);
  return sip::Keyring::derive(placement, {&token, 1});
}

std::unique_ptr<snapshot::Snapshot> snapshot_of(const std::string& text, const snapshot::Snapshot* previous) {
  auto config = config::load_text(text);
  if (!config) {
    fmt::print(stderr, "{}\n", config::format_problem("text", config.error().front()));
    return nullptr;
  }
  snapshot::CounterCells cells;
  auto built = snapshot::build_snapshot(std::make_shared<const config::Config>(std::move(*config)), keyring(), {},
                                        cells, previous);
  if (built) return std::move(*built);
  fmt::print(stderr, "{}\n", built.error().text);
  return nullptr;
}

}  // namespace

TableCost table_cost(std::size_t backends) {
  const auto members = make_members(backends, kWeights);
  const auto table = balance::SlotTable::build(members, steering_key());
  TableCost cost;
  cost.slots = table->size();
  cost.bytes = table->bytes();
  const int trials = backends > 200 ? 1 : 3;
  cost.full_build_ms = least_ms(trials, [&] { balance::SlotTable::build(members, steering_key()); });
  cost.one_joined_ms = derived_ms(make_members(backends + 1, kWeights), *table);
  auto fewer = members;
  fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(backends / 2));
  cost.one_left_ms = derived_ms(fewer, *table);
  auto heavier = members;
  heavier[backends / 2].weight += 50;
  cost.one_weight_rose_ms = derived_ms(heavier, *table);
  auto lighter = members;
  lighter[backends / 2].weight -= 50;
  cost.one_weight_fell_ms = derived_ms(lighter, *table);
  cost.lookup_ns = lookup_ns(*table);
  return cost;
}

bool nodes_agree(std::size_t backends) {
  std::vector<std::size_t> order(backends);
  for (std::size_t i = 0; i < backends; ++i) order[i] = i;
  const auto first = snapshot_of(file_with(order, "lb1"), nullptr);
  if (first == nullptr) return false;
  std::mt19937_64 random(11);  // NOLINT: the same in every run
  for (const bool is_reload : {false, true}) {
    std::ranges::shuffle(order, random);
    const auto other = snapshot_of(file_with(order, "lb2"), is_reload ? first.get() : nullptr);
    if (other == nullptr || other->pools[0].plan.checksum() != first->pools[0].plan.checksum()) return false;
  }
  // By way of a file that lacks one, so that both tables are made from another.
  order.pop_back();
  const auto without = snapshot_of(file_with(order, "lb1"), first.get());
  const auto anew = snapshot_of(file_with(order, "lb2"), nullptr);
  return without != nullptr && anew != nullptr && without->pools[0].plan.checksum() == anew->pools[0].plan.checksum() &&
         without->pools[0].plan.checksum() != first->pools[0].plan.checksum();
}

}  // namespace dialplane::perf
