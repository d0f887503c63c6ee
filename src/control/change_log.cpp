// SPDX-License-Identifier: Apache-2.0
// Audit lines. Control thread.
#include "change_log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace dialplane::control {

ChangeLog::~ChangeLog() { tell("not known, the process ends"); }

void ChangeLog::add(ChangeRecord record) {
  records_.push_back(std::move(record));
  if (records_.size() > kKept) records_.pop_front();
  is_told_ = false;
}

void ChangeLog::tell(const std::string& late) {
  if (std::exchange(is_told_, true)) return;
  const auto& record = records_.back();
  const bool is_late = !late.empty();
  spdlog::log(is_late ? spdlog::level::warn : spdlog::level::info,
              "audit uid={} pid={} command=\"{}\" result={} generation={} config_generation={} differences={}{}",
              record.peer.uid, record.peer.pid, record.command, is_late ? "late" : "done", record.generation,
              record.config_generation, record.differences.size(),
              is_late ? fmt::format(" late=\"{}\"", late) : std::string());
  const auto told = std::min(record.differences.size(), kMaxLines);
  for (std::size_t i = 0; i < told; ++i) {
    spdlog::info("audit config_generation={} {}", record.config_generation, config::describe(record.differences[i]));
  }
  if (told < record.differences.size()) {
    spdlog::info("audit config_generation={} and {} more", record.config_generation, record.differences.size() - told);
  }
}

void ChangeLog::refuse(Peer peer, const std::string& command, const std::string& why) {
  spdlog::warn("audit uid={} pid={} command=\"{}\" result=refused reason=\"{}\"", peer.uid, peer.pid, command, why);
}

}  // namespace dialplane::control
