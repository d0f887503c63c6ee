// SPDX-License-Identifier: Apache-2.0
// The immutable state workers read. Built by the builder, published by the publisher, never changed after.
#pragma once

#include "dialplane/admit/rule_set.hpp"
#include "dialplane/balance/affinity_table.hpp"
#include "dialplane/balance/backend_states.hpp"
#include "dialplane/balance/placement_key.hpp"
#include "dialplane/balance/policy.hpp"
#include "dialplane/balance/slot_table.hpp"
#include "dialplane/base/address.hpp"
#include "dialplane/base/ids.hpp"
#include "dialplane/config/config.hpp"
#include "dialplane/sip/keys.hpp"
#include "dialplane/sip/limits.hpp"
#include "dialplane/snapshot/next_hops.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dialplane::snapshot {

/// What checks say of a backend, always apart from its administrative state.
enum class ObservedState : std::uint8_t { kUnknown, kUp, kDown, kProbing };
std::string_view observed_state_name(ObservedState state) noexcept;

struct Backend {
  std::string name;
  BackendId id;
  Endpoint address;
  std::uint32_t weight = 0;
  config::AdminState admin = config::AdminState::kReady;
  ObservedState observed = ObservedState::kUnknown;
  bool in_panic = false;    ///< `down`, and used all the same because too few others are not
  bool is_leaving = false;  ///< gone from the file: keeps the dialogs it has
  BackendCell cell;         ///< its counters
  std::vector<Prefix> sources;
  /// May get a new dialog: `ready`, not `down` (but for a panic), not leaving, and of some weight.
  [[nodiscard]] bool takes_new() const noexcept {
    return admin == config::AdminState::kReady && (observed != ObservedState::kDown || in_panic) && !is_leaving &&
           weight > 0;
  }
  /// May get a message of a dialog or transaction it has. Everything but `maint`.
  [[nodiscard]] bool takes_existing() const noexcept { return admin != config::AdminState::kMaint; }
};

struct Pool {
  std::string name;
  config::RetryAfterMode retry_after = config::RetryAfterMode::kStrip;
  std::string key_text;           ///< as in the file
  balance::KeyRules keys;         ///< by method
  std::vector<Backend> backends;  ///< those that are leaving come last
  balance::Plan plan;             ///< what the policy looks up
  /// Of the plan, that in use; members in the order of `backends`, without those that are leaving.
  std::shared_ptr<const balance::SlotTable> table;
  std::vector<BackendCell> cells;             ///< per backend
  std::vector<std::uint8_t> usable_new;       ///< per backend: takes_new() and can be reached
  std::vector<std::uint8_t> usable_existing;  ///< per backend: takes_existing()
  std::vector<std::uint16_t> share;           ///< per backend, of its new dialogs: kWholeShare, or less at first
  bool any_usable = false;                    ///< some usable_new
  std::vector<std::uint16_t> by_id;           ///< positions in the order of ids, see index_backends()
  std::vector<std::uint16_t> by_address;      ///< positions in the order of addresses
  std::vector<std::uint16_t> by_cell;         ///< position of each cell up to the highest in the pool
  config::SecondChance second_chance = config::SecondChance::kSilent;
  std::uint64_t affinity_salt = 0;  ///< of its name: one Call-ID has an entry in each pool
  /// Fills by_id and by_address; once, when `backends` is complete. find() sees nothing before.
  void index_backends();
  /// Position of the backend with this id, kNoIndex if it is not in the pool. Cost: a binary search, like the next.
  [[nodiscard]] std::uint16_t find(BackendId backend_id) const noexcept;
  /// Position of the backend with this cell, kNoIndex if it is not in the pool.
  [[nodiscard]] std::uint16_t find(BackendCell cell) const noexcept {
    return cell.value < by_cell.size() ? by_cell[cell.value] : kNoIndex;
  }
  /// Position of the backend with this address, kNoIndex if none.
  [[nodiscard]] std::uint16_t find(const Endpoint& address) const noexcept;
};

/// The listeners that stand for a service on one side, by address family; kNoIndex: none.
struct Partners {
  ListenerIndex v4{kNoIndex};
  ListenerIndex v6{kNoIndex};
  [[nodiscard]] ListenerIndex toward(const IpAddress& target) const noexcept { return target.is_v6() ? v6 : v4; }
  friend bool operator==(const Partners&, const Partners&) = default;
};

