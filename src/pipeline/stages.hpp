// SPDX-License-Identifier: Apache-2.0
// The stages that pipeline.cpp calls, in order, and what they share. A stage reads and writes one packet and its Work;
// it never calls another stage. Thread: the worker that owns the context.
#pragma once

#include "dialplane/pipeline/packet.hpp"
#include "dialplane/pipeline/worker_context.hpp"
#include "dialplane/snapshot/snapshot.hpp"

namespace dialplane::pipeline {

/// Everything a stage works on.
struct Stage {
  Packet& packet;
  Work& work;
  WorkerContext& context;
  const snapshot::Snapshot& snapshot;
};

/// Fragment → held, or the datagram it completes, whose frame is then parsed in its place.
void join(Stage stage) noexcept;
/// Frame → listener, or punt, or drop.
void parse(Stage stage) noexcept;
/// Datagram → message and facts, or keepalive, malformed, own ACK.
void classify(Stage stage) noexcept;
/// Message → drop or answer if a screening rule says so. Needs snapshot.rules.
void admit(Stage stage) noexcept;
/// Message → where it goes: a target and a sender, or an answer.
void steer_request(Stage stage) noexcept;
void steer_response(Stage stage) noexcept;
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
};
/// Finds the own Route values to pop, records them in stage.work.pops and judges their tokens.
/// Source: RFC 3261 §16.4, RFC 5658 §3.
RouteSet pop_own_routes(Stage stage) noexcept;

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

/// The free room round the SIP message of a received packet, less what the new frame headers take.
sip::Room message_room(const Packet& packet, const sip::Message& message) noexcept;
/// Makes the edited message the packet's payload.
void adopt(Packet& packet, const sip::Room& room) noexcept;

}  // namespace dialplane::pipeline
