// SPDX-License-Identifier: Apache-2.0
// The log: lines are queued by any control-side thread and written to stderr by the writer thread, so that a slow
// terminal or journal never stops the loop. Never called per packet.
#pragma once

#include <cstdint>
#include <string>

namespace dialplane::control {

/// Owns the writer thread. While it lives, spdlog's default logger writes through it.
class Log {
 public:
  /// `instance` is shown at the end of each line unless it is "dialplane". Where stderr is no terminal a line starts
  /// with its syslog priority, `<6>`, as journald reads it.
  Log(const std::string& instance, std::uint16_t cpu);
  /// Writes what is queued.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
};

}  // namespace dialplane::control
