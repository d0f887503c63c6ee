// SPDX-License-Identifier: Apache-2.0
// A data plane without packets of its own: the test puts punted frames in and takes injected ones out.
#pragma once

#include "dialplane/pipeline/data_plane.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace dialplane::control {

class FakeDataPlane final : public pipeline::DataPlane {
 public:
  FakeDataPlane() : counters_(std::make_unique<pipeline::WorkerCounters>()) {
    pipeline::PortStatus port;
    port.name = "edge0";
    port.driver = "net_null";
    port.devices = {"net_null0"};
    port.mac = *MacAddress::parse("02:00:00:00:09:01");
    port.mtu = 1500;
    port.link_up = true;
    ports_.push_back(port);
    workers_.push_back({0, false});
  }

  [[nodiscard]] std::vector<pipeline::PortStatus> ports() const override { return ports_; }
  [[nodiscard]] std::vector<pipeline::WorkerStatus> workers() const override { return workers_; }
  [[nodiscard]] const pipeline::WorkerCounters& counters(WorkerIndex) const override { return *counters_; }
  std::size_t drain_punted(std::size_t budget,
                           const std::function<void(PortIndex, pipeline::PuntLane, ByteSpan)>& take) override {
    std::size_t count = 0;
    for (; count < budget && !punted_.empty(); ++count) {
      take(PortIndex(0), pipeline::PuntLane::kCritical, punted_.front());
      punted_.pop_front();
    }
    return count;
  }
  bool inject(PortIndex, ByteSpan frame) override {
    injected_.emplace_back(frame.begin(), frame.end());
    return true;
  }
  bool originate(PortIndex, ByteSpan frame) override {
    originated_.emplace_back(frame.begin(), frame.end());
    return true;
  }
  std::vector<std::pair<PortIndex, IpAddress>> take_unresolved() override { return std::exchange(unresolved_, {}); }
  [[nodiscard]] std::uint64_t now_ms() const override { return now_ms_; }
  [[nodiscard]] Buffers buffers() const override { return {100, 128}; }

  std::uint64_t now_ms_ = 1;
  std::vector<pipeline::PortStatus> ports_;
  std::vector<pipeline::WorkerStatus> workers_;
  std::unique_ptr<pipeline::WorkerCounters> counters_;
  std::deque<std::vector<std::uint8_t>> punted_;
  std::vector<std::vector<std::uint8_t>> injected_;
  std::vector<std::vector<std::uint8_t>> originated_;
  std::vector<std::pair<PortIndex, IpAddress>> unresolved_;
};

}  // namespace dialplane::control
