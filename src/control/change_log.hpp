// SPDX-License-Identifier: Apache-2.0
// What changed the configuration, who asked for it and when: the last changes for `show changes`, every one and every
// refusal in the log. Control thread.
#pragma once

#include "command.hpp"

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

  ChangeLog() = default;
  /// Writes the change that still waits for its tell(): the process ends before the workers have taken it.
  ~ChangeLog();
  ChangeLog(const ChangeLog&) = delete;
  ChangeLog& operator=(const ChangeLog&) = delete;

  /// Keeps a change that holds from now on. What the workers made of it is told later.
  void add(ChangeRecord record);
  /// Writes the change that was added last to the log, once, with old and new value of every key. `late` names the
  /// workers that had not taken it in time; empty: all had.
  void tell(const std::string& late);
  /// Writes to the log that nothing was changed, and why.
  static void refuse(Peer peer, const std::string& command, const std::string& why);

  /// Oldest first.
  [[nodiscard]] const std::deque<ChangeRecord>& records() const noexcept { return records_; }

 private:
  std::deque<ChangeRecord> records_;
  bool is_told_ = true;  ///< the last of them
};

}  // namespace dialplane::control
