// SPDX-License-Identifier: Apache-2.0
// One measurement from start to report: environment, ports, loops, drain. Main thread.
#pragma once

#include "corpus.hpp"
#include "report.hpp"

#include "dialplane/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace dialplane::gen {

struct RunOptions {
  std::string tx;  ///< device to send on; empty: only receive
  std::string rx;  ///< device to receive on; empty: the sending one
  bool receive = true;
  double rate = 1000;          ///< frames per second; 0: as fast as the port takes them
  double seconds = 10;         ///< how long to send (or to receive, without a sender)
  std::uint64_t frames = 0;    ///< frames to send; 0: until `seconds` are over
  double drain_seconds = 0.5;  ///< how long to wait for what is still on its way
  std::uint16_t main_cpu = 0;
  std::vector<std::uint16_t> cpus{1};  ///< one: sends and receives in turn; two: sender and receiver
  bool hugepages = false;
  std::uint32_t buffers = 16384;
  std::uint16_t mtu = 1500;
  bool live = false;  ///< a line a second on stderr
  std::vector<std::string> eal;
};

/// Runs until the time is over, the frames are sent, or SIGINT or SIGTERM comes; then reports what was measured so far.
/// `corpus` is not used without a sender.
Result<Report> run_traffic(const RunOptions& options, const CorpusOptions& corpus);

}  // namespace dialplane::gen
