// SPDX-License-Identifier: Apache-2.0
// Places every key before and after a change, and counts. Main thread.
#include "figures.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <unordered_map>

namespace dialplane::perf {
namespace {

constexpr int kTrials = 5;
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

/// How far the worst of `members` is from its weight's share of `ids`, of those that are due at least `least_due`.
double worst_of(std::span<const balance::Member> members, std::span<const std::uint32_t> ids, double least_due) {
  const auto counts = count(ids);
  double all_weights = 0;
  for (const balance::Member& member : members) all_weights += member.weight;
  double worst = 0;
  for (const balance::Member& member : members) {
    const double due = member.weight / all_weights;
    if (due < least_due) continue;
    const auto found = counts.find(member.id.value);
    const double got = found == counts.end() ? 0 : static_cast<double>(found->second) / static_cast<double>(ids.size());
    worst = std::max(worst, std::abs(got / due - 1));
  }
  return worst;
}

/// The same for all members of a weight together.
double worst_weight_of(std::span<const balance::Member> members, std::span<const std::uint32_t> ids) {
  std::vector<balance::Member> weights;
  std::unordered_map<std::uint32_t, std::uint32_t> weight_of;
  for (const balance::Member& member : members) {
    weight_of[member.id.value] = member.weight;
    const auto known = std::ranges::find(weights, BackendId{member.weight}, &balance::Member::id);
    if (known != weights.end()) {
      known->weight += member.weight;
    } else {
      weights.push_back({BackendId{member.weight}, member.weight});
    }
  }
  std::vector<std::uint32_t> got;
  for (const std::uint32_t id : ids) got.push_back(weight_of[id]);
  return worst_of(weights, got, 0);
}

WeightError error_of(std::span<const balance::Member> members, std::span<const std::uint32_t> owners,
                     std::span<const std::uint32_t> ids) {
  constexpr double kPercent = 0.01;
  return {worst_weight_of(members, ids), worst_of(members, ids, 0), worst_of(members, owners, 0),
          worst_of(members, owners, kPercent)};
}

}  // namespace

double peak(SchemeKind kind, std::size_t backends, std::span<const Key> keys) {
  const auto scheme = make_scheme(kind, make_members(backends, kEqual));
  return peak_of(place_all(*scheme, keys), backends);
}

double peak_by_chance(std::size_t backends, std::size_t slots, std::size_t keys) {
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
  const auto fill = kind == SchemeKind::kMaglev ? balance::Fill::kMaglev : balance::Fill::kRendezvous;
  const auto table = balance::SlotTable::build({members, steering_key(), 0, fill}, nullptr);
  std::vector<std::uint32_t> owners(table->size());
  for (std::size_t slot = 0; slot < owners.size(); ++slot) owners[slot] = members[table->choices(slot).first].id.value;
  return error_of(members, owners, place_all(*make_scheme(kind, members), keys));
}

WeightError weight_error_by_chance(std::size_t backends, std::size_t slots, std::size_t keys) {
  const auto members = make_members(backends, kFourWeights);
  std::vector<double> weights;
  for (const balance::Member& member : members) weights.push_back(member.weight);
  std::discrete_distribution<std::size_t> by_weight(weights.begin(), weights.end());
  std::mt19937_64 random(7);  // NOLINT: the same in every run
  WeightError sum;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<std::uint32_t> owners(slots);
    for (std::uint32_t& owner : owners) owner = members[by_weight(random)].id.value;
    std::vector<std::uint32_t> ids(keys);
    for (std::uint32_t& id : ids) id = owners[random() % slots];
    const WeightError one = error_of(members, owners, ids);
    sum.of_a_weight += one.of_a_weight / kTrials;
    sum.of_a_backend += one.of_a_backend / kTrials;
    sum.of_slots_of_one += one.of_slots_of_one / kTrials;
    sum.of_slots_of_a_percent += one.of_slots_of_a_percent / kTrials;
  }
  return sum;
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
