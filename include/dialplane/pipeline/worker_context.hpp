// SPDX-License-Identifier: Apache-2.0
// Everything one worker owns, beside its queues: working memory of a burst and counters. Made before start.
#pragma once

#include "dialplane/balance/placement_key.hpp"
#include "dialplane/balance/policy.hpp"
#include "dialplane/base/ids.hpp"
#include "dialplane/net/reassembly.hpp"
#include "dialplane/pipeline/packet.hpp"
#include "dialplane/pipeline/unresolved_ring.hpp"
#include "dialplane/pipeline/worker_counters.hpp"
#include "dialplane/sip/edits.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/message.hpp"
#include "dialplane/sip/token_digests.hpp"
#include "dialplane/snapshot/snapshot.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::pipeline {

/// A stretch of Route values of ours that leaves the message.
struct RoutePop {
  std::uint16_t begin = 0;
  std::uint16_t end = 0;
};

/// The rows of our own that a forwarded request gets beside its Via.
enum class OwnValues : std::uint8_t { kNone, kRecordRoute, kPath };

/// What the stages learn about one message of the burst.
struct Work {
  sip::Message message;
  sip::Facts facts;
  bool is_sound = false;                                  ///< nothing was found wrong with the message
  IpAddress via_ip;                                       ///< sent-by of the top Via; none: a name
  const snapshot::BackendSource* source = nullptr;        ///< the backend that the packet's address belongs to
  MacAddress previous_hop;                                ///< source of the frame
  const snapshot::Listener* listener = nullptr;           ///< arrived on
  const snapshot::Listener* sender = nullptr;             ///< leaves from its address
  const snapshot::BackendSource* from_backend = nullptr;  ///< set: direction is from inside
  Direction direction = Direction::kFromOutside;
  PoolIndex pool;                    ///< of the chosen or sending backend
  std::uint16_t backend = kNoIndex;  ///< its position; kNoIndex: none
  Endpoint target;                   ///< next hop on the SIP level
  std::optional<sip::Flow> flow;     ///< set if the target came from a flow token
  std::array<RoutePop, 9> pops;
  std::size_t pop_count = 0;
  std::string_view new_uri;         ///< replaces the Request-URI; empty: it stays
  std::string_view last_route;      ///< becomes the last Route value; empty: none
  std::array<char, 1024> uri_text;  ///< memory of new_uri where it is no part of the message

  // Read and verified for the whole burst at once, see src/pipeline/vouch.cpp.
  const snapshot::Listener* via_owner = nullptr;  ///< responses: the listener that the top Via names; nullptr: none
  bool has_next_via = false;                      ///< responses: the next is there and well formed
  sip::ViaView next_via;                          ///< responses: the Via below ours
  sip::ResponseRoute below;                       ///< responses: what it says
  bool has_claim = false;                         ///< one of the claims is to be checked
  sip::DpsClaim dps_claim;                        ///< responses
  sip::RouteTokenClaim route_claim;               ///< requests: the token of the first Route value …
  std::string_view route_claim_text;              ///< … and its text

  // Why, for `explain`, which clears them before; nothing else reads them.
  std::uint16_t rule = kNoIndex;                      ///< the screening rule that matched
  TokenOutcome token_outcome = TokenOutcome::kCount;  ///< of the last own Route value
  SteeredBy steered = SteeredBy::kCount;              ///< how the backend was found

  // Made for the whole burst at once, see src/pipeline/digest.cpp.
  std::uint64_t call_hash = 0;      ///< of the Call-ID: its slot, and part of the branch
  std::uint64_t call_seal = 0;      ///< of the Call-ID: what our tokens are bound to
  std::uint64_t branch_digest = 0;  ///< forwarded requests
  std::uint64_t dps_digest = 0;     ///< forwarded requests
  std::uint64_t to_tag_digest = 0;  ///< answered requests
  OwnValues own_values = OwnValues::kNone;
  sip::RouteTokenSeal token;  ///< of own_values

  // Read from and written to the affinity table, see src/pipeline/affinity.cpp.
  balance::AffinityTable::View entry;  ///< of the Call-ID, once it was looked up
  std::uint32_t transaction = 0;       ///< digest of the transaction
  std::uint16_t also = kNoIndex;       ///< position of a second backend that must get the request too
};

struct WorkerContext {
  WorkerIndex index;
  WorkerCounters counters;
  std::array<Work, kBatchSize + kMaxClones> work;
  SipHash13Lanes call_lanes;
  SipHash24Lanes via_lanes;  ///< apart from the next: strings of like length share their steps
  SipHash24Lanes token_lanes;
  sip::EditList edits;
  std::array<char, 65536> scratch;  ///< inline answers are composed here
  balance::KeyRoom key_room;        ///< what is hashed is composed here
  balance::PoolMemories pools;      ///< what policies keep in mind
  UnresolvedRing unresolved;
  net::Reassembler fragments;
  std::uint64_t unix_time_s = 0;       ///< set by the worker now and then
  std::uint64_t now_ms = 0;            ///< one clock for all threads, set by the worker before each burst
  std::uint64_t now_us = 0;            ///< the same clock
  std::uint16_t next_ip_id = 0;        ///< starts at the worker's index …
  std::uint16_t ip_id_step = 1;        ///< … and goes on by the number of workers, so that no two share an id
  std::uint32_t next_fragment_id = 0;  ///< the same for fragments over IPv6
  std::uint32_t second_backends = 0;   ///< messages of this burst that must go to two backends
  std::uint32_t bursts = 0;            ///< which bursts' cycles are read
  /// `explain`: decide and rewrite, but count nothing and leave no trace.
  bool dry_run = false;
};

}  // namespace dialplane::pipeline
