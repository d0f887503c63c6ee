// SPDX-License-Identifier: Apache-2.0
// The stages that pipeline.cpp calls, in order, and what they share. A stage reads and writes one packet and its Work;
// it never calls another stage. Thread: the worker that owns the context.
#pragma once

#include "dialplane/pipeline/packet.hpp"
#include "dialplane/pipeline/worker_context.hpp"
#include "dialplane/snapshot/snapshot.hpp"

#include <optional>

namespace dialplane::pipeline {

/// Everything a stage works on.
struct StageParts {
  Packet& packet;
  Work& work;
  WorkerContext& context;
  const snapshot::Snapshot& snapshot;
};
/// How it is handed on. A copy at every call would be read in wider words than it was written in, which stalls.
using Stage = const StageParts&;

/// Fragment → held, or the datagram it completes, whose frame is then parsed in its place.
void join(Stage stage) noexcept;
/// Frame → listener, or punt, or drop.
void parse(Stage stage) noexcept;
/// Datagram → message and facts, or keepalive, STUN, malformed, own ACK.
void classify(Stage stage) noexcept;
/// Message → drop or answer if a screening rule says so. Needs snapshot.rules.
void admit(Stage stage) noexcept;
/// A whole burst.
struct Burst {
  Batch& batch;
  WorkerContext& context;
  const snapshot::Snapshot& snapshot;
};
/// Call-IDs → what slots and tokens are made of. Returns the messages it was done for, as does the next.
std::size_t hash_call_ids(const Burst& burst) noexcept;
/// Messages with tokens of ours → whether they are.
std::size_t vouch(const Burst& burst) noexcept;
/// Forwarded requests and answers → the digests of their tokens.
std::size_t digest(const Burst& burst) noexcept;
/// Message → where it goes: a target and a sender, or an answer.
void steer_request(Stage stage) noexcept;
void steer_response(Stage stage) noexcept;
/// Copies requests that a second backend must get too, into the batch's spare buffers.
void add_second_backends(Batch& batch, WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept;
/// Target and sender → edited message.
void rewrite_request(Stage stage) noexcept;
void rewrite_response(Stage stage) noexcept;
/// Answer → message in the packet's own buffer.
void reply(Stage stage) noexcept;
/// Message → frame to the next hop.
void send(Stage stage) noexcept;

/// The backend that sent this request: set if it comes from inside. A request on an inside listener may belong to any
/// backend; on a listener of both sides only the pool's own count.
const snapshot::BackendSource* sending_backend(Stage stage) noexcept;

/// Own Route values at the head of the route set, and what their tokens say.
struct RouteSet {
  bool any_own = false;
  bool flipped = false;  ///< an even number of crossings: the request turns back to the side it came from
  std::optional<sip::RouteToken> token;  ///< of the last own value, if it verifies
  bool has_next = false;                 ///< a foreign Route value follows
  sip::RouteView next;
  bool restored = false;  ///< the Request-URI was ours; the last Route value has taken its place
};
/// Finds the own Route values to pop, records them in stage.work.pops and judges their tokens.
/// Source: RFC 3261 §16.4, RFC 5658 §3.
RouteSet pop_own_routes(Stage stage) noexcept;

/// True if the URI names a listener of ours of this transport.
bool is_own(const snapshot::Snapshot& snapshot, const sip::UriView& uri) noexcept;
/// The maddr of a URI, which leads there in place of its host. Source: RFC 3261 §16.5, RFC 3263 §4.
inline std::optional<std::string_view> find_maddr(const sip::UriView& uri) noexcept {
  return uri.parameters.empty() ? std::nullopt : sip::find_parameter(uri.parameters, "maddr");
}
/// Where a URI leads. Errors: nullopt if that is a name.
inline std::optional<IpAddress> numeric_host_of(const sip::UriView& uri) noexcept {
  return IpAddress::parse(find_maddr(uri).value_or(uri.host));
}
/// Marks for removal the first Route value that is not marked yet.
void mark_route(Work& work, const sip::RouteView& route) noexcept;
/// The token in this text, verified. Errors: nullopt if it is not ours, or not of this Call-ID.
std::optional<sip::RouteToken> vouched_token(const Work& work, const snapshot::Snapshot& snapshot,
                                             std::string_view text) noexcept;
/// Undoes what a strict router before us did, and takes our own maddr out of the Request-URI; from then on
/// work.facts.request_uri is the new one. Returns where the Route value begins that became it; 0: none did.
/// Source: RFC 3261 §16.4.
std::uint16_t restore_request_uri(Stage stage) noexcept;
/// Marks the last Route value for removal; after every mark_route().
void remove_last_route(Work& work) noexcept;
/// If routes.next is a strict router: its URI becomes the Request-URI, and that one the last Route value.
/// Source: RFC 3261 §16.6 step 6.
void route_strictly(Stage stage, const RouteSet& routes) noexcept;
/// Plans what the functions above decided. Errors: false if it does not fit.
bool edit_routing(const Work& work, sip::EditList& edits) noexcept;

inline void drop(Stage stage, DropReason reason) noexcept {
  stage.packet.verdict.kind = Verdict::Kind::kDrop;
  stage.packet.verdict.reason = reason;
}

/// Answers the request, or drops it where it may not be answered (ACK).
inline void answer(Stage stage, InlineResponse response) noexcept {
  if (stage.work.message.method == sip::Method::kAck) return drop(stage, DropReason::kUnansweredAck);
  stage.packet.verdict.kind = Verdict::Kind::kReply;
  stage.packet.verdict.response = response;
}

inline void forward(Stage stage, const snapshot::Listener& sender, const Endpoint& target) noexcept {
  stage.work.sender = &sender;
  stage.work.target = target;
  stage.packet.verdict.kind = Verdict::Kind::kForward;
}
/// Plans the listener's source_header on a request from outside. Errors: false if it does not fit.
bool edit_source_header(Stage stage) noexcept;

/// True for a MAC address of many hosts: multicast or broadcast.
inline bool is_group(const std::uint8_t* mac) noexcept { return (mac[0] & 1) != 0; }

/// The UDP payload of a received packet.
inline ByteSpan payload_of(const Packet& packet) noexcept {
  return {packet.data + packet.frame.payload_offset, packet.frame.payload_length};
}
/// The free room round the SIP message of a received packet, less what the headers of a frame to `target` take.
/// Errors: nullopt if these do not fit: those of IPv6 are longer than those of a received IPv4 frame.
std::optional<sip::Room> message_room(const Packet& packet, const sip::Message& message,
                                      const IpAddress& target) noexcept;
/// Makes the edited message the payload of a frame to `target`.
void adopt(Packet& packet, const sip::Room& room, const IpAddress& target) noexcept;

}  // namespace dialplane::pipeline
