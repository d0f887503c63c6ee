// SPDX-License-Identifier: Apache-2.0
// Audit lines. Control thread.
#include "change_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace dialplane::control {

void ChangeLog::add(ChangeRecord record) {
  spdlog::info("audit uid={} pid={} command=\"{}\" result=done generation={} config_generation={} differences={}",
               record.peer.uid, record.peer.pid, record.command, record.generation, record.config_generation,
               record.differences.size());
  const auto told = std::min(record.differences.size(), kMaxLines);
  for (std::size_t i = 0; i < told; ++i) {
    spdlog::info("audit config_generation={} {}", record.config_generation, config::describe(record.differences[i]));
  }
  if (told < record.differences.size()) {
    spdlog::info("audit config_generation={} and {} more", record.config_generation, record.differences.size() - told);
  }
  records_.push_back(std::move(record));
  if (records_.size() > kKept) records_.pop_front();
}

void ChangeLog::refuse(Peer peer, const std::string& command, const std::string& why) {
  spdlog::warn("audit uid={} pid={} command=\"{}\" result=refused reason=\"{}\"", peer.uid, peer.pid, command, why);
}

}  // namespace dialplane::control
