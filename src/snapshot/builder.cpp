// SPDX-License-Identifier: Apache-2.0
// Config + runtime state → Snapshot. Build thread or control thread.
#include "dialplane/snapshot/builder.hpp"

#include "prefixes.hpp"
#include "reachability.hpp"
#include "rules.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/config/partners.hpp"
#include "dialplane/sip/method.hpp"
#include "dialplane/sip/token_digests.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace dialplane::snapshot {
namespace {

/// Position of a named item, kNoIndex if there is none or the name is empty.
template <class Named>
std::uint16_t position_of(const std::vector<Named>& items, std::string_view name) {
  const auto found = std::ranges::find(items, name, &Named::name);
  return name.empty() || found == items.end() ? kNoIndex : static_cast<std::uint16_t>(found - items.begin());
}

/// Which backend has an id. One server may be in several pools; two servers may not share an id.
class IdOwners {
 public:
  Result<BackendId> id_of(const config::Backend& backend) {
    const BackendId id = snapshot::id_of(backend);
    const auto [owner, is_new] = owners_.emplace(id.value, &backend);
    if (is_new || owner->second->address == backend.address) return id;
    return fail(fmt::format(
        "backends \"{}\" ({}) and \"{}\" ({}) have the same id {:08x}; give one of them another `id`",
        owner->second->name, owner->second->address.to_string(), backend.name, backend.address.to_string(), id.value));
  }

 private:
  std::map<std::uint32_t, const config::Backend*> owners_;
};

Backend make_backend(const config::Backend& from, const std::string& path, const RuntimeState& state) {
  Backend backend;
  backend.name = from.name;
  backend.address = from.address;
  backend.weight = from.weight;
  backend.admin = from.state;
  if (const auto told = state.admin.find(path); told != state.admin.end()) backend.admin = told->second;
  if (const auto seen = state.observed.find(path); seen != state.observed.end()) {
    backend.observed = seen->second.state;
    backend.in_panic = seen->second.in_panic;
  }
  for (const Prefix& prefix : from.sources) backend.sources.push_back(normal(prefix));
  if (backend.sources.empty()) {
    const std::uint8_t host_length = from.address.ip.is_v4() ? 32 : 128;
    backend.sources.push_back({from.address.ip, host_length});
  }
  return backend;
}

static_assert(static_cast<int>(config::KeyField::kHeader) == static_cast<int>(balance::KeyField::kHeader),
              "the fields of the file and of the packet path are the same");

balance::KeyRule key_rule(const config::PlacementKey& from) {
  balance::KeyRule rule;
  rule.field = static_cast<balance::KeyField>(from.field);
  rule.header_name = from.header;
  for (std::size_t i = 0; i + 1 < sip::kHeaderCount; ++i) {
    if (iequals(sip::header_name(static_cast<sip::HeaderId>(i)), from.header)) {
      rule.header = static_cast<sip::HeaderId>(i);
    }
  }
  return rule;
}

balance::KeyRules key_rules(const config::Pool& pool) {
  balance::KeyRules rules;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    rules[i] = key_rule(config::key_of(pool, sip::method_name(static_cast<sip::Method>(i))));
  }
  return rules;
}

static_assert(static_cast<int>(config::Policy::kPriority) == static_cast<int>(balance::Policy::kPriority),
              "the policies of the file and of the packet path are the same");

/// The pool's plan. Tables that would come out the same are those of an earlier snapshot under the same key.
balance::Plan plan_for(const config::Pool& from, const std::vector<balance::Member>& members, const SipKey& key,
                       const Snapshot* previous) {
  std::vector<const balance::Plan*> earlier;
  if (previous != nullptr && previous->keys.slots == key) {
    for (const Pool& pool : previous->pools) {
      // What is made from an earlier table is best made from the pool's own.
      earlier.insert(pool.name == from.name ? earlier.begin() : earlier.end(), &pool.plan);
    }
  }
  std::vector<std::uint16_t> tiers;
  for (const config::Backend& backend : from.backends) tiers.push_back(backend.tier);
  const auto policy = static_cast<balance::Policy>(from.policy);
  return balance::make_plan({policy, members, tiers, from.slots, from.load_permille}, key, earlier);
}

/// The table of the lowest tier in which somebody is usable, else the first.
std::shared_ptr<const balance::SlotTable> table_in_use(const Pool& pool) {
  for (const auto& table : pool.plan.tables) {
    const std::span<const balance::Member> members = table->members();
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].weight != 0 && pool.usable_new[i] != 0) return table;
    }
  }
  return pool.plan.tables.front();
}

