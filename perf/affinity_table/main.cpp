// SPDX-License-Identifier: Apache-2.0
// dialplane-affinity: what a look-up and a new entry cost in the affinity table and in rte_hash, with the same keys and
// the same fill. Main thread.
#include "../gen/eal.hpp"
#include "contender.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace dialplane::perf {
namespace {

/// A table has twice the places that are used.
constexpr std::size_t kPlacesPerKey = 2;
/// What is timed at once: long against reading the clock, short against an interruption.
constexpr std::size_t kSlice = 1024;
constexpr std::size_t kSlices = 2048;

/// Random, and the same in every run.
std::uint64_t key_of(std::uint64_t number) noexcept {
  std::uint64_t v = (number + 1) * 0x9e3779b97f4a7c15U;
  v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9U;
  v = (v ^ (v >> 27)) * 0x94d049bb133111ebU;
  return v ^ (v >> 31);
}

double cycles_per_ns() {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  const auto began_cycles = __builtin_ia32_rdtsc();
  while (Clock::now() - began < std::chrono::milliseconds(50)) {
  }
  const auto cycles = __builtin_ia32_rdtsc() - began_cycles;
  return static_cast<double>(cycles) / std::chrono::duration<double, std::nano>(Clock::now() - began).count();
}

/// The median slice, ns a key: others' interruptions lie beyond it.
class Slices {
 public:
  template <class Work>
  void time(std::size_t keys, Work work) {
    const auto began = __builtin_ia32_rdtsc();
    work();
    const auto took = static_cast<double>(__builtin_ia32_rdtsc() - began);
    cycles_.push_back(took / static_cast<double>(keys));
  }
  [[nodiscard]] double median_ns() {
    const auto middle = cycles_.begin() + static_cast<std::ptrdiff_t>(cycles_.size() / 2);
    std::nth_element(cycles_.begin(), middle, cycles_.end());
    static const double ratio = cycles_per_ns();
    return *middle / ratio;
  }

 private:
  std::vector<double> cycles_;
};

struct Cost {
  std::string name;
  double insert_ns = 0;
  double insert_bursts_ns = 0;      ///< 0: it has no such way
  std::array<double, 4> find_ns{};  ///< hit and miss one by one, hit and miss in bursts
  std::size_t bytes = 0;
  std::size_t turned_away = 0;
};

using Make = std::unique_ptr<Contender> (*)(std::size_t places);

std::size_t insert(Contender& table, std::span<const std::uint64_t> keys, bool bursts) {
  if (!bursts) return table.insert(keys);
  std::size_t turned_away = 0;
  for (std::size_t at = 0; at < keys.size(); at += kBurst) {
    const auto burst = keys.subspan(at, std::min(kBurst, keys.size() - at));
    if (!table.prefetch(burst)) throw std::runtime_error("this table cannot be asked for lines ahead");
    turned_away += table.insert(burst);
  }
  return turned_away;
}

/// Fills a table. A small one is filled many times, so that there are enough slices.
std::unique_ptr<Contender> fill(Make make, const std::vector<std::uint64_t>& keys, bool bursts, Cost& cost) {
  Slices slices;
  std::unique_ptr<Contender> table;
  const std::size_t rounds = std::max<std::size_t>(1, kSlices / 10 * kSlice / keys.size() / 2);
  for (std::size_t round = 0; round < rounds; ++round) {
    table.reset();
    table = make(keys.size() * kPlacesPerKey);
    cost.turned_away = 0;
    for (std::size_t at = 0; at < keys.size(); at += kSlice) {
      const auto slice = std::span(keys).subspan(at, std::min(kSlice, keys.size() - at));
      slices.time(slice.size(), [&] { cost.turned_away += insert(*table, slice, bursts); });
    }
  }
  (bursts ? cost.insert_bursts_ns : cost.insert_ns) = slices.median_ns();
  return table;
}

/// Random keys of those that are in the table, or of as many that are not; refuses a table that knows it otherwise.
double find_ns(Contender& table, std::size_t entries, bool hits, bool bursts, std::size_t turned_away) {
  std::vector<std::uint64_t> wanted(kSlice);
  Slices slices;
  std::uint64_t random = 1;
  std::size_t found = 0;
  for (std::size_t i = 0; i < kSlices; ++i) {
    for (std::uint64_t& key : wanted) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      key = key_of((random >> 33) % entries + (hits ? 0 : entries));
    }
    slices.time(kSlice, [&] { found += (bursts ? table.find_bursts(wanted) : table.find_each(wanted)).keys; });
  }
  // A tag of 32 bits may be another's; whoever was turned away is not found.
  const double share = static_cast<double>(found) / (kSlice * kSlices);
  const double lacking = static_cast<double>(turned_away) / static_cast<double>(entries);
  constexpr double kTolerated = 0.001;
  if (hits ? share < 1 - lacking - kTolerated : share > kTolerated) {
    throw std::runtime_error(fmt::format("{} found {:.4f} of the keys", table.name(), share));
  }
  return slices.median_ns();
}

