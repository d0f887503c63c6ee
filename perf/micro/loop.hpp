// SPDX-License-Identifier: Apache-2.0
// The loop round every measured function: bursts of packets, as a worker gets them. One thread.
#pragma once

#include "corpus.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace dialplane::micro {

/// Messages handed over at once.
inline constexpr std::size_t kBurst = 32;
/// How many messages ahead prefetch() runs.
inline constexpr std::size_t kPrefetchAhead = 4;

/// Asks for the lines of a message that hold most header sections, so that every program finds them near.
inline void prefetch(std::string_view message) noexcept {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kMost = 12 * kLine;
  const std::size_t end = message.size() < kMost ? message.size() : kMost;
  for (std::size_t at = 0; at < end; at += kLine) __builtin_prefetch(message.data() + at);
}

/// Calls `read(text)` for message after message of the corpus and reports what one message costs in CPU time. `read`
/// returns a number that depends on all it has done, so that nothing is left out; 0 if it refused the message. The same
/// loop serves every program compared.
template <typename Read>
void run_bursts(benchmark::State& state, CorpusKind kind, Read&& read) {
  const auto& corpus = shared_corpus(kind);
  std::uint64_t sum = 0;
  std::uint64_t bytes = 0;
  std::uint64_t refused = 0;
  std::size_t at = 0;
  const auto burst = [&] {
    for (std::size_t i = 0; i < kBurst; ++i) __builtin_prefetch(corpus[at + i].data());
    for (std::size_t i = 0; i < kPrefetchAhead; ++i) prefetch(corpus[at + i]);
    for (std::size_t i = 0; i < kBurst; ++i) {
      if (i + kPrefetchAhead < kBurst) prefetch(corpus[at + i + kPrefetchAhead]);
      const auto text = corpus[at + i];
      const auto result = read(text);
      sum += result;
      refused += result == 0 ? 1U : 0U;
      bytes += text.size();
    }
    at = at + kBurst == corpus.size() ? 0 : at + kBurst;
  };
  if (kind != CorpusKind::kCold) {
    // Once round, so that caches and predictors are as in a steady run; a cold corpus is cold in every round.
    for (std::size_t i = 0; i < corpus.size(); i += kBurst) burst();
    bytes = 0;
    refused = 0;
  }
  std::uint64_t rounds = 0;
  for ([[maybe_unused]] auto _ : state) {
    burst();
    ++rounds;
  }
  benchmark::DoNotOptimize(sum);
  const auto messages = static_cast<double>(rounds * kBurst);
  const auto time_per =
      static_cast<benchmark::Counter::Flags>(benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["ns_per_message"] = benchmark::Counter(messages * 1e-9, time_per);
  state.counters["gb_per_second"] = benchmark::Counter(static_cast<double>(bytes) * 1e-9, benchmark::Counter::kIsRate);
  // A parser that gives up early is not a faster one.
  state.counters["refused_share"] = static_cast<double>(refused) / messages;
}

/// Registers `read` under `name` for these corpora; `prepare` runs before each run of it.
template <typename Read, typename Prepare>
void register_bench(const std::string& name, std::initializer_list<CorpusKind> kinds, Read read, Prepare prepare) {
  for (const auto kind : kinds) {
    const auto full = name + "/" + std::string(corpus_name(kind));
    benchmark::RegisterBenchmark(full.c_str(), [kind, read, prepare](benchmark::State& state) {
      prepare();
      run_bursts(state, kind, read);
    });
  }
}

template <typename Read>
void register_bench(const std::string& name, std::initializer_list<CorpusKind> kinds, Read read) {
  register_bench(name, kinds, read, [] {});
}

inline constexpr std::initializer_list<CorpusKind> kEveryCorpus{CorpusKind::kInvite, CorpusKind::kHot,
                                                                CorpusKind::kCold};
/// They take the cost of one message apart: see CorpusKind.
inline constexpr std::initializer_list<CorpusKind> kPartCorpora{CorpusKind::kSame, CorpusKind::kNear,
                                                                CorpusKind::kAlike};
/// For programs so slow that memory does not show in their figures.
inline constexpr std::initializer_list<CorpusKind> kWarmCorpora{CorpusKind::kInvite, CorpusKind::kHot};

}  // namespace dialplane::micro
