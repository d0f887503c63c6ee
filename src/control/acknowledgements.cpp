// SPDX-License-Identifier: Apache-2.0
// Polling for acknowledged generations. Control thread.
#include "acknowledgements.hpp"

#include <fmt/format.h>

#include <utility>

namespace dialplane::control {

namespace {
constexpr std::chrono::seconds kLimit{2};
}  // namespace

void Acknowledgements::wait(std::uint64_t generation, Done done) {
  waiting_.push_back({generation, std::chrono::steady_clock::now() + kLimit, std::move(done)});
}

void Acknowledgements::poll(Time now) {
  if (publisher_.held() > 1) publisher_.reclaim();
  if (waiting_.empty()) return;
  const auto workers = data_plane_.workers();
  // A `done` may start the next wait: work on what was there.
  auto waiting = std::exchange(waiting_, {});
  for (auto& entry : waiting) {
    std::vector<WorkerIndex> late;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      const WorkerIndex worker(static_cast<std::uint16_t>(i));
      if (workers[i].running && publisher_.acknowledged(worker) < entry.generation) late.push_back(worker);
    }
    if (late.empty() || now >= entry.deadline) {
      entry.done(late);
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