Cost measure(Make make, const std::vector<std::uint64_t>& keys) {
  Cost cost;
  auto table = fill(make, keys, false, cost);
  if (table->prefetch({})) {
    table.reset();
    table = fill(make, keys, true, cost);
  }
  cost.name = table->name();
  cost.bytes = table->bytes();
  std::size_t at = 0;
  for (const bool bursts : {false, true}) {
    for (const bool hits : {true, false}) {
      cost.find_ns[at++] = find_ns(*table, keys.size(), hits, bursts, cost.turned_away);
    }
  }
  return cost;
}

void report(std::size_t entries, unsigned runs) {
  std::vector<std::uint64_t> keys(entries);
  for (std::size_t i = 0; i < entries; ++i) keys[i] = key_of(i);
  fmt::print("\n{} entries in tables for {}, ns a key\n", entries, entries * kPlacesPerKey);
  fmt::print("  {:<16}{:>8}{:>8}{:>14}{:>14}{:>10}{:>15}{:>10}{:>10}\n", "", "hit", "miss", "hit, by 32", "miss, by 32",
             "insert", "insert, by 32", "KiB", "no place");
  for (unsigned run = 0; run < runs; ++run) {
    for (const Make make : {make_own_table, make_dpdk_hash}) {
      const Cost cost = measure(make, keys);
      const auto together =
          cost.insert_bursts_ns == 0 ? std::string("-") : fmt::format("{:.1f}", cost.insert_bursts_ns);
      fmt::print("  {:<16}{:>8.1f}{:>8.1f}{:>14.1f}{:>14.1f}{:>10.1f}{:>15}{:>10}{:>10}\n", cost.name, cost.find_ns[0],
                 cost.find_ns[1], cost.find_ns[2], cost.find_ns[3], cost.insert_ns, together, cost.bytes / 1024,
                 cost.turned_away);
    }
  }
}

int run(int argc, char** argv) {
  std::vector<std::size_t> entries = {1'000, 4'000'000};
  unsigned runs = 3;
  bool no_huge = false;
  CLI::App app("Look-ups and new entries of the affinity table beside rte_hash with lock-free readers.");
  app.add_option("--entries", entries, "numbers of entries, such as 1000,4000000")->delimiter(',');
  app.add_option("--runs", runs, "tables filled of each kind")->check(CLI::Range(1, 100));
  app.add_flag("--no-huge", no_huge, "without reserved huge pages; small pages then slow rte_hash down");
  CLI11_PARSE(app, argc, argv);
  constexpr std::uint32_t kMemory_mb = 1024;
  const auto eal = gen::Eal::start({0, {}, !no_huge, kMemory_mb, {}});
  if (!eal) throw std::runtime_error(eal.error().text);
  for (const std::size_t count : entries) report(count, runs);
  return 0;
}

}  // namespace
}  // namespace dialplane::perf

int main(int argc, char** argv) {
  try {
    return dialplane::perf::run(argc, argv);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "dialplane-affinity: {}\n", problem.what());
    return 1;
  }
}
