// SPDX-License-Identifier: Apache-2.0
// What a run measured, for people and for programs. Main thread.
#pragma once

#include "histogram.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace dialplane::gen {

struct SendReport {
  std::string device;
  std::string profile;
  std::uint64_t seed = 0;
  std::uint64_t corpus_frames = 0;
  bool stamped = false;  ///< every frame carries a stamp: loss can be told
  double asked_per_s = 0;
  double seconds = 0;
  std::uint64_t sent = 0;
  std::uint64_t bytes = 0;
  std::uint64_t refused = 0;
  std::uint64_t no_buffer = 0;
  std::uint64_t late = 0;
};

struct ReceiveReport {
  std::string device;
  double seconds = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t stamped = 0;
  std::uint64_t distinct = 0;
  std::uint64_t foreign = 0;
  std::uint64_t requests = 0;
  std::uint64_t missed = 0;
  std::array<std::uint64_t, 7> classes{};
  Histogram latency_ns;
};

struct Report {
  std::optional<SendReport> send;
  std::optional<ReceiveReport> receive;
};

/// Lines for a terminal.
std::string format_text(const Report& report);
/// One JSON document, `"schema": 1`.
std::string format_json(const Report& report);

}  // namespace dialplane::gen