void append(Pool& pool, Backend backend, const RuntimeState& state) {
  const auto seen = state.observed.find(pool.name + "/" + backend.name);
  pool.share.push_back(seen == state.observed.end() || backend.is_leaving ? balance::kWholeShare : seen->second.share);
  pool.usable_new.push_back(backend.takes_new() ? 1 : 0);
  pool.usable_existing.push_back(backend.takes_existing() ? 1 : 0);
  pool.any_usable = pool.any_usable || backend.takes_new();
  pool.cells.push_back(backend.cell);
  pool.backends.push_back(std::move(backend));
}

bool has_member(const Pool& pool, const std::string& name) {
  return std::ranges::any_of(pool.backends,
                             [&](const Backend& backend) { return backend.name == name && !backend.is_leaving; });
}

/// Behind the members of the slot table, so that the table is that of the file. One that came back to the file, or
/// whose id another has now, has left.
void add_leaving(const RuntimeState& state, IdOwners& owners, CounterCells& cells, std::vector<Pool>& pools) {
  for (const LeavingBackend& leaving : state.leaving) {
    const auto pool = std::ranges::find(pools, leaving.pool, &Pool::name);
    if (pool == pools.end()) continue;
    const Result<BackendId> id = owners.id_of(leaving.backend);
    if (!id || pool->find(*id) != kNoIndex) continue;
    const Result<BackendCell> cell = cells.cell_of(*id);
    if (!cell) continue;
    const std::string path = leaving.pool + "/" + leaving.backend.name;
    Backend backend = make_backend(leaving.backend, path, state);
    // Where a member has its name by now, what was told and found of that name is about the member.
    if (has_member(*pool, leaving.backend.name)) {
      backend.admin = leaving.backend.state;
      backend.observed = ObservedState::kUnknown;
      backend.in_panic = false;
    }
    backend.id = *id;
    backend.cell = *cell;
    backend.is_leaving = true;
    append(*pool, std::move(backend), state);
    pool->index_backends();
  }
}

/// Where probes leave from: the file's addresses, and inside listeners where it has none of their family.
std::vector<Endpoint> probe_sources_of(const config::Config& config) {
  std::vector<Endpoint> sources = config.node.probe_source;
  const std::vector<Endpoint>& told = config.node.probe_source;
  for (const config::Listener& listener : config.listeners) {
    const bool is_told = std::ranges::any_of(
        told, [&](const Endpoint& source) { return source.ip.family() == listener.address.ip.family(); });
    const Endpoint source{listener.address.ip, config::kProbePort};
    if (is_told || listener.side == config::Side::kOutside || std::ranges::find(sources, source) != sources.end()) {
      continue;
    }
    sources.push_back(source);
  }
  return sources;
}

Result<Pool> make_pool(const config::Pool& from, const SipKey& key, const RuntimeState& state, IdOwners& owners,
                       CounterCells& cells, const Snapshot* previous) {
  Pool pool;
  pool.name = from.name;
  pool.retry_after = from.retry_after;
  pool.second_chance = from.second_chance;
  pool.affinity_salt = SipHash13::of({}, from.name);
  pool.key_text = config::pool_key_text(from);
  pool.keys = key_rules(from);
  std::vector<balance::Member> members;
  for (const config::Backend& configured : from.backends) {
    const Result<BackendId> id = owners.id_of(configured);
    if (!id) return fail(id.error().text);
    const Result<BackendCell> cell = cells.cell_of(*id);
    if (!cell) return fail(cell.error().text);
    Backend backend = make_backend(configured, from.name + "/" + configured.name, state);
    backend.id = *id;
    backend.cell = *cell;
    members.push_back({backend.id, backend.weight});
    append(pool, std::move(backend), state);
  }
  pool.index_backends();
  for (std::size_t i = 1; i < pool.by_id.size(); ++i) {
    const Backend& a = pool.backends[pool.by_id[i - 1]];
    const Backend& b = pool.backends[pool.by_id[i]];
    if (a.id == b.id) return fail(fmt::format("backends \"{}\" and \"{}\" of one pool have one id", a.name, b.name));
  }
  pool.plan = plan_for(from, members, key, previous);
  return pool;
}

std::uint32_t port_mask(const config::Config& config, const std::vector<std::string>& names) {
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < config.ports.size() && i < kMaxPorts; ++i) {
    const bool is_served = names.empty() || std::ranges::find(names, config.ports[i].name) != names.end();
    if (is_served) mask |= std::uint32_t{1} << i;
  }
  return mask;
}

