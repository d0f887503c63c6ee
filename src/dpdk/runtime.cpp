// SPDX-License-Identifier: Apache-2.0
// EAL, pool, ports and workers, put together and taken apart again in order. Control thread.
#include "dialplane/dpdk/runtime.hpp"

#include "clock.hpp"
#include "eal.hpp"
#include "eal_arguments.hpp"
#include "mempool.hpp"
#include "plan.hpp"
#include "port.hpp"
#include "signal_guard.hpp"
#include "worker.hpp"

#include <fmt/format.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mempool.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

namespace dialplane::dpdk {
namespace {

using pipeline::PuntLane;

/// Longest wait for workers to leave their loops; what is left of a second is for the ports.
constexpr std::chrono::milliseconds kJoinTime{600};

int run_worker(void* worker) {
  static_cast<Worker*>(worker)->run();
  return 0;
}

class DpdkRuntime final : public Runtime {
 public:
  ~DpdkRuntime() override { stop(); }

  Result<void> set_up(const config::Config& config, std::span<const std::string> extra, std::string& eal_line);
  Result<void> launch(snapshot::Publisher& publisher) override;
  void stop() override;

  [[nodiscard]] std::vector<pipeline::PortStatus> ports() const override;
  [[nodiscard]] std::vector<pipeline::WorkerStatus> workers() const override;
  [[nodiscard]] const pipeline::WorkerCounters& counters(WorkerIndex worker) const override {
    return workers_.at(worker.value)->context->counters;
  }
  std::size_t drain_punted(std::size_t budget, const PuntRings::Take& take) override;
  bool inject(PortIndex port, ByteSpan frame) override { return hand_down(port, frame, pipeline::Terminal::kInjected); }
  bool originate(PortIndex port, ByteSpan frame) override {
    return hand_down(port, frame, pipeline::Terminal::kOriginated);
  }
  std::vector<std::pair<PortIndex, IpAddress>> take_unresolved() override;
  [[nodiscard]] std::uint64_t now_ms() const override { return time_us(rte_rdtsc(), cycles_per_us()) / 1000; }
  [[nodiscard]] Buffers buffers() const override;

 private:
  Result<void> make_workers(const config::Config& config);
  Result<void> connect_worker(Worker& worker);
  bool join_workers();
  bool hand_down(PortIndex port, ByteSpan frame, pipeline::Terminal terminal);

  // Destroyed from the last to the first: rings and ports need EAL.
  std::unique_ptr<Eal> eal_;
  rte_mempool* pool_ = nullptr;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<std::unique_ptr<FrameRing>> handoffs_;
  std::vector<std::shared_ptr<Worker>> workers_;
  snapshot::Publisher* publisher_ = nullptr;
  bool running_ = false;
  std::size_t next_punt_worker_ = 0;
};

Result<void> DpdkRuntime::set_up(const config::Config& config, std::span<const std::string> extra,
                                 std::string& eal_line) {
  if (config.runtime.worker_cpus.empty() || config.runtime.worker_cpus.size() > kMaxWorkers)
    return fail(fmt::format("runtime.worker_cpus must name 1 to {} CPUs", kMaxWorkers));
  if (config.ports.empty() || config.ports.size() > kMaxPorts)
    return fail(fmt::format("there must be 1 to {} ports", kMaxPorts));
  const SignalGuard no_signals;
  auto eal = Eal::start(config, extra);
  if (!eal) return tl::unexpected(eal.error());
  eal_ = std::move(*eal);
  eal_line = eal_->line();

  auto pool = make_packet_pool(config.runtime.mbufs, data_room(largest_mtu(config)));
  if (!pool) return tl::unexpected(pool.error());
  pool_ = *pool;

  const std::size_t worker_count = config.runtime.worker_cpus.size();
  std::size_t queues = 0;
  for (const auto& settings : config.ports) {
    auto port = Port::probe(settings, worker_count);
    if (!port) return tl::unexpected(port.error());
    queues += (*port)->queues().size();
    ports_.push_back(std::move(*port));
  }
  const auto length = descriptors(config.runtime.mbufs, queues, worker_count);
  if (length == 0)
    return fail(fmt::format("runtime.mbufs = {} is too small for {} queues and {} workers; at least {} are needed",
                            config.runtime.mbufs, queues, worker_count,
                            reserved_buffers(worker_count) + queues * kFewestDescriptors * 4));
  if (auto made = make_workers(config); !made) return made;
  for (auto& port : ports_)
    if (auto started = port->start(*pool_, length); !started) return started;
  return {};
}

Result<void> DpdkRuntime::make_workers(const config::Config& config) {
  const auto& cpus = config.runtime.worker_cpus;
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    auto worker = std::make_shared<Worker>(WorkerIndex(static_cast<std::uint16_t>(i)), cpus[i], *pool_);
    worker->idle = config.runtime.idle;
    worker->shares_cpu = cpus[i] == config.runtime.main_cpu || std::count(cpus.begin(), cpus.end(), cpus[i]) > 1;
    workers_.push_back(std::move(worker));
  }
  for (auto& worker : workers_)
    if (auto connected = connect_worker(*worker); !connected) return connected;
  return {};
}

Result<void> DpdkRuntime::connect_worker(Worker& worker) {
  if (auto made = worker.punt.make(worker.index); !made) return made;
  worker.context->next_ip_id = worker.index.value;
  worker.context->next_fragment_id = worker.index.value;
  worker.context->ip_id_step = static_cast<std::uint16_t>(workers_.size());
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    const PortIndex index(static_cast<std::uint16_t>(p));
    const auto& port = *ports_[p];
    const auto& queues = port.queues();
    worker.exception[p] = port.has_exception();
    for (std::size_t queue = 0; queue < queues.size(); ++queue)
      if (queue_owner(queue, workers_.size()) == worker.index.value) worker.rx.push_back({index, queues[queue]});

    Outlet outlet;
    outlet.used = true;
    outlet.mtu = port.mtu();
    const auto path = tx_path(worker.index.value, queues.size());
    if (path.own) {
      outlet.device = queues[path.queue].device;
      outlet.queue = queues[path.queue].queue;
    } else {
      // Ports may differ in queues, so a worker may need several rings; each has one writer and one reader.
      handoffs_.push_back(
          std::make_unique<FrameRing>(fmt::format("handoff_{}_{}", worker.index.value, p), kHandoffRing));
      auto* handoff = handoffs_.back().get();
      if (!handoff->valid()) return fail(fmt::format("no memory for the rings of worker {}", worker.index.value));
      outlet.ring = handoff;
      workers_[path.through]->handed.push_back(handoff);
    }
    worker.transmitter.connect(index, outlet);
  }
  return {};
}

