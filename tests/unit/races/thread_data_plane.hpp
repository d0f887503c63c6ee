// SPDX-License-Identifier: Apache-2.0
// A data plane of std::thread workers: real snapshots, real pipeline, real counters; the ports are generated messages.
// Test code.
#pragma once

#include "pipeline_fixture.hpp"

#include "dialplane/pipeline/data_plane.hpp"
#include "dialplane/snapshot/publisher.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace dialplane::test {

class ThreadDataPlane final : public pipeline::DataPlane {
 public:
  explicit ThreadDataPlane(std::size_t workers);
  ~ThreadDataPlane() override;

  /// Lets the workers loop over `messages`, sent from `client` to `listener`, until stop().
  void launch(snapshot::Publisher& publisher, std::vector<std::string> messages, const Endpoint& client,
              const Endpoint& listener);
  void stop();
  /// Packets that ended in some terminal, and those among them that were forwarded to a backend of the snapshot they
  /// were steered by. Thread: any, after stop().
  [[nodiscard]] std::uint64_t ended() const;
  [[nodiscard]] std::uint64_t forwarded() const;
  /// What a worker found wrong; empty: nothing. After stop().
  [[nodiscard]] std::string trouble() const;

  [[nodiscard]] std::vector<pipeline::PortStatus> ports() const override { return {port_}; }
  [[nodiscard]] std::vector<pipeline::WorkerStatus> workers() const override;
  [[nodiscard]] const pipeline::WorkerCounters& counters(WorkerIndex worker) const override {
    return workers_[worker.value]->context->counters;
  }
  std::size_t drain_punted(std::size_t, const std::function<void(PortIndex, pipeline::PuntLane, ByteSpan)>&) override {
    return 0;
  }
  bool inject(PortIndex, ByteSpan) override { return false; }
  bool originate(PortIndex, ByteSpan) override { return false; }
  std::vector<std::pair<PortIndex, IpAddress>> take_unresolved() override;
  [[nodiscard]] std::uint64_t now_ms() const override;
  [[nodiscard]] Buffers buffers() const override { return {1, 1}; }

 private:
  struct Worker {
    std::unique_ptr<pipeline::WorkerContext> context = std::make_unique<pipeline::WorkerContext>();
    std::atomic<bool> running{false};
    std::uint64_t ended = 0;
    std::uint64_t forwarded = 0;
    std::string trouble;
    std::thread thread;
  };
  void run(std::size_t index, snapshot::Publisher& publisher, const std::vector<std::string>& messages, Endpoint client,
           Endpoint listener);
  static void end_packet(Worker& worker, const pipeline::Packet& packet, const snapshot::Snapshot& snapshot);

  pipeline::PortStatus port_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<bool> stopping_{false};
};

}  // namespace dialplane::test