constexpr sip::Limits limits_of(const config::MessageLimits& from) noexcept {
  return {from.header_bytes, from.header_rows, from.vias, from.call_id_bytes, from.body_bytes};
}
static_assert(limits_of({}) == sip::Limits{}, "the defaults of the file and of the parser are the same");

Partners partners_of(const config::Config& config, const config::Listener& listener,
                     const config::Listener* (*find)(const config::Config&, const config::Listener&,
                                                     IpAddress::Family) noexcept) {
  const auto index = [&](IpAddress::Family family) {
    const config::Listener* found = find(config, listener, family);
    return ListenerIndex{found == nullptr ? kNoIndex : static_cast<std::uint16_t>(found - config.listeners.data())};
  };
  return {index(IpAddress::Family::kV4), index(IpAddress::Family::kV6)};
}

/// ACK and CANCEL belong to the INVITE they name: to refuse them would leave calls hanging.
void set_methods(const config::Listener& from, Listener& listener) {
  if (from.methods.empty()) return;
  listener.methods = 0;
  for (const auto method : {sip::Method::kAck, sip::Method::kCancel}) {
    listener.methods |= std::uint32_t{1} << static_cast<unsigned>(method);
  }
  for (const std::string& name : from.methods) {
    listener.methods |= std::uint32_t{1} << static_cast<unsigned>(sip::find_method(name));
  }
  for (std::size_t i = 0; i + 1 < sip::kMethodCount; ++i) {
    if ((listener.methods >> i & 1) == 0) continue;
    listener.allow_row += listener.allow_row.empty() ? "Allow: " : ", ";
    listener.allow_row += sip::method_name(static_cast<sip::Method>(i));
  }
  listener.allow_row += "\r\n";
}

Listener make_listener(const config::Config& config, std::size_t position) {
  const config::Listener& from = config.listeners[position];
  Listener listener;
  listener.name = from.name;
  listener.address = from.address;
  listener.sent_by = from.address.to_string();
  // With its transport, so that listeners of other transports on this address will differ.
  listener.id = sip::make_listener_id("udp:" + listener.sent_by);
  listener.side = from.side;
  listener.port_mask = port_mask(config, from.ports);
  listener.pool = PoolIndex{position_of(config.pools, from.pool)};
  listener.inner = partners_of(config, from, config::inner_of);
  listener.outer = partners_of(config, from, config::outer_of);
  listener.names = from.names;
  listener.options = from.options;
  listener.record_route = from.record_route;
  listener.nat = from.nat;
  listener.path = from.path;
  listener.force_rport = from.force_rport;
  listener.outbound = from.outbound;
  listener.outbound_pool = PoolIndex{position_of(config.pools, from.outbound_pool)};
  for (const Prefix& prefix : from.outbound_allow) listener.outbound_allow.push_back(normal(prefix));
  listener.hairpin = from.hairpin;
  set_methods(from, listener);
  listener.source_header = from.source_header;
  listener.limits = limits_of(from.limits);
  return listener;
}

/// What the rows of every forwarded request have in common.
void set_texts(const sip::Keyring& keys, NodeId node, Listener& listener) {
  std::array<char, sip::kBranchLength> branch{};
  sip::write_branch_digest(branch.data(), 0);
  listener.via_start = "Via: SIP/2.0/UDP " + listener.sent_by + ";branch=";
  listener.via_start.append(branch.data(), branch.size() - sip::kDigestDigits);
  std::array<char, sip::kMaxDpsText> dps{};
  const auto length = sip::write_dps_head(dps.data(), keys.tokens[0], node, listener.id);
  listener.dps_start = ";dps=" + std::string(dps.data(), length);
  listener.own_uri = ": <sip:" + listener.sent_by + ";lr;dp=";
  listener.pair_uri = ": <sip:" + listener.sent_by + ";lr;r2=on;dp=";
}

Result<void> add_listeners(const config::Config& config, Snapshot& snapshot) {
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    Listener listener = make_listener(config, i);
    set_texts(snapshot.keys, snapshot.node, listener);
    if (const Listener* other = snapshot.find_listener(listener.id)) {
      return fail(fmt::format("listeners \"{}\" and \"{}\" have the same id; give one of them another address",
                              other->name, listener.name));
    }
    snapshot.listeners.push_back(std::move(listener));
  }
  for (Listener& listener : snapshot.listeners) {
    listener.service = listener.pool.value != kNoIndex ? listener.pool : snapshot.main_outer(listener).pool;
  }
  return {};
}

