// SPDX-License-Identifier: Apache-2.0
// What travels in our own URI and Via parameters: dp (Record-Route, Path), dps (Via), branch, To tag of inline
// answers. Byte layout: docs/wire-formats.md. Any thread; no allocation; compares in constant time.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/ids.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/keys.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::sip {

/// Where a client behind NAT is reached.
struct Flow {
  Endpoint client;
  ListenerId listener;         ///< the listener it talked to: answers must leave from its address
  std::uint8_t transport = 0;  ///< 0: UDP
};

/// The content of a `dp=` parameter.
struct RouteToken {
  enum class Type : std::uint8_t { kRecordRoute = 1, kPath = 2 };
  Type type = Type::kRecordRoute;
  bool pair = false;  ///< one of two adjacent values (doubled Record-Route): popped together
  bool has_backend = false;
  BackendId backend;
  std::optional<Flow> flow;
  std::uint32_t issued_at = 0;  ///< kPath only: Unix time / 256 s
  ListenerId bound_to;          ///< kPath only: listener it was issued on
};

/// Longest text of a token (a Path with an IPv6 flow).
inline constexpr std::size_t kMaxRouteTokenText = 96;

/// The digest of a Call-ID that the tokens of one key are bound to. Never leaves the node.
std::uint64_t seal_call_id(const TokenKey& key, std::string_view call_id) noexcept;

/// Writes a token with the signing key and returns its length. Equal inputs give equal text (RFC 3261 §16.6 step 4:
/// identical on retransmission). kRecordRoute is bound to `call_id`; kPath ignores it.
/// Units: at least kMaxRouteTokenText bytes at `out`.
std::size_t write_route_token(char* out, const Keyring& keys, const RouteToken& token,
                              std::string_view call_id) noexcept;

/// Reads and verifies a token of any case. `seal` is seal_call_id() under the signing key, if the caller has it.
/// Errors: nullopt if it was not made with one of our keys for this Call-ID.
std::optional<RouteToken> read_route_token(std::string_view text, const Keyring& keys, std::string_view call_id,
                                           std::optional<std::uint64_t> seal = std::nullopt) noexcept;

/// Hex digits of a digest.
inline constexpr std::size_t kDigestDigits = 16;
/// `z9hG4bKd` and 16 hex digits. Units: bytes.
inline constexpr std::size_t kBranchLength = 24;

/// Writes the branch of a forwarded request: a digest of what is equal in an INVITE, its retransmissions, its CANCEL
/// and its non-2xx ACK. With a magic branch: received branch, its sent-by, Call-ID, From tag, CSeq number; without: the
/// top Via value up to any received or rport, From tag, Call-ID, CSeq number, Request-URI. Never the method, source
/// port or To tag. Units: kBranchLength bytes at `out`. Source: RFC 3261 §16.11.
void write_branch(char* out, const Keyring& keys, const Message& message, const Facts& facts) noexcept;

/// What `dps` vouches for, beside our branch and the Call-ID: where the response must go.
struct ResponseRoute {
  std::string_view sent_by_host;   ///< of the Via below ours; compared case-insensitively
  std::uint16_t sent_by_port = 0;  ///< 0: absent
  IpAddress received;              ///< none: absent
  std::uint16_t rport = 0;         ///< 0: absent
  IpAddress sent_by_ip = {};       ///< sent_by_host as an address, if the caller has read it; none: it is read anew
};

/// Longest text of dps.
inline constexpr std::size_t kMaxDpsText = 40;

/// Writes dps: version and key id, node id, the listener the request came to, a 64-bit MAC; returns its length.
/// `branch` is one that write_branch() wrote.
std::size_t write_dps(char* out, const Keyring& keys, NodeId node, ListenerId came_to, std::string_view branch,
                      std::string_view call_id, const ResponseRoute& route) noexcept;

struct Dps {
  NodeId node;
  ListenerId came_to;
};
/// Verifies dps of any case. `branch` may be case-folded too; `seal` as in read_route_token. Errors: nullopt if it is
/// not ours or vouches for another route.
std::optional<Dps> read_dps(std::string_view text, const Keyring& keys, std::string_view branch,
                            std::string_view call_id, const ResponseRoute& route,
                            std::optional<std::uint64_t> seal = std::nullopt) noexcept;

/// Length of the To tag of an inline answer.
inline constexpr std::size_t kToTagLength = 20;
/// Writes the To tag of an inline answer: a MAC over Call-ID, From tag, CSeq number and top branch.
/// Source: RFC 3261 §8.2.7, §19.3. Units: kToTagLength bytes at `out`.
void write_to_tag(char* out, const Keyring& keys, const Facts& facts) noexcept;
/// True if the To tag of this ACK is one that write_to_tag made for its INVITE, with any of our keys.
bool is_own_to_tag(const Keyring& keys, const Facts& facts) noexcept;

/// Unkeyed ids, equal on every node.
BackendId make_backend_id(std::string_view address_or_id) noexcept;
ListenerId make_listener_id(std::string_view address) noexcept;
NodeId make_node_id(std::string_view name) noexcept;

}  // namespace dialplane::sip
