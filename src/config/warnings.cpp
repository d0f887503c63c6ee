// SPDX-License-Identifier: Apache-2.0
// What a valid configuration allows and its author probably did not mean. Build or control thread.
#include "dialplane/config/loader.hpp"

#include <fmt/core.h>

#include <string>
#include <utility>

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

/// ACK of a refusal and CANCEL repeat few fields of their INVITE; a node that did not see it has no other.
void warn_of_keys(const Config& config, const Pool& pool, std::vector<Problem>& warnings) {
  const auto warn = [&](std::string text, std::string remedy) {
    warnings.push_back({pool.key_location, fmt::format("pool \"{}\": {}", pool.name, text), std::move(remedy)});
  };
  const PlacementKey& of_invite = key_of(pool, "INVITE");
  if (of_invite.field == KeyField::kHeader) {
    warn(fmt::format("INVITE is placed by `{}`, which ACK and CANCEL need not repeat: they find their backend by the "
                     "affinity table of the node that saw the INVITE and miss it on another",
                     placement_key_text(of_invite)),
         "for a fleet use call-id, from-user, to-user, request-user, request-uri or source");
  }
  const bool by_call_id = pool.method_keys.empty() && pool.key == PlacementKey{};
  if (by_call_id) return;
  for (const Listener& listener : config.listeners) {
    if (listener.pool != pool.name || listener.record_route) continue;
    warn(fmt::format("its key is not the Call-ID alone, and listener \"{}\" writes no Record-Route: requests inside a "
                     "dialog carry another Request-URI, From and To and miss the dialog's backend on another node",
                     listener.name),
         "set `record_route = true` there, or `key = \"call-id\"`");
  }
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
  for (const Pool& pool : config.pools) warn_of_keys(config, pool, warnings);
  return warnings;
}

}  // namespace dialplane::config