Result<void> DpdkRuntime::launch(snapshot::Publisher& publisher) {
  if (publisher.latest() == nullptr) return fail("workers cannot start before a snapshot is published");
  publisher_ = &publisher;
  running_ = true;
  for (auto& worker : workers_) {
    worker->publisher = &publisher;
    publisher.set_running(worker->index, true);
    if (const int error = rte_eal_remote_launch(run_worker, worker.get(), worker->lcore()); error != 0) {
      publisher.set_running(worker->index, false);
      return fail(fmt::format("worker {} on CPU {} did not start: error {}", worker->index.value, worker->cpu, -error));
    }
  }
  return {};
}

bool DpdkRuntime::join_workers() {
  for (auto& worker : workers_) worker->ask_to_stop();
  const auto deadline = std::chrono::steady_clock::now() + kJoinTime;
  const auto busy = [](const auto& worker) { return rte_eal_get_lcore_state(worker->lcore()) == RUNNING; };
  while (std::any_of(workers_.begin(), workers_.end(), busy)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (auto& worker : workers_) {
    rte_eal_wait_lcore(worker->lcore());
    publisher_->set_running(worker->index, false);
  }
  return true;
}

void DpdkRuntime::stop() {
  if (eal_ == nullptr) return;
  if (running_ && !join_workers()) {
    // A driver holds a worker. Its memory must stay until the process ends, or the worker would write into nothing.
    fmt::print(stderr, "dpdk: a worker did not stop; its ports stay open until the process ends\n");
    for (auto& port : ports_) static_cast<void>(port.release());
    for (auto& ring : handoffs_) static_cast<void>(ring.release());
    ports_.clear();
    // The list stays for readers of the counters, so it is a copy of the pointers that is never freed.
    static_cast<void>(new std::vector<std::shared_ptr<Worker>>(workers_));
    running_ = false;
    static_cast<void>(eal_.release());
    return;
  }
  running_ = false;
  for (auto& port : ports_) port->stop();
  for (auto& worker : workers_) worker->punt = PuntRings();
  handoffs_.clear();
  pool_ = nullptr;
  eal_.reset();
}

std::vector<pipeline::PortStatus> DpdkRuntime::ports() const {
  std::vector<pipeline::PortStatus> list;
  for (const auto& port : ports_) list.push_back(port->status());
  return list;
}

std::vector<pipeline::WorkerStatus> DpdkRuntime::workers() const {
  std::vector<pipeline::WorkerStatus> list;
  for (const auto& worker : workers_)
    list.push_back({worker->cpu, running_ && rte_eal_get_lcore_state(worker->lcore()) == RUNNING});
  return list;
}

std::size_t DpdkRuntime::drain_punted(std::size_t budget, const PuntRings::Take& take) {
  if (eal_ == nullptr) return 0;
  std::size_t taken = 0;
  // Another worker comes first each time, so that a busy one cannot use up the budget of the rest for ever.
  next_punt_worker_ = (next_punt_worker_ + 1) % workers_.size();
  for (const auto lane : {PuntLane::kCritical, PuntLane::kOther})
    for (std::size_t i = 0; i < workers_.size() && taken < budget; ++i)
      taken += workers_[(next_punt_worker_ + i) % workers_.size()]->punt.drain(lane, budget - taken, take);
  return taken;
}

bool DpdkRuntime::hand_down(PortIndex port, ByteSpan frame, pipeline::Terminal terminal) {
  if (eal_ == nullptr || port.value >= ports_.size()) return false;
  // The owner of one of the port's queues, another for each port, so that no frame crosses two rings.
  const auto queue = port.value % ports_[port.value]->queues().size();
  return workers_[queue_owner(queue, workers_.size())]->punt.inject(*pool_, port, frame, terminal);
}

std::vector<std::pair<PortIndex, IpAddress>> DpdkRuntime::take_unresolved() {
  std::vector<std::pair<PortIndex, IpAddress>> list;
  for (auto& worker : workers_)
    while (auto entry = worker->context->unresolved.pop()) list.push_back(*entry);
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

pipeline::DataPlane::Buffers DpdkRuntime::buffers() const {
  if (pool_ == nullptr) return {};
  return {rte_mempool_avail_count(pool_), pool_->size};
}

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::start(const config::Config& config,
                                                std::span<const std::string> extra_eal_args, std::string& eal_line) {
  auto runtime = std::make_unique<DpdkRuntime>();
  if (auto done = runtime->set_up(config, extra_eal_args, eal_line); !done) return tl::unexpected(done.error());
  return std::unique_ptr<Runtime>(std::move(runtime));
}

}  // namespace dialplane::dpdk
