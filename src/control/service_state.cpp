// SPDX-License-Identifier: Apache-2.0
// Watching workers and pools and judging the service. Control thread.
#include "service_state.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace dialplane::control {

namespace {

WorkerIndex worker_at(std::size_t i) { return WorkerIndex(static_cast<std::uint16_t>(i)); }

/// Grows with every round of a worker, whatever it found and whether or not it has a queue to poll.
std::uint64_t rounds_of(const pipeline::WorkerCounters& counters) {
  return counters.polls.read() + counters.busy_cycles.read() + counters.idle_cycles.read();
}

void put(ServiceState::Verdict& verdict, const std::string& trouble) {
  if (trouble.empty()) return;
  verdict.ok = false;
  verdict.text += trouble + "\n";
}

ServiceState::Verdict finished(ServiceState::Verdict verdict) {
  if (verdict.ok) verdict.text = "ok\n";
  return verdict;
}

double seconds(std::chrono::steady_clock::duration length) { return std::chrono::duration<double>(length).count(); }

}  // namespace

void ServiceState::observe(Time now) {
  if (!seen_.empty() && now - observed_ < kInterval) return;
  const bool is_first = seen_.empty();
  look_at_workers(now);
  observed_ = now;
  // Workers are launched after the first look, which is there for whoever asks before the second.
  if (is_first) return;
  log_workers();
  log_pools();
}

void ServiceState::look_at_workers(Time now) {
  const auto workers = data_plane_.workers();
  const auto latest = publisher_.latest() == nullptr ? 0 : publisher_.latest()->generation;
  seen_.resize(workers.size());
  for (std::size_t i = 0; i < workers.size(); ++i) {
    auto& seen = seen_[i];
    const auto rounds = rounds_of(data_plane_.counters(worker_at(i)));
    const auto generation = publisher_.acknowledged(worker_at(i));
    if (!seen.was_running || rounds != seen.rounds) seen.moved = now;
    if (generation >= latest) {
      seen.behind_since.reset();
    } else if (!seen.behind_since || generation != seen.generation) {
      seen.behind_since = now;
    }
    seen.was_running = workers[i].running;
    seen.rounds = rounds;
    seen.generation = generation;
  }
}

void ServiceState::log_workers() {
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const auto trouble = trouble_of(i);
    if (std::exchange(seen_[i].is_in_trouble, !trouble.empty()) == !trouble.empty()) continue;
    if (trouble.empty()) {
      spdlog::info("{} works again", name_of(i));
    } else {
      spdlog::error("{}", trouble);
    }
  }
}

void ServiceState::log_pools() {
  if (publisher_.latest() == nullptr) return;
  std::set<std::string> empty;
  for (const auto& pool : publisher_.latest()->pools) {
    const bool was_empty = empty_pools_.contains(pool.name);
    if (!pool.any_usable) empty.insert(pool.name);
    if (was_empty == !pool.any_usable) continue;
    if (was_empty) {
      spdlog::info("pool {} has a backend for new dialogs again", pool.name);
    } else {
      spdlog::error("pool {} has no backend for new dialogs: new requests are answered 503", pool.name);
    }
  }
  empty_pools_ = std::move(empty);
}

std::string ServiceState::name_of(std::size_t worker) const {
  return fmt::format("worker {} (CPU {})", worker, data_plane_.workers()[worker].cpu);
}

std::string ServiceState::trouble_of(std::size_t worker) const {
  const auto name = name_of(worker);
  if (!data_plane_.workers()[worker].running) return name + " does not run";
  const auto& seen = seen_[worker];
  if (observed_ - seen.moved >= kStuckAfter) {
    return fmt::format("{} has made no round for {:.1f} s", name, seconds(observed_ - seen.moved));
  }
  if (seen.behind_since && observed_ - *seen.behind_since >= kStuckAfter) {
    return fmt::format("{} has not taken a snapshot for {:.1f} s: it has generation {}, the current one is {}", name,
                       seconds(observed_ - *seen.behind_since), seen.generation, publisher_.latest()->generation);
  }
  return {};
}

ServiceState::Verdict ServiceState::health() const {
  Verdict verdict;
  if (seen_.empty()) put(verdict, "no worker has been looked at yet");
  for (std::size_t i = 0; i < seen_.size(); ++i) put(verdict, trouble_of(i));
  return finished(std::move(verdict));
}

ServiceState::Verdict ServiceState::readiness() const {
  Verdict verdict;
  if (seen_.empty()) put(verdict, "no worker has been looked at yet");
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const auto trouble = trouble_of(i);
    put(verdict, trouble);
    if (trouble.empty() && seen_[i].generation == 0) put(verdict, fmt::format("worker {} has no snapshot yet", i));
  }
  const auto* snapshot = publisher_.latest();
  if (snapshot == nullptr) put(verdict, "no snapshot is published yet");
  if (snapshot == nullptr) return verdict;
  if (snapshot->is_draining) put(verdict, "the node is draining; `node ready` ends that");
  for (const auto& pool : snapshot->pools) {
    if (!pool.any_usable) put(verdict, fmt::format("pool {} has no backend for new dialogs", pool.name));
  }
  return finished(std::move(verdict));
}

}  // namespace dialplane::control
