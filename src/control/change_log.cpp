// SPDX-License-Identifier: Apache-2.0
// The last changes, and their differences in the log. Control thread.
#include "change_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace dialplane::control {

void ChangeLog::add(ChangeRecord record) {
  const auto& differences = record.differences;
  const auto told = std::min(differences.size(), kMaxLines);
  for (std::size_t i = 0; i < told; ++i) {
    spdlog::info("audit config_generation={} change={}", record.config_generation,
                 log_quoted(config::describe(differences[i])));
  }
  if (told < differences.size()) {
    spdlog::info("audit config_generation={} more={}", record.config_generation, differences.size() - told);
  }
  records_.push_back(std::move(record));
  if (records_.size() > kKept) records_.pop_front();
}

}  // namespace dialplane::control
