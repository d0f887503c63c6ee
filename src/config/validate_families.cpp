// SPDX-License-Identifier: Apache-2.0
// Checks of address families: every backend and every allowed destination needs a listener to be sent from. Build or
// control thread.
#include "checks.hpp"

#include "dialplane/config/partners.hpp"

#include <algorithm>
#include <array>

namespace dialplane::config {
namespace {

using Family = IpAddress::Family;

constexpr std::array kFamilies{Family::kV4, Family::kV6};
/// Source: RFC 8200 §5.
constexpr std::uint16_t kLeastIpv6Mtu = 1280;

const Pool* find_pool(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.pools, name, &Pool::name);
  return found == config.pools.end() ? nullptr : &*found;
}

/// The first backend of the family in the pool.
const Backend* backend_of(const Config& config, std::string_view pool_name, Family family) {
  const Pool* pool = find_pool(config, pool_name);
  if (pool == nullptr) return nullptr;
  const auto found = std::ranges::find_if(
      pool->backends, [&](const Backend& backend) { return backend.address.ip.family() == family; });
  return found == pool->backends.end() ? nullptr : &*found;
}

void check_pool(const Checks& checks, const Config& joined, const Listener& listener, const std::string& pool,
                const std::string& path) {
  for (const Family family : kFamilies) {
    const Backend* backend = backend_of(joined, pool, family);
    if (backend == nullptr || inner_of(joined, listener, family) != nullptr) continue;
    checks.add(
        path,
        fmt::format("nothing could be sent to backend \"{}\" of pool \"{}\": listener \"{}\" has no inner listener "
                    "with an {} address",
                    backend->name, pool, listener.name, family_name(family)),
        fmt::format("add a listener with an {} address to `inner`, or take the backend out of the pool",
                    family_name(family)));
  }
}

void check_allowed(const Checks& checks, const Config& joined, const Listener& listener, const std::string& path) {
  for (std::size_t i = 0; i < listener.outbound_allow.size(); ++i) {
    const Prefix& prefix = listener.outbound_allow[i];
    if (outer_of(joined, listener, prefix.ip.family()) != nullptr) continue;
    checks.add(fmt::format("{}.outbound_allow[{}]", path, i),
               fmt::format("nothing could be sent to {}: listener \"{}\" has no outer listener with an {} address",
                           prefix.to_string(), listener.name, family_name(prefix.ip.family())),
               fmt::format("add a listener with an {} address to `outer`", family_name(prefix.ip.family())));
  }
}

bool has_ipv6(const Config& config, const Port& port) {
  const auto serves = [&](const Listener& listener) {
    return listener.address.ip.is_v6() &&
           (listener.ports.empty() || std::ranges::find(listener.ports, port.name) != listener.ports.end());
  };
  return std::ranges::any_of(port.addresses, [](const Prefix& address) { return address.ip.is_v6(); }) ||
         std::ranges::any_of(port.routes, [](const Route& route) { return route.prefix.ip.is_v6(); }) ||
         std::ranges::any_of(config.listeners, serves);
}

/// What is wrong with an address or a counterpart by itself was reported where it stands.
bool can_be_judged(const Config& joined, const Listener& listener) {
  const auto exists = [&](const std::string& name) {
    return std::ranges::find(joined.listeners, name, &Listener::name) != joined.listeners.end();
  };
  const bool is_alone = (listener.side == Side::kOutside && listener.inner.empty()) ||
                        (listener.side == Side::kInside && listener.outer.empty());
  return !listener.address.ip.is_none() && !is_alone && std::ranges::all_of(listener.inner, exists) &&
         std::ranges::all_of(listener.outer, exists);
}

}  // namespace

void check_families(const Checks& checks) {
  Config joined = checks.config;
  join_listeners(joined);
  const bool complete =
      std::ranges::all_of(joined.listeners, [&](const Listener& listener) { return can_be_judged(joined, listener); });
  for (std::size_t i = 0; complete && i < joined.listeners.size(); ++i) {
    const Listener& listener = joined.listeners[i];
    const std::string path = fmt::format("listener[{}]", i);
    if (listener.side != Side::kInside) check_pool(checks, joined, listener, listener.pool, path + ".pool");
    if (listener.side == Side::kOutside) continue;
    if (!listener.outbound_pool.empty()) {
      check_pool(checks, joined, listener, listener.outbound_pool, path + ".outbound");
    }
    check_allowed(checks, joined, listener, path);
  }
  for (std::size_t i = 0; i < joined.ports.size(); ++i) {
    if (joined.ports[i].mtu >= kLeastIpv6Mtu || !has_ipv6(joined, joined.ports[i])) continue;
    checks.add(fmt::format("port[{}].mtu", i),
               fmt::format("IPv6 needs an MTU of at least {}, and port \"{}\" has IPv6 addresses, routes or listeners",
                           kLeastIpv6Mtu, joined.ports[i].name),
               fmt::format("give at least {}", kLeastIpv6Mtu));
  }
}

}  // namespace dialplane::config
