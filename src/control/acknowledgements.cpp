// SPDX-License-Identifier: Apache-2.0
// Polling for acknowledged generations. Control thread.
#include "acknowledgements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dialplane::control {

namespace {
constexpr std::chrono::seconds kLimit{2};
}  // namespace

void Acknowledgements::wait(std::uint64_t generation, Done done) {
  report(generation, [done = std::move(done)](const std::vector<Seen>& workers) {
    std::vector<WorkerIndex> late;
    for (const auto& seen : workers) {
      if (!seen.after) late.push_back(seen.worker);
    }
    done(late);
  });
}

void Acknowledgements::report(std::uint64_t generation, Report report) {
  waiting_.push_back({generation, std::chrono::steady_clock::now(), {}, std::move(report)});
}

void Acknowledgements::look(Waiting& entry, Time now) const {
  const auto workers = data_plane_.workers();
  std::vector<Seen> seen;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (!workers[i].running) continue;
    const WorkerIndex worker(static_cast<std::uint16_t>(i));
    const auto before = std::ranges::find(entry.workers, worker, &Seen::worker);
    if (before != entry.workers.end() && before->after) {
      seen.push_back(*before);
    } else if (publisher_.acknowledged(worker) >= entry.generation) {
      const auto after = std::max(now - entry.began, Time::duration::zero());
      seen.push_back({worker, std::chrono::duration_cast<std::chrono::microseconds>(after)});
    } else {
      seen.push_back({worker, std::nullopt});
    }
  }
  entry.workers = std::move(seen);
}

void Acknowledgements::poll(Time now) {
  if (publisher_.held() > 1) publisher_.reclaim();
  if (waiting_.empty()) return;
  // A `report` may start the next wait: work on what was there.
  auto waiting = std::exchange(waiting_, {});
  for (auto& entry : waiting) {
    look(entry, now);
    const bool is_complete =
        std::ranges::all_of(entry.workers, [](const Seen& seen) { return seen.after.has_value(); });
    if (is_complete || now >= entry.began + kLimit) {
      entry.report(entry.workers);
    } else {
      waiting_.push_back(std::move(entry));
    }
  }
}

std::string name_workers(const std::vector<WorkerIndex>& workers, const pipeline::DataPlane& data_plane) {
  const auto statuses = data_plane.workers();
  std::string text;
  for (const auto worker : workers) {
    if (!text.empty()) text += ", ";
    text += fmt::format("worker {}", worker.value);
    if (worker.value < statuses.size()) text += fmt::format(" (CPU {})", statuses[worker.value].cpu);
  }
  return text;
}

}  // namespace dialplane::control
