// SPDX-License-Identifier: Apache-2.0
// The loop of a worker as in src/dpdk/worker_loop.cpp, without mbufs. Worker threads and test thread.
#include "thread_data_plane.hpp"

#include <algorithm>
#include <chrono>

namespace dialplane::test {

ThreadDataPlane::ThreadDataPlane(std::size_t workers) {
  port_.name = "edge0";
  port_.driver = "threads";
  port_.mac = port_mac(0);
  port_.mtu = 1500;
  port_.link_up = true;
  for (std::size_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<Worker>());
}

ThreadDataPlane::~ThreadDataPlane() { stop(); }

void ThreadDataPlane::launch(snapshot::Publisher& publisher, std::vector<std::string> messages, const Endpoint& client,
                             const Endpoint& listener) {
  stopping_ = false;
  const auto shared = std::make_shared<const std::vector<std::string>>(std::move(messages));
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->running = true;
    publisher.set_running(WorkerIndex(static_cast<std::uint16_t>(i)), true);
    workers_[i]->thread =
        std::thread([this, i, &publisher, shared, client, listener] { run(i, publisher, *shared, client, listener); });
  }
}

void ThreadDataPlane::stop() {
  stopping_ = true;
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void ThreadDataPlane::run(std::size_t index, snapshot::Publisher& publisher, const std::vector<std::string>& messages,
                          Endpoint client, Endpoint listener) {
  auto& worker = *workers_[index];
  const WorkerIndex self(static_cast<std::uint16_t>(index));
  worker.context->index = self;
  std::vector<FrameBuffer> frames;
  for (std::size_t at = index;; at += pipeline::kBatchSize) {
    const auto& snapshot = *publisher.current();
    const auto generation = snapshot.generation;
    worker.context->now_ms = now_ms();
    worker.context->now_us = worker.context->now_ms * 1000;
    auto batch = std::make_unique<pipeline::Batch>();
    frames.clear();
    for (std::size_t i = 0; i < pipeline::kBatchSize; ++i) {
      frames.emplace_back(messages[(at + i) % messages.size()], client, listener, 512);
    }
    for (auto& frame : frames) frame.fill(batch->packets[batch->count++], PortIndex(0));
    worker.context->counters.sources.add(pipeline::Source::kReceived, batch->count);
    pipeline::process(*batch, *worker.context, snapshot);
    for (std::size_t i = 0; i < batch->count; ++i) end_packet(worker, batch->packets[i], snapshot);
    pipeline::expire(*worker.context);
    publisher.acknowledge(self, generation);
    if (stopping_) break;
  }
  publisher.set_running(self, false);
  worker.running = false;
}

void ThreadDataPlane::end_packet(Worker& worker, const pipeline::Packet& packet, const snapshot::Snapshot& snapshot) {
  using Kind = pipeline::Verdict::Kind;
  ++worker.ended;
  if (packet.verdict.kind == Kind::kReply) {
    pipeline::count_terminal(*worker.context, pipeline::Terminal::kAnswered);
    return;
  }
  if (packet.verdict.kind != Kind::kForward) return;
  pipeline::count_terminal(*worker.context, pipeline::Terminal::kForwarded);
  net::FrameView frame;
  net::parse_frame(packet.bytes(), frame);
  const bool is_backend = std::ranges::any_of(
      snapshot.pools, [&](const snapshot::Pool& pool) { return pool.find(frame.destination) != kNoIndex; });
  if (is_backend) {
    ++worker.forwarded;
  } else {
    worker.trouble = "forwarded to " + frame.destination.to_string() + ", which is no backend";
  }
}

std::uint64_t ThreadDataPlane::ended() const {
  std::uint64_t total = 0;
  for (const auto& worker : workers_) total += worker->ended;
  return total;
}

std::uint64_t ThreadDataPlane::forwarded() const {
  std::uint64_t total = 0;
  for (const auto& worker : workers_) total += worker->forwarded;
  return total;
}

std::string ThreadDataPlane::trouble() const {
  for (const auto& worker : workers_) {
    if (!worker->trouble.empty()) return worker->trouble;
  }
  return {};
}

std::vector<pipeline::WorkerStatus> ThreadDataPlane::workers() const {
  std::vector<pipeline::WorkerStatus> statuses;
  for (const auto& worker : workers_) statuses.push_back({0, worker->running});
  return statuses;
}

std::vector<std::pair<PortIndex, IpAddress>> ThreadDataPlane::take_unresolved() {
  std::vector<std::pair<PortIndex, IpAddress>> all;
  for (const auto& worker : workers_) {
    while (const auto entry = worker->context->unresolved.pop()) all.push_back(*entry);
  }
  return all;
}

std::uint64_t ThreadDataPlane::now_ms() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace dialplane::test
