// SPDX-License-Identifier: Apache-2.0
// Reads the SIP message and judges what a proxy must judge. Keepalives, STUN and ACKs to our own answers end here.
#include "stages.hpp"

#include "dialplane/net/stun.hpp"
#include "dialplane/sip/limits.hpp"
#include "dialplane/sip/scanner.hpp"

namespace dialplane::pipeline {
namespace {

bool is_keepalive(std::string_view payload) noexcept {
  for (const char c : payload) {
    if (c != '\r' && c != '\n' && c != '\0') return false;
  }
  return true;
}

/// STUN Binding requests on the SIP port are answered, indications absorbed. Source: RFC 5626 §8.
void take_stun(Stage stage, net::StunKind kind) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (kind == net::StunKind::kMalformed) return drop(stage, DropReason::kMalformedStun);
  if (kind == net::StunKind::kIndication) return drop(stage, DropReason::kKeepalive);
  // What an earlier packet left here must not be taken for this one's.
  work.message.reset({});
  packet.verdict.kind = Verdict::Kind::kReply;
  packet.verdict.stun = kind == net::StunKind::kBinding ? StunAnswer::kBinding : StunAnswer::kUnknownAttribute;
}

InlineResponse response_of(std::uint16_t status) noexcept {
  switch (status) {
    case 413:
      return InlineResponse::kBodyTooLarge;
    case 416:
      return InlineResponse::kUriScheme;
    case 420:
      return InlineResponse::kBadExtension;
    case 501:
      return InlineResponse::kNotImplemented;
    case 505:
      return InlineResponse::kVersion;
    case 513:
      return InlineResponse::kTooLarge;
    default:
      return InlineResponse::kBadRequest;
  }
}

void refuse(Stage stage, sip::Fault fault) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  if (!context.dry_run) context.counters.faults.add(static_cast<std::size_t>(fault));
  const auto status = sip::fault_status(fault);
  if (fault == sip::Fault::kNotSip) return drop(stage, DropReason::kMalformedRequest);
  if (!work.message.is_request) return drop(stage, DropReason::kMalformedResponse);
  if (work.message.method == sip::Method::kAck) return drop(stage, DropReason::kMalformedAck);
  // Without the end of the header section nobody knows all Vias that an answer must carry; a section over the limit is
  // the exception, since its sender needs to learn of the limit.
  const bool whole = work.message.headers_end != 0 || fault == sip::Fault::kTooLarge;
  if (status == 0 || !whole || !work.facts.has_via) return drop(stage, DropReason::kMalformedRequest);
  answer(stage, response_of(status));
}

}  // namespace

void classify(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto bytes = payload_of(packet);
  const std::string_view payload{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  if (is_keepalive(payload)) return drop(stage, DropReason::kKeepalive);
  if (const auto kind = net::classify_stun(bytes); kind != net::StunKind::kNone) {
    return take_stun(stage, kind);
  }

  work.is_sound = false;
  auto unfit = sip::scan(payload, work.message);
  if (unfit == sip::Fault::kNone) unfit = sip::check_limits(work.message, work.listener->limits);
  if (unfit != sip::Fault::kNone) {
    // What could be indexed may be enough to answer; the first fault stays the reason.
    sip::validate(work.message, work.facts);
    return refuse(stage, unfit);
  }
  auto fault = sip::validate(work.message, work.facts);
  if (fault == sip::Fault::kNone) fault = sip::check_body(work.message, work.listener->limits);
  if (fault != sip::Fault::kNone) return refuse(stage, fault);
  work.is_sound = true;
  if (work.message.method == sip::Method::kAck && work.message.is_request &&
      sip::is_own_to_tag(snapshot.keys, work.facts)) {
    drop(stage, DropReason::kOwnAck);
  }
}

}  // namespace dialplane::pipeline
