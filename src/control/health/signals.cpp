// SPDX-License-Identifier: Apache-2.0
// The thresholds of passive health. Control thread.
#include "signals.hpp"

#include <algorithm>

namespace dialplane::control {

namespace {

/// Below this a second says nothing.
constexpr std::uint64_t kFewestRequests = 10;
constexpr std::uint64_t kMostUnheard = 8;
constexpr double kLeastResponses = 0.5;
constexpr double kMostRetransmissions = 0.2;
/// First responses this much slower than usual, and slow by themselves: beyond T1 clients begin to retransmit.
constexpr double kSlowerThanUsual = 4;
constexpr double kSlowUs = 500'000;
constexpr double kWeightOfOneSecond = 0.05;

}  // namespace

std::optional<std::string_view> TrafficSignals::look(const TrafficFigures& now) {
  const auto before = before_;
  const bool is_first = !has_before_;
  before_ = now;
  has_before_ = true;
  if (is_first) return std::nullopt;
  const auto requests = now.requests - std::min(before.requests, now.requests);
  const auto responses = now.responses - std::min(before.responses, now.responses);
  const auto repeated = now.retransmissions - std::min(before.retransmissions, now.retransmissions);
  const double latency = now.latency_us;
  const double usual = usual_latency_us_;
  if (latency > 0) usual_latency_us_ += (latency - usual) * (usual == 0 ? 1 : kWeightOfOneSecond);
  if (responses == 0 && now.unheard >= kMostUnheard && requests > 0) return "nothing comes from it";
  if (requests < kFewestRequests) return std::nullopt;
  const auto share = [&](std::uint64_t part) { return static_cast<double>(part) / static_cast<double>(requests); };
  if (share(responses) < kLeastResponses) return "few responses";
  if (share(repeated) > kMostRetransmissions) return "many retransmissions";
  if (usual > 0 && latency > kSlowUs && latency > kSlowerThanUsual * usual) return "slow first responses";
  return std::nullopt;
}

}  // namespace dialplane::control