struct Listener {
  std::string name;
  ListenerId id;
  Endpoint address;
  std::string sent_by;    ///< "203.0.113.10:5060": Via sent-by and Record-Route host
  std::string via_start;  ///< "Via: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bKd"
  std::string dps_start;  ///< ";dps=" and all of it but the digest, for requests that came to this listener
  std::string own_uri;    ///< ": <sip:203.0.113.10:5060;lr;dp="
  std::string pair_uri;   ///< the same of one of a pair, ": <sip:203.0.113.10:5060;lr;r2=on;dp="
  config::Side side = config::Side::kBoth;
  std::uint32_t port_mask = 0;     ///< bit i: served on port i
  PoolIndex pool;                  ///< kNoIndex: none (side inside)
  PoolIndex service;               ///< of the callers' listener: the pool that dialogs through this one belong to
  Partners inner;                  ///< sources towards backends
  Partners outer;                  ///< sources towards callers
  std::vector<std::string> names;  ///< lower case
  config::OptionsMode options = config::OptionsMode::kAnswer;
  bool record_route = true;
  config::NatMode nat = config::NatMode::kAuto;
  config::PathMode path = config::PathMode::kSupported;
  bool force_rport = false;
  config::OutboundMode outbound = config::OutboundMode::kRefuse;
  PoolIndex outbound_pool;
  std::vector<Prefix> outbound_allow;
  config::HairpinMode hairpin = config::HairpinMode::kRefuse;
  std::uint32_t methods = ~std::uint32_t{0};  ///< bit i: sip::Method i is taken from outside
  std::string allow_row;                      ///< "Allow: …\r\n", those methods; empty where all are taken
  std::string source_header;                  ///< empty: none
  sip::Limits limits;
};

/// A backend as a packet source: which pool and position it is.
struct BackendSource {
  Prefix prefix;
  PoolIndex pool;
  std::uint16_t position = 0;
};

struct Snapshot {
  std::uint64_t generation = 0;         ///< of the published snapshot, set by the publisher
  std::uint64_t config_generation = 0;  ///< counts successful loads
  std::shared_ptr<const config::Config> config;
  NodeId node;
  sip::Keyring keys;
  std::vector<Listener> listeners;
  std::vector<Pool> pools;
  bool is_draining = false;             ///< node drain: callers are told to go elsewhere
  std::vector<Endpoint> probe_sources;  ///< answers to probes come here; none is a listener's
  std::vector<BackendSource> sources;   ///< longest prefix first, then by address; no bits beyond the length
  /// The first source of each single address. Open addressing, 1 + index into `sources`; 0: free; a power of two of
  /// them.
  std::vector<std::uint32_t> source_buckets = {0};
  bool has_wide_sources = false;  ///< some source is more than one address
  std::array<config::RxChecksum, kMaxPorts> rx_checksum{};
  std::array<std::uint16_t, kMaxPorts> mtu{};
  std::array<MacAddress, kMaxPorts> macs{};
  std::shared_ptr<const NextHopTable> next_hops;
  std::shared_ptr<const admit::RuleSet> rules;       ///< nullptr: none
  std::vector<RuleCell> rule_cells;                  ///< counters of each rule, in the order of `rules`
  std::shared_ptr<balance::AffinityTable> affinity;  ///< of the process; never nullptr
  balance::AffinityAges affinity_ages;
  std::shared_ptr<balance::BackendStates> backend_states;  ///< of the process, by BackendCell; never nullptr

  /// The listener on exactly this destination, served on `port`; nullptr if none. Cost: a walk of the listeners.
  [[nodiscard]] const Listener* find_listener(const Endpoint& destination, PortIndex port) const noexcept;
  [[nodiscard]] const Listener* find_listener(ListenerId id) const noexcept;
  /// The listener at this address, on whatever port it is served; nullptr if none.
  [[nodiscard]] const Listener* find_listener(const Endpoint& address) const noexcept;
  /// The source for a packet to a backend at `target`; nullptr if `listener` has none of that address family.
  [[nodiscard]] const Listener* inner_toward(const Listener& listener, const IpAddress& target) const noexcept;
  /// The same for a packet to a caller.
  [[nodiscard]] const Listener* outer_toward(const Listener& listener, const IpAddress& target) const noexcept;
  /// The listener that callers of this one's service reach: of its own address family if there is one.
  [[nodiscard]] const Listener& main_outer(const Listener& listener) const noexcept;
  /// True if some listener has this IP address, whatever its UDP port.
  [[nodiscard]] bool is_listener_ip(const IpAddress& ip) const noexcept;
  /// True if health probes leave from here. Cost: a walk of the probe sources.
  [[nodiscard]] bool is_probe_source(const Endpoint& address) const noexcept;
  /// True if some probe source has this IP address.
  [[nodiscard]] bool is_probe_ip(const IpAddress& ip) const noexcept;
  /// True if host and port name one of our proxy listeners, by address or by a name of it. Source: RFC 3261 §19.1.4.
  [[nodiscard]] bool is_own(std::string_view host, std::uint16_t port_or_default) const noexcept;
  /// The backend that sends from this address, longest prefix first; of several with one prefix the first in the file;
  /// nullptr if none. Cost: one hash probe; where has_wide_sources, for all but single addresses a binary search for
  /// each prefix length in use, too.
  [[nodiscard]] const BackendSource* find_source(const IpAddress& address) const noexcept;
  /// Fills source_buckets and has_wide_sources; once, when `sources` is complete. find_source() sees nothing before.
  void index_sources();
};

}  // namespace dialplane::snapshot
