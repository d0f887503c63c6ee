// SPDX-License-Identifier: Apache-2.0
// Wires environment, ports and loops for one measurement.
#include "run.hpp"

#include "eal.hpp"
#include "port.hpp"
#include "traffic.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_pause.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace dialplane::gen {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) { g_interrupted.store(true, std::memory_order_relaxed); }

/// What one loop does; either part may be absent.
struct Job {
  Sender* sender = nullptr;
  Receiver* receiver = nullptr;
  const std::atomic<bool>* stop_sending = nullptr;
  const std::atomic<bool>* stop = nullptr;
};

int run_loop(void* argument) {
  const auto& job = *static_cast<const Job*>(argument);
  if (job.sender != nullptr) job.sender->start(rte_rdtsc(), rte_get_tsc_hz());
  while (!job.stop->load(std::memory_order_relaxed)) {
    if (job.sender != nullptr && !job.stop_sending->load(std::memory_order_relaxed)) job.sender->step(rte_rdtsc());
    if (job.receiver != nullptr) job.receiver->step();
    rte_pause();
  }
  if (job.sender != nullptr) job.sender->finish();
  return 0;
}

/// Everything a measurement holds, in the order in which it must end.
struct Bench {
  std::unique_ptr<Eal> eal;
  std::optional<PacketPool> pool;
  std::unique_ptr<Port> tx;
  std::unique_ptr<Port> rx_own;
  Port* rx = nullptr;
  std::unique_ptr<Sender> sender;
  std::unique_ptr<Receiver> receiver;
};

Result<void> open_ports(Bench& bench, const RunOptions& options) {
  EalOptions eal_options{options.main_cpu, options.cpus, options.hugepages, 512, options.eal};
  auto eal = Eal::start(eal_options);
  if (!eal) return tl::unexpected(eal.error());
  bench.eal = std::move(*eal);
  auto pool = PacketPool::make(options.buffers);
  if (!pool) return tl::unexpected(pool.error());
  bench.pool.emplace(std::move(*pool));
  if (!options.tx.empty()) {
    auto port = Port::open(options.tx, *bench.pool, options.mtu);
    if (!port) return tl::unexpected(port.error());
    bench.tx = std::move(*port);
  }
  if (!options.receive) return {};
  bench.rx = bench.tx.get();
  if (!options.rx.empty() && options.rx != options.tx) {
    auto port = Port::open(options.rx, *bench.pool, options.mtu);
    if (!port) return tl::unexpected(port.error());
    bench.rx_own = std::move(*port);
    bench.rx = bench.rx_own.get();
  }
  return {};
}

void print_live(const Bench& bench, std::uint64_t& last_sent, std::uint64_t& last_received) {
  const auto sent = bench.sender ? bench.sender->sent.get() : 0;
  const auto received = bench.receiver ? bench.receiver->frames.get() : 0;
  fmt::print(stderr, "sent {}/s, received {}/s, of ours {} in all\n", sent - last_sent, received - last_received,
             bench.receiver ? bench.receiver->stamped.get() : 0);
  last_sent = sent;
  last_received = received;
}

/// Waits until sending is over and returns how long it took.
double wait_for_end(const Bench& bench, const RunOptions& options) {
  const auto start = Clock::now();
  auto next_line = start + std::chrono::seconds(1);
  std::uint64_t last_sent = 0;
  std::uint64_t last_received = 0;
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  while (Clock::now() < end && !g_interrupted.load(std::memory_order_relaxed)) {
    if (bench.sender && bench.sender->is_done()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (options.live && Clock::now() >= next_line) {
      print_live(bench, last_sent, last_received);
      next_line += std::chrono::seconds(1);
    }
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void run_loops(const Bench& bench, const RunOptions& options, double& seconds) {
  std::atomic<bool> stop_sending{false};
  std::atomic<bool> stop{false};
  const auto is_split = options.cpus.size() > 1 && bench.sender && bench.receiver;
  Job first{bench.sender.get(), is_split ? nullptr : bench.receiver.get(), &stop_sending, &stop};
  Job second{nullptr, bench.receiver.get(), &stop_sending, &stop};
  // The receiver first, so that nothing is sent to a deaf port.
  if (is_split) rte_eal_remote_launch(run_loop, &second, 2);
  rte_eal_remote_launch(run_loop, &first, 1);
  seconds = wait_for_end(bench, options);
  stop_sending.store(true, std::memory_order_relaxed);
  // Also without a receiver of our own: closing a port takes along what its peer has not fetched yet.
  if (bench.sender) std::this_thread::sleep_for(std::chrono::duration<double>(options.drain_seconds));
  stop.store(true, std::memory_order_relaxed);
  rte_eal_mp_wait_lcore();
}

SendReport report_sender(const Bench& bench, const RunOptions& options, const CorpusOptions& corpus_options,
                         const Corpus& corpus, std::uint64_t start_tsc) {
  SendReport report;
  report.device = options.tx;
  report.profile = profile_name(corpus_options.profile);
  report.seed = corpus_options.seed;
  report.corpus_frames = corpus.size();
  report.stamped = corpus.is_stamped();
  report.asked_per_s = options.rate;
  report.seconds = static_cast<double>(bench.sender->last_tsc() - start_tsc) / static_cast<double>(rte_get_tsc_hz());
  report.sent = bench.sender->sent.get();
  report.bytes = bench.sender->bytes.get();
  report.refused = bench.sender->refused.get();
  report.no_buffer = bench.sender->no_buffer.get();
  report.late = bench.sender->late.get();
  return report;
}

ReceiveReport report_receiver(const Bench& bench, const RunOptions& options, double seconds) {
  const auto& receiver = *bench.receiver;
  ReceiveReport report;
  report.device = options.rx.empty() ? options.tx : options.rx;
  report.seconds = seconds;
  report.frames = receiver.frames.get();
  report.bytes = receiver.bytes.get();
  report.stamped = receiver.stamped.get();
  report.distinct = receiver.distinct.get();
  report.foreign = receiver.foreign.get();
  report.requests = receiver.requests.get();
  report.missed = bench.rx->missed();
  for (std::size_t i = 0; i < report.classes.size(); ++i) report.classes[i] = receiver.classes[i].get();
  report.latency_ns = receiver.latency_ns;
  return report;
}

}  // namespace

Result<Report> run_traffic(const RunOptions& options, const CorpusOptions& corpus_options) {
  std::optional<Corpus> corpus;
  if (!options.tx.empty()) {
    auto built = Corpus::build(corpus_options);
    if (!built) return tl::unexpected(built.error());
    corpus.emplace(std::move(*built));
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  Bench bench;
  if (auto opened = open_ports(bench, options); !opened) return tl::unexpected(opened.error());
  const auto run = static_cast<std::uint16_t>(rte_rdtsc() >> 20);
  if (corpus) {
    bench.sender = std::make_unique<Sender>(
        SendPlan{&*corpus, bench.tx->id(), bench.pool->get(), run, options.rate, options.frames});
  }
  if (bench.rx != nullptr) {
    bench.receiver = std::make_unique<Receiver>(bench.rx->id(), run, !corpus, rte_get_tsc_hz());
  }
  double seconds = 0;
  const auto start_tsc = rte_rdtsc();
  run_loops(bench, options, seconds);
  Report report;
  if (bench.sender) report.send = report_sender(bench, options, corpus_options, *corpus, start_tsc);
  if (bench.receiver) report.receive = report_receiver(bench, options, seconds);
  return report;
}

}  // namespace dialplane::gen
