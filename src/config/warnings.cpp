// SPDX-License-Identifier: Apache-2.0
// What a valid configuration allows and its author probably did not mean. Build or control thread.
#include "dialplane/config/loader.hpp"

#include <fmt/core.h>

namespace dialplane::config {
namespace {

/// What the longest legal messages seen in practice need.
constexpr std::uint16_t kUsualHeaderBytes = 16384;
constexpr std::uint16_t kUsualVias = 128;
constexpr std::uint16_t kUsualHeaderRows = 160;
constexpr std::uint16_t kUsualCallIdBytes = 256;
constexpr std::uint32_t kLoopbackNetwork = 127;

void warn_of_limits(const Listener& listener, std::vector<Problem>& warnings) {
  const auto warn = [&](std::string_view key, std::uint16_t value, std::uint16_t usual) {
    if (value >= usual) return;
    warnings.push_back({listener.location,
                        fmt::format("listener \"{}\": {} = {} refuses messages that are legal and do occur",
                                    listener.name, key, value),
                        fmt::format("give at least {} unless the peers are known", usual)});
  };
  warn("max_header_bytes", listener.limits.header_bytes, kUsualHeaderBytes);
  warn("max_header_rows", listener.limits.header_rows, kUsualHeaderRows);
  warn("max_vias", listener.limits.vias, kUsualVias);
  warn("max_call_id_bytes", listener.limits.call_id_bytes, kUsualCallIdBytes);
}

}  // namespace

std::vector<Problem> warnings_of(const Config& config) {
  std::vector<Problem> warnings;
  const auto& metrics = config.control.metrics;
  if (metrics && metrics->ip.v4_value() >> 24 != kLoopbackNetwork) {
    warnings.push_back({config.control.metrics_location,
                        fmt::format("`metrics` is served on {} to whoever can reach it", metrics->to_string()),
                        "use a loopback address, or keep strangers off that network"});
  }
  for (const Listener& listener : config.listeners) warn_of_limits(listener, warnings);
  return warnings;
}

}  // namespace dialplane::config
