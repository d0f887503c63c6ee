// SPDX-License-Identifier: Apache-2.0
// Checks between values: references, duplicates, limits, listeners and pools. Build or control thread.
#include "checks.hpp"

#include "dialplane/base/text.hpp"

#include <algorithm>

namespace dialplane::config {
namespace {

void check_process(const Checks& checks) {
  if (checks.config.runtime.worker_cpus.size() > kMaxWorkers) {
    checks.add(fmt::format("runtime.worker_cpus[{}]", kMaxWorkers), "there are too many workers",
               fmt::format("give at most {}", kMaxWorkers));
  }
  constexpr std::size_t kMaxTokenFiles = 8;
  const std::vector<std::string>& tokens = checks.config.keys.tokens;
  if (tokens.size() > kMaxTokenFiles) {
    checks.add(fmt::format("keys.tokens[{}]", kMaxTokenFiles), "there are too many token keys",
               fmt::format("give at most {}: drop those that no dialog uses any more", kMaxTokenFiles));
  }
  Duplicates files(checks, "token key", "name each file once");
  for (std::size_t i = 0; i < tokens.size(); ++i) files.use(tokens[i], fmt::format("keys.tokens[{}]", i));
}

void check_outbound(const Checks& checks, const Listener& listener, const std::string& path) {
  const std::string outbound = path + ".outbound";
  if (listener.side == Side::kOutside) {
    for (const std::string_view key : {"outbound", "outbound_allow", "hairpin"}) {
      const std::string key_path = fmt::format("{}.{}", path, key);
      if (!checks.where.has(key_path)) continue;
      checks.add(key_path, fmt::format("`{}` has no effect on a listener whose side is outside", key),
                 "move it to the inside listener: it is about requests from backends");
    }
    return;
  }
  if (!listener.outbound_pool.empty()) {
    checks.refuse_unknown("pool", listener.outbound_pool, names_of(checks.config.pools), outbound);
  }
  const bool is_literal = listener.outbound == OutboundMode::kLiteral;
  if (is_literal && !checks.where.has(path + ".outbound_allow")) {
    checks.add(outbound, "outbound = \"literal\" without `outbound_allow` would send nothing",
               "add outbound_allow = [\"PREFIX\"]; \"0.0.0.0/0\" allows every address");
  }
  if (!is_literal && checks.where.has(path + ".outbound_allow") && !listener.outbound_allow.empty()) {
    checks.add(path + ".outbound_allow", "`outbound_allow` has no effect here", "add outbound = \"literal\"");
  }
}

void check_listener(const Checks& checks, const Listener& listener, const std::string& path) {
  const std::vector<std::string_view> ports = names_of(checks.config.ports);
  Duplicates served(checks, "port", "name each port once");
  for (std::size_t i = 0; i < listener.ports.size(); ++i) {
    const std::string port_path = fmt::format("{}.ports[{}]", path, i);
    checks.refuse_unknown("port", listener.ports[i], ports, port_path);
    served.use(listener.ports[i], port_path);
  }
  Duplicates hosts(checks, "host name", "name each host once");
  for (std::size_t i = 0; i < listener.names.size(); ++i) {
    hosts.use(listener.names[i], fmt::format("{}.names[{}]", path, i));
  }
  if (!listener.pool.empty()) {
    checks.refuse_unknown("pool", listener.pool, names_of(checks.config.pools), path + ".pool");
  } else if (listener.side != Side::kInside && !checks.where.has(path + ".pool")) {
    checks.add(path, "[[listener]] lacks `pool`",
               "add pool = \"NAME\"; only a listener with side = \"inside\" can do without");
  }
  check_outbound(checks, listener, path);
}

void check_listeners(const Checks& checks) {
  Duplicates names(checks, "listener name", "give each listener its own name");
  Duplicates addresses(checks, "listener address", "give each listener its own address or port");
  for (std::size_t i = 0; i < checks.config.listeners.size(); ++i) {
    const Listener& listener = checks.config.listeners[i];
    const std::string path = fmt::format("listener[{}]", i);
    names.use(listener.name, path + ".name");
    if (!listener.address.ip.is_none()) addresses.use(listener.address.to_string(), path + ".address");
    check_listener(checks, listener, path);
  }
  check_sides(checks);
}

void check_backends(const Checks& checks, const Pool& pool, const std::string& pool_path,
                    std::map<std::string, Endpoint>& ids) {
  Duplicates names(checks, "backend name", "give each backend of a pool its own name");
  Duplicates addresses(checks, "backend address", "name each address once in a pool; use `weight` for a larger share");
  for (std::size_t i = 0; i < pool.backends.size(); ++i) {
    const Backend& backend = pool.backends[i];
    const std::string path = fmt::format("{}.backend[{}]", pool_path, i);
    names.use(backend.name, path + ".name");
    if (backend.address.ip.is_none()) continue;
    addresses.use(backend.address.to_string(), path + ".address");
    for (const Listener& listener : checks.config.listeners) {
      if (listener.address != backend.address) continue;
      checks.add(path + ".address",
                 fmt::format("{} is the address of listener \"{}\"", backend.address.to_string(), listener.name),
                 "give the address of the SIP server: requests would come back to us");
    }
    if (backend.id.empty()) continue;
    // Ids are hashed without regard to case.
    std::string folded = backend.id;
    std::ranges::transform(folded, folded.begin(), ascii_lower);
    const auto [first, is_new] = ids.emplace(std::move(folded), backend.address);
    if (is_new || first->second == backend.address) continue;
    checks.add(path + ".id", fmt::format("id \"{}\" belongs to backend {}", backend.id, first->second.to_string()),
               "give each backend its own id");
  }
}

void check_pools(const Checks& checks) {
  Duplicates names(checks, "pool name", "give each pool its own name");
  std::map<std::string, Endpoint> ids;
  std::size_t backends = 0;
  for (std::size_t i = 0; i < checks.config.pools.size(); ++i) {
    const Pool& pool = checks.config.pools[i];
    const std::string path = fmt::format("pool[{}]", i);
    names.use(pool.name, path + ".name");
    check_backends(checks, pool, path, ids);
    backends += pool.backends.size();
  }
  if (backends > kMaxBackendCells) {
    checks.add("pool", fmt::format("there are {} backends", backends),
               fmt::format("give at most {}", kMaxBackendCells));
  }
}

void check_rules(const Checks& checks) {
  Duplicates names(checks, "rule name", "give each rule its own name: hits are counted by it");
  for (std::size_t i = 0; i < checks.config.rules.size(); ++i) {
    names.use(checks.config.rules[i].name, fmt::format("rule[{}].name", i));
  }
  if (checks.config.rules.size() > kMaxRuleCells) {
    checks.add("rule", fmt::format("there are {} rules", checks.config.rules.size()),
               fmt::format("give at most {}; one expression may list alternatives: a|b|c", kMaxRuleCells));
  }
}

}  // namespace

void Checks::refuse_unknown(std::string_view what, std::string_view name, const std::vector<std::string_view>& known,
                            std::string_view path) const {
  if (std::ranges::find(known, name) != known.end()) return;
  std::string remedy;
  if (const auto near = nearest(name, known); near && !near->empty()) {
    remedy = fmt::format("did you mean \"{}\"?", *near);
  } else {
    remedy = fmt::format("add a [[{}]] of that name or name one that exists", what);
  }
  add(path, fmt::format("there is no {} \"{}\"", what, name), std::move(remedy));
}

void Duplicates::use(const std::string& value, std::string_view path) {
  if (value.empty()) return;
  const Location here = checks_.where.at(path);
  const auto [first, is_new] = first_.emplace(value, here);
  if (is_new) return;
  checks_.add(path, fmt::format("{} \"{}\" is taken, in line {}", what_, value, first->second.line), remedy_);
}

void validate(const Config& config, const LocationIndex& where, Problems& problems) {
  const Checks checks{config, where, problems};
  check_process(checks);
  check_ports(checks);
  check_listeners(checks);
  check_pools(checks);
  check_families(checks);
  check_health(checks);
  check_policies(checks);
  check_rules(checks);
}

}  // namespace dialplane::config