std::vector<BackendSource> sources_of(const std::vector<Pool>& pools) {
  std::vector<BackendSource> sources;
  for (std::size_t p = 0; p < pools.size(); ++p) {
    for (std::size_t b = 0; b < pools[p].backends.size(); ++b) {
      for (const Prefix& prefix : pools[p].backends[b].sources) {
        sources.push_back({prefix, PoolIndex{static_cast<std::uint16_t>(p)}, static_cast<std::uint16_t>(b)});
      }
    }
  }
  std::ranges::stable_sort(
      sources, {}, [](const BackendSource& source) { return std::tuple(-source.prefix.length, source.prefix.ip); });
  return sources;
}

std::uint64_t next_config_generation(const Snapshot* previous, const std::shared_ptr<const config::Config>& config) {
  if (previous == nullptr) return 1;
  return previous->config_generation + (previous->config == config ? 0 : 1);
}

/// What outlives snapshots: given, or that of the snapshot before, or made for the first one.
Result<void> add_runtime_objects(const config::Config& config, const RuntimeState& state, const Snapshot* previous,
                                 Snapshot& snapshot) {
  snapshot.backend_states = state.backend_states;
  if (snapshot.backend_states == nullptr && previous != nullptr) snapshot.backend_states = previous->backend_states;
  if (snapshot.backend_states == nullptr) {
    snapshot.backend_states = std::make_shared<balance::BackendStates>(config.runtime.worker_cpus.size());
  }
  snapshot.affinity = state.affinity;
  if (snapshot.affinity == nullptr && previous != nullptr) snapshot.affinity = previous->affinity;
  if (snapshot.affinity == nullptr) snapshot.affinity = balance::AffinityTable::make(config.affinity.entries);
  if (snapshot.affinity == nullptr) {
    return fail(fmt::format("no memory for the {} entries of [affinity], 16 bytes each", config.affinity.entries));
  }
  const auto seconds = [](std::chrono::milliseconds length) {
    return static_cast<std::uint32_t>(length.count() / 1000);
  };
  snapshot.affinity_ages =
      balance::AffinityAges({seconds(config.affinity.early_ttl), seconds(config.affinity.dialog_ttl),
                             seconds(config.affinity.registration_ttl)});
  return {};
}

}  // namespace

BackendId id_of(const config::Backend& backend) {
  return sip::make_backend_id(backend.id.empty() ? backend.address.to_string() : backend.id);
}

Result<BackendCell> CounterCells::cell_of(BackendId id) {
  if (const auto found = cells_.find(id.value); found != cells_.end()) return BackendCell{found->second};
  if (cells_.size() >= kMaxBackendCells) {
    return fail(
        fmt::format("{} different backends have been configured since the start, which is the most one process "
                    "can count; restart it",
                    kMaxBackendCells));
  }
  const auto cell = static_cast<std::uint16_t>(cells_.size());
  cells_.emplace(id.value, cell);
  return BackendCell{cell};
}

Result<std::unique_ptr<Snapshot>> build_snapshot(std::shared_ptr<const config::Config> config, const sip::Keyring& keys,
                                                 const RuntimeState& state, CounterCells& cells,
                                                 const Snapshot* previous) {
  auto snapshot = std::make_unique<Snapshot>();
  snapshot->config_generation = next_config_generation(previous, config);
  snapshot->node = sip::make_node_id(config->node.name);
  snapshot->keys = keys;
  if (const auto added = add_listeners(*config, *snapshot); !added) return fail(added.error().text);
  IdOwners owners;
  for (const config::Pool& configured : config->pools) {
    Result<Pool> pool = make_pool(configured, keys.slots, state, owners, cells, previous);
    if (!pool) return fail(pool.error().text);
    snapshot->pools.push_back(std::move(*pool));
  }
  add_leaving(state, owners, cells, snapshot->pools);
  snapshot->sources = sources_of(snapshot->pools);
  snapshot->index_sources();
  snapshot->is_draining = state.is_draining;
  snapshot->probe_sources = probe_sources_of(*config);
  if (const auto added = add_rules(*config, cells, previous, *snapshot); !added) return fail(added.error().text);
  for (std::size_t i = 0; i < config->ports.size() && i < kMaxPorts; ++i) {
    snapshot->rx_checksum[i] = config->ports[i].rx_checksum;
    snapshot->mtu[i] = config->ports[i].mtu;
  }
  snapshot->macs = state.macs;
  snapshot->next_hops = state.next_hops;
  for (Pool& pool : snapshot->pools) {
    await_next_hops(pool, *state.next_hops);
    pool.table = table_in_use(pool);
  }
  if (const auto added = add_runtime_objects(*config, state, previous, *snapshot); !added) {
    return fail(added.error().text);
  }
  snapshot->config = std::move(config);
  return snapshot;
}

}  // namespace dialplane::snapshot
