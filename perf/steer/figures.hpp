// SPDX-License-Identifier: Apache-2.0
// What is measured of a scheme: evenness, weights, what moves. Main thread.
#pragma once

#include "schemes.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace dialplane::perf {

/// Calls of the busiest backend, as a multiple of the average.
double peak(SchemeKind kind, std::size_t backends, std::span<const Key> keys);
/// The same where every slot, or without slots every key, goes wherever chance wills; the mean of some trials.
double peak_by_chance(std::size_t backends, std::size_t slots, std::size_t keys);

/// How far from their weights backends of the weights 100 to 400 are. Units: a share of what is due.
struct WeightError {
  double of_a_weight = 0;            ///< calls: the worst of the four weights, all their backends together
  double of_a_backend = 0;           ///< calls: the worst backend
  double of_slots_of_one = 0;        ///< slots: the worst backend
  double of_slots_of_a_percent = 0;  ///< slots: the worst backend that is due a hundredth of them
};
WeightError weight_error(SchemeKind kind, std::size_t backends, std::span<const Key> keys);
/// The same where chance deals the slots by weight, and the keys to them; the mean of some trials.
WeightError weight_error_by_chance(std::size_t backends, std::size_t slots, std::size_t keys);

/// What moves without need. Units: a share of all keys.
struct Moved {
  double own = 0;        ///< the share of the one that came or went
  double needless = 0;   ///< moved beyond that
  double neighbour = 0;  ///< busiest backend afterwards, as a multiple of the average
};
/// The worst of a few members that leave the file.
Moved one_leaves(SchemeKind kind, std::size_t backends, std::span<const Key> keys);
Moved one_joins(SchemeKind kind, std::size_t backends, std::span<const Key> keys);
/// The worst of a few members that stay in the file and are found dead.
Moved one_fails(SchemeKind kind, std::size_t backends, std::span<const Key> keys);

}  // namespace dialplane::perf
