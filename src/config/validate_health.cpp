// SPDX-License-Identifier: Apache-2.0
// Checks of health probes: their times and the addresses they leave from. Build or control thread.
#include "checks.hpp"

#include "dialplane/base/duration.hpp"

#include <algorithm>

namespace dialplane::config {
namespace {

void check_times(const Checks& checks, const ProbeSettings& settings, const std::string& path) {
  if (settings.timeout <= settings.interval) return;
  const std::string timeout = path + ".timeout";
  // Where only the other of the two stands in this table, that one is the odd one.
  checks.add(checks.where.has(timeout) ? timeout : path + ".interval",
             fmt::format("`timeout` {} is longer than `interval` {}: the next probe would not wait for it",
                         format_duration(settings.timeout), format_duration(settings.interval)),
             "give a `timeout` of at most `interval`");
}

bool has_family(const std::vector<Endpoint>& sources, IpAddress::Family family) {
  return std::ranges::any_of(sources, [&](const Endpoint& source) { return source.ip.family() == family; });
}

void check_sources(const Checks& checks) {
  const std::vector<Endpoint>& sources = checks.config.node.probe_source;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::string path = fmt::format("node.probe_source[{}]", i);
    const std::vector<Endpoint> before(sources.begin(), sources.begin() + static_cast<std::ptrdiff_t>(i));
    if (has_family(before, sources[i].ip.family())) {
      checks.add(path, "there are two probe sources of one address family", "give one IPv4 and one IPv6 address");
    }
  }
  for (std::size_t i = 0; i < checks.config.listeners.size(); ++i) {
    const Listener& listener = checks.config.listeners[i];
    const bool is_default = listener.side != Side::kOutside && listener.address.port == kProbePort &&
                            !has_family(sources, listener.address.ip.family());
    if (!is_default && std::ranges::find(sources, listener.address) == sources.end()) continue;
    checks.add(fmt::format("listener[{}].address", i),
               fmt::format("health probes leave from {}, so their answers would be taken for this listener's messages",
                           listener.address.to_string()),
               "give the listener another port, or [node] probe_source one");
  }
}

}  // namespace

void check_health(const Checks& checks) {
  check_sources(checks);
  for (std::size_t i = 0; i < checks.config.pools.size(); ++i) {
    const Pool& pool = checks.config.pools[i];
    check_times(checks, pool.health.probing, fmt::format("pool[{}].health", i));
    for (std::size_t j = 0; j < pool.backends.size(); ++j) {
      const std::string path = fmt::format("pool[{}].backend[{}].health", i, j);
      if (checks.where.has(path)) check_times(checks, pool.backends[j].probing, path);
    }
  }
}

}  // namespace dialplane::config
