// SPDX-License-Identifier: Apache-2.0
// Open-loop sender and counting receiver: what the generator's loops run. Each object belongs to one loop; its counts
// may be read by the main thread at any time, its histogram after the loop ended.
#pragma once

#include "arrivals.hpp"
#include "corpus.hpp"
#include "histogram.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

struct rte_mempool;
struct rte_mbuf;

namespace dialplane::gen {

/// A number with one writer and any readers.
class Count {
 public:
  void add(std::uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct SendPlan {
  const Corpus* corpus = nullptr;
  std::uint16_t port = 0;
  rte_mempool* pool = nullptr;
  std::uint16_t run = 0;
  double frames_per_s = 0;  ///< 0: as fast as the port takes them
  std::uint64_t limit = 0;  ///< frames to send; 0: no limit
};

/// Sends by the clock alone: a slow answer never slows the next message. A frame that the port does not take when it
/// is due is counted as refused and not repeated (without a rate it is kept until the port takes it).
class Sender {
 public:
  explicit Sender(const SendPlan& plan) noexcept : plan_(plan) {}
  void start(std::uint64_t now_tsc, std::uint64_t tsc_hz) noexcept;
  /// Sends what is due, at most one burst. Thread: its loop.
  void step(std::uint64_t now_tsc) noexcept;
  /// True once the limit is reached.
  [[nodiscard]] bool is_done() const noexcept { return plan_.limit != 0 && planned_ >= plan_.limit; }
  /// When the last frame was handed to the port, in ticks; start() before the first.
  [[nodiscard]] std::uint64_t last_tsc() const noexcept { return last_tsc_; }
  /// Frees what the port has not taken. Thread: its loop, at its end.
  void finish() noexcept;

  Count sent;       ///< taken by the port
  Count bytes;      ///< of these, Ethernet headers included, no FCS
  Count refused;    ///< due, but not taken by the port
  Count no_buffer;  ///< due, but no packet buffer was free
  Count late;       ///< sent more than a millisecond after they were due

 private:
  static constexpr std::size_t kBurst = 32;
  [[nodiscard]] std::size_t count_due(std::uint64_t now_tsc) const noexcept;
  bool render(std::size_t count, std::uint64_t now_tsc) noexcept;
  void transmit() noexcept;

  SendPlan plan_;
  std::uint64_t start_tsc_ = 0;
  std::uint64_t last_tsc_ = 0;
  std::uint64_t late_ticks_ = 0;
  double ticks_per_frame_ = 0;
  std::uint64_t planned_ = 0;  ///< frames that were due so far; the next sequence number
  std::size_t next_frame_ = 0;
  std::uint16_t round_ = 0;
  std::array<rte_mbuf*, kBurst> pending_{};
  std::size_t pending_count_ = 0;
};

/// Counts what arrives, finds stamps, and measures from when a message was due to when it came.
class Receiver {
 public:
  /// `any_run`: stamps of every run count, for a receiver in another process.
  Receiver(std::uint16_t port, std::uint16_t run, bool any_run, std::uint64_t tsc_hz);
  /// Receives at most one burst. Thread: its loop.
  void step() noexcept;

  Count frames;
  Count bytes;
  Count stamped;                 ///< with a stamp of the run
  Count distinct;                ///< different messages among the stamped
  Count foreign;                 ///< stamp of another run, or none
  Count requests;                ///< stamped ones that are requests: forwarded, not answered
  std::array<Count, 7> classes;  ///< stamped responses by class, 1 to 6
  Histogram latency_ns;          ///< first arrival of each message

 private:
  static constexpr std::size_t kBurst = 64;
  void take(const rte_mbuf& packet, std::uint64_t now_tsc) noexcept;

  std::uint16_t port_;
  std::uint16_t run_;
  bool any_run_;
  double ns_per_tick_;
  Arrivals arrivals_;
};

}  // namespace dialplane::gen
