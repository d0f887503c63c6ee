// SPDX-License-Identifier: Apache-2.0
// A validated configuration as plain values. Built by the loader on the control or build thread; immutable after.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/ids.hpp"
#include "dialplane/config/health.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::config {

enum class Memory : std::uint8_t { kHugepages, kNone };
enum class Idle : std::uint8_t { kPoll, kPause, kSleep };
enum class RxChecksum : std::uint8_t { kVerify, kAbsent };
enum class Side : std::uint8_t { kOutside, kInside, kBoth };
enum class OptionsMode : std::uint8_t { kAnswer, kAnswerAny, kForward };
enum class NatMode : std::uint8_t { kAuto, kAlways, kNever };
enum class PathMode : std::uint8_t { kSupported, kAlways, kNever };
enum class OutboundMode : std::uint8_t { kRefuse, kLiteral, kPool };
enum class HairpinMode : std::uint8_t { kRefuse, kBalance };
enum class RuleAction : std::uint8_t { kDrop, kReject, kAllow };
enum class RetryAfterMode : std::uint8_t { kPass, kStrip };
enum class SecondChance : std::uint8_t { kOff, kSilent, kAlways };
enum class AdminState : std::uint8_t { kReady, kDrain, kMaint };
enum class Policy : std::uint8_t { kRendezvous, kMaglev, kRoundRobin, kLeastCalls, kTwoChoices, kPriority };
enum class KeyField : std::uint8_t { kCallId, kFromUser, kToUser, kRequestUser, kRequestUri, kSource, kHeader };

/// Where something stands in the file, for messages about it. Units: 1-based.
struct Location {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct Runtime {
  std::string name = "dialplane";
  std::uint16_t main_cpu = 0;
  std::vector<std::uint16_t> worker_cpus;
  Memory memory = Memory::kHugepages;
  std::uint32_t mbufs = 65536;
  Idle idle = Idle::kPause;
  std::string state_dir = "/var/lib/dialplane";
};

struct Node {
  std::string name;                    ///< default: the host name
  std::vector<Endpoint> probe_source;  ///< at most one of each address family; none: the inner listener's address
};

/// Paths of key files; empty: made once in state_dir.
struct Keys {
  std::string placement;
  std::vector<std::string> tokens;
};

struct Control {
  std::string socket;               ///< default: /run/<runtime.name>/control.sock
  std::optional<Endpoint> metrics;  ///< HTTP endpoint; absent: none
  Location metrics_location;
};

struct Route {
  Prefix prefix;  ///< "default" is 0.0.0.0/0 or ::/0
  IpAddress via;  ///< none: on link
};

struct Port {
  std::string name;
  std::vector<std::string> devices;  ///< element i is queue i
  std::string exception;             ///< kernel interface name; empty: none
  std::uint16_t mtu = 1500;
  std::vector<Prefix> addresses;
  std::vector<Route> routes;
  RxChecksum rx_checksum = RxChecksum::kVerify;
  Location location;
};

/// A neighbour for ports without an exception interface.
struct Neighbor {
  std::string port;
  IpAddress address;
  MacAddress mac;
  Location location;
};

/// Limits of a message; the defaults are the most the header index holds.
struct MessageLimits {
  std::uint16_t header_bytes = 32768;
  std::uint16_t header_rows = 256;
  std::uint16_t vias = 256;
  std::uint16_t call_id_bytes = 1024;
  std::uint16_t body_bytes = 65535;
};

struct Listener {
  std::string name;
  Endpoint address;
  Side side = Side::kBoth;
  std::vector<std::string> ports;  ///< empty: all
  std::string pool;                ///< empty only for side = inside
  std::vector<std::string> inner;  ///< at most one of each address family; none of a family: see partners.hpp
  std::vector<std::string> outer;  ///< likewise
  std::vector<std::string> names;  ///< lower case
  OptionsMode options = OptionsMode::kAnswer;
  bool record_route = true;
  NatMode nat = NatMode::kAuto;
  PathMode path = PathMode::kSupported;
  bool force_rport = false;
  OutboundMode outbound = OutboundMode::kRefuse;
  std::string outbound_pool;
  std::vector<Prefix> outbound_allow;
  HairpinMode hairpin = HairpinMode::kRefuse;
  std::vector<std::string> methods;  ///< empty: all
  std::string source_header;         ///< empty: none
  MessageLimits limits;
  Location location;
};

struct Backend {
  std::string name;
  std::string id;  ///< explicit id; empty: the address
  Endpoint address;
  std::uint32_t weight = 100;
  std::uint16_t tier = 1;
  AdminState state = AdminState::kReady;
  std::vector<Prefix> sources;  ///< empty: the address, any port
  ProbeSettings probing;
  Location location;
};

/// What of a message is hashed.
struct PlacementKey {
  KeyField field = KeyField::kCallId;
  std::string header;  ///< of kHeader, as in the file
  friend bool operator==(const PlacementKey&, const PlacementKey&) = default;
};

struct MethodKey {
  std::string method;
  PlacementKey key;
};

struct Pool {
  std::string name;
  Policy policy = Policy::kRendezvous;
  std::uint32_t slots = 0;             ///< 0: as many as a table usually has
  std::uint32_t load_permille = 0;     ///< max_load_factor × 1000; 0: none
  PlacementKey key;                    ///< of methods that are not in `method_keys`
  std::vector<MethodKey> method_keys;  ///< ACK and CANCEL are never among them: they go with INVITE
  Location key_location;
  SecondChance second_chance = SecondChance::kSilent;
  RetryAfterMode retry_after = RetryAfterMode::kStrip;
  Health health;
  std::vector<Backend> backends;
  Location location;
};

/// The affinity table.
struct Affinity {
  std::uint32_t entries = 1'048'576;
  std::chrono::milliseconds early_ttl{std::chrono::seconds(200)};
  std::chrono::milliseconds dialog_ttl{std::chrono::hours(4)};
  std::chrono::milliseconds registration_ttl{std::chrono::hours(1)};
};

/// A screening rule; whether the expression compiles is not known here.
struct Rule {
  std::string name;
  std::string field;  ///< a header's name, or message, request-uri, method; lower case
  std::string regex;
  RuleAction action = RuleAction::kDrop;
  std::uint16_t status = 0;  ///< of kReject
  Location location;
};

struct Config {
  Runtime runtime;
  Node node;
  Keys keys;
  Control control;
  std::vector<Port> ports;
  std::vector<Neighbor> neighbors;
  std::vector<Listener> listeners;
  std::vector<Pool> pools;
  Affinity affinity;
  std::vector<Rule> rules;  ///< the first that matches decides
  std::string text;         ///< what it was read from
};

/// "drop", "reject 403", "allow": as in the file.
std::string rule_action_text(const Rule& rule);
/// "call-id", "header X-Account": as in the file.
std::string placement_key_text(const PlacementKey& key);
/// The whole key of a pool: "call-id", or "default = call-id, REGISTER = to-user".
std::string pool_key_text(const Pool& pool);
/// The key of a request with this method; that of INVITE for ACK and CANCEL.
const PlacementKey& key_of(const Pool& pool, std::string_view method) noexcept;
std::string_view admin_state_name(AdminState state) noexcept;
std::optional<AdminState> parse_admin_state(std::string_view text) noexcept;

}  // namespace dialplane::config
