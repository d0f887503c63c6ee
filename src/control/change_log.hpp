// SPDX-License-Identifier: Apache-2.0
// What changed the configuration, who asked for it and when: the last changes for `show changes`, and what differs in
// the log. Control thread.
#pragma once

#include "audit.hpp"

#include "dialplane/config/records.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace dialplane::control {

struct ChangeRecord {
  std::uint64_t config_generation = 0;
  std::uint64_t generation = 0;
  std::chrono::system_clock::time_point when;
  Peer peer;
  std::string command;
  std::vector<config::Difference> differences;
};

class ChangeLog {
 public:
  static constexpr std::size_t kKept = 64;
  /// Differences told in the log for one change; a whole new file may have thousands.
  static constexpr std::size_t kMaxLines = 100;

  /// Keeps a change that holds from now on, and writes old and new value of every key to the log. The audit line of
  /// the command follows when the workers have taken it.
  void add(ChangeRecord record);

  /// Oldest first.
  [[nodiscard]] const std::deque<ChangeRecord>& records() const noexcept { return records_; }

 private:
  std::deque<ChangeRecord> records_;
};

}  // namespace dialplane::control
