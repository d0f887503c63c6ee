// SPDX-License-Identifier: Apache-2.0
// The comings and goings of leaving backends. Control thread.
#include "leaving.hpp"

#include <algorithm>
#include <utility>

namespace dialplane::control {

namespace {

/// Time for the last transaction of a dialog to end. Source: RFC 3261 §17.1.2.2, 64·T1.
constexpr std::chrono::seconds kLastTransaction{32};

const config::Pool* find_pool(const config::Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.pools, name, &config::Pool::name);
  return found == config.pools.end() ? nullptr : &*found;
}

/// Tokens name a backend by its id, or by its address where it has none.
bool is_same_server(const config::Backend& a, const config::Backend& b) {
  return a.id == b.id && (!a.id.empty() || a.address == b.address);
}

bool has(const config::Pool& pool, const config::Backend& backend) {
  return std::ranges::any_of(pool.backends,
                             [&](const config::Backend& member) { return is_same_server(member, backend); });
}

bool has_name(const config::Config& config, const snapshot::LeavingBackend& item) {
  const auto* pool = find_pool(config, item.pool);
  return pool != nullptr &&
         std::ranges::find(pool->backends, item.backend.name, &config::Backend::name) != pool->backends.end();
}

}  // namespace

LeavingBackends leaving_after(const LeavingBackends& leaving, const config::Config& before, const config::Config& after,
                              SteadyTime now, const std::map<std::string, config::AdminState>& commanded) {
  LeavingBackends result;
  const auto keep = [&](snapshot::LeavingBackend item, bool is_told_by_name) {
    const auto told = commanded.find(item.pool + "/" + item.backend.name);
    if (is_told_by_name && told != commanded.end()) item.backend.state = told->second;
    result.push_back(std::move(item));
  };
  for (const auto& item : leaving) {
    const auto* pool = find_pool(after, item.pool);
    // Where a member has taken over its name, what was told of that name was about the member.
    if (pool != nullptr && !has(*pool, item.backend)) keep(item, !has_name(before, item));
  }
  for (const auto& old_pool : before.pools) {
    const auto* pool = find_pool(after, old_pool.name);
    if (pool == nullptr) continue;
    const auto linger = old_pool.health.linger;
    for (const auto& backend : old_pool.backends) {
      if (linger.count() == 0 || has(*pool, backend)) continue;
      keep({old_pool.name, backend, now, linger}, true);
    }
  }
  return result;
}

LeavingBackends leaving_at(const LeavingBackends& leaving, const HoldsNothing& holds_nothing, SteadyTime started,
                           SteadyTime now) {
  LeavingBackends result;
  for (const auto& item : leaving) {
    if (now - item.since >= item.linger) continue;
    const bool counts_are_whole = now - started >= item.linger;
    if (counts_are_whole && now - item.since >= kLastTransaction && holds_nothing(item)) continue;
    result.push_back(item);
  }
  return result;
}

}  // namespace dialplane::control
