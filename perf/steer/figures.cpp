// SPDX-License-Identifier: Apache-2.0
// Places every key before and after a change, and counts. Main thread.
#include "figures.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <unordered_map>

namespace dialplane::perf {
namespace {

constexpr std::array<std::uint32_t, 1> kEqual = {100};
constexpr std::array<std::uint32_t, 4> kFourWeights = {100, 200, 300, 400};

std::vector<std::uint32_t> place_all(Scheme& scheme, std::span<const Key> keys) {
  std::vector<std::uint32_t> ids;
  ids.reserve(keys.size());
  for (const Key& key : keys) ids.push_back(scheme.place(key));
  return ids;
}

std::unordered_map<std::uint32_t, std::size_t> count(std::span<const std::uint32_t> ids) {
  std::unordered_map<std::uint32_t, std::size_t> counts;
  for (const std::uint32_t id : ids) ++counts[id];
  return counts;
}

double peak_of(std::span<const std::uint32_t> ids, std::size_t backends) {
  std::size_t most = 0;
  for (const auto& [id, calls] : count(ids)) most = std::max(most, calls);
  return static_cast<double>(most) * static_cast<double>(backends) / static_cast<double>(ids.size());
}

/// `changed` came or went: its keys have to move and no others.
Moved moved(std::span<const std::uint32_t> before, std::span<const std::uint32_t> after, std::uint32_t changed,
            std::size_t backends_after) {
  std::size_t own = 0;
  std::size_t needless = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool concerns = before[i] == changed || after[i] == changed;
    own += concerns ? 1 : 0;
    needless += !concerns && before[i] != after[i] ? 1 : 0;
  }
  const auto all = static_cast<double>(before.size());
  return {static_cast<double>(own) / all, static_cast<double>(needless) / all, peak_of(after, backends_after)};
}

std::vector<std::size_t> some_positions(std::size_t backends) { return {0, backends / 2, backends - 1}; }

void keep_worst(Moved& worst, const Moved& one) {
  if (one.needless >= worst.needless) worst.own = one.own;
  worst.needless = std::max(worst.needless, one.needless);
  worst.neighbour = std::max(worst.neighbour, one.neighbour);
}

}  // namespace

double peak(SchemeKind kind, std::size_t backends, std::span<const Key> keys) {
  const auto scheme = make_scheme(kind, make_members(backends, kEqual));
  return peak_of(place_all(*scheme, keys), backends);
}

double peak_by_chance(std::size_t backends, std::size_t slots, std::size_t keys) {
  constexpr int kTrials = 5;
  std::mt19937_64 random(7);  // NOLINT: the same in every run
  double sum = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<std::uint32_t> owners(slots);
    for (std::uint32_t& owner : owners) owner = static_cast<std::uint32_t>(random() % backends);
    std::vector<std::uint32_t> ids(keys);
    for (std::uint32_t& id : ids)
      id = slots == 0 ? static_cast<std::uint32_t>(random() % backends) : owners[random() % slots];
    sum += peak_of(ids, backends);
  }
  return sum / kTrials;
}

WeightError weight_error(SchemeKind kind, std::size_t backends, std::span<const Key> keys) {
  const auto members = make_members(backends, kFourWeights);
  const auto scheme = make_scheme(kind, members);
  const auto counts = count(place_all(*scheme, keys));
  double all_weights = 0;
  for (const balance::Member& member : members) all_weights += member.weight;
  WeightError worst;
  std::unordered_map<std::uint32_t, std::pair<double, double>> by_weight;  // got, due
  for (const balance::Member& member : members) {
    const double due = static_cast<double>(keys.size()) * member.weight / all_weights;
    const auto found = counts.find(member.id.value);
    const double got = found == counts.end() ? 0 : static_cast<double>(found->second);
    worst.of_a_backend = std::max(worst.of_a_backend, std::abs(got / due - 1));
    by_weight[member.weight].first += got;
    by_weight[member.weight].second += due;
  }
  for (const auto& [weight, sums] : by_weight) {
    worst.of_a_weight = std::max(worst.of_a_weight, std::abs(sums.first / sums.second - 1));
  }
  return worst;
}

Moved one_leaves(SchemeKind kind, std::size_t backends, std::span<const Key> keys) {
  const auto members = make_members(backends, kEqual);
  const auto before = place_all(*make_scheme(kind, members), keys);
  Moved worst;
  for (const std::size_t gone : some_positions(backends)) {
    auto fewer = members;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(gone));
    const auto after = place_all(*make_scheme(kind, fewer), keys);
    keep_worst(worst, moved(before, after, members[gone].id.value, fewer.size()));
  }
  return worst;
}

Moved one_joins(SchemeKind kind, std::size_t backends, std::span<const Key> keys) {
  const auto more = make_members(backends + 1, kEqual);
  const std::span<const balance::Member> members(more.data(), backends);
  const auto before = place_all(*make_scheme(kind, members), keys);
  const auto after = place_all(*make_scheme(kind, more), keys);
  return moved(before, after, more.back().id.value, more.size());
}

Moved one_fails(SchemeKind kind, std::size_t backends, std::span<const Key> keys) {
  const auto members = make_members(backends, kEqual);
  const auto before = place_all(*make_scheme(kind, members), keys);
  Moved worst;
  for (const std::size_t dead : some_positions(backends)) {
    const auto scheme = make_scheme(kind, members);
    scheme->fail(dead);
    keep_worst(worst, moved(before, place_all(*scheme, keys), members[dead].id.value, backends - 1));
  }
  return worst;
}

}  // namespace dialplane::perf
