// SPDX-License-Identifier: Apache-2.0
// `show health` and `health`: what probes and traffic say of every backend. Control thread.
#include "command.hpp"
#include "health/monitor.hpp"

#include <chrono>

namespace dialplane::control {

namespace {

using Clock = std::chrono::steady_clock;

std::int64_t seconds_since(Clock::time_point since, Clock::time_point now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now - since).count();
}

Json row_of(const CommandContext& context, const WatchedBackend& backend, Clock::time_point now) {
  const auto slash = backend.path.find('/');
  const auto& check = backend.check;
  const auto& counts = backend.counts;
  Json row;
  row["pool"] = backend.path.substr(0, slash);
  row["name"] = backend.path.substr(slash + 1);
  row["observed"] = snapshot::observed_state_name(check.state());
  row["up"] = check.state() != snapshot::ObservedState::kDown;
  row["reason"] = check.reason_text();
  row["since_s"] = seconds_since(check.since(), now);
  row["failures"] = check.failures();
  row["held_s"] = check.held_until() > now ? seconds_since(now, check.held_until()) : 0;
  row["in_panic"] = backend.observed.in_panic;
  row["ramp_ratio"] = static_cast<double>(backend.observed.share) / balance::kWholeShare;
  row["rtt_last_us"] = backend.round_trips.last_us();
  row["rtt_avg_us"] = backend.round_trips.average_us();
  row["rtt_p50_us"] = backend.round_trips.percentile_us(50);
  row["rtt_p99_us"] = backend.round_trips.percentile_us(99);
  row["sent"] = counts.sent;
  row["unsent"] = counts.unsent;
  row["healthy"] = counts.healthy;
  row["unhealthy"] = counts.unhealthy;
  row["silent"] = counts.silent;
  row["late"] = counts.late;
  row["unreachable"] = counts.unreachable;
  row["suspicions"] = counts.suspicions;
  row["suspicion"] = backend.suspicion;
  row["transitions"] = check.transitions();
  row["passive"] = context.health.hears_own_responses(backend) ? "on" : "off: responses return to other nodes";
  return row;
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  const auto now = Clock::now();
  Json rows = Json::array();
  for (const auto& [path, backend] : context.health.all()) rows.push_back(row_of(context, *backend, now));
  return rpc::rows_result(std::move(rows));
}

constexpr std::string_view kHelp = "What probes and traffic say of each backend, and what became of the probes.";

}  // namespace

const Command kShowHealth{"show health", {}, kHelp, run, nullptr};
const Command kHealth{"health", {}, kHelp, run, nullptr};

}  // namespace dialplane::control
