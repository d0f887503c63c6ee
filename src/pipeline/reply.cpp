// SPDX-License-Identifier: Apache-2.0
// Composes the answer to a request and puts it into the request's own buffer. One packet for one, to the packet's
// source.
#include "stages.hpp"

#include "dialplane/net/stun.hpp"
#include "dialplane/sip/response.hpp"
#include "dialplane/sip/status.hpp"
#include "dialplane/sip/token_digests.hpp"

#include <array>
#include <cstring>

namespace dialplane::pipeline {
namespace {

/// What the RFC obliges an answer to add: To tag, received, rport. Beyond it optional rows are left out.
constexpr std::size_t kObligedGrowth = 96;

/// Writes the SIP response into the scratch space and returns its length; 0: the request can not be answered.
std::size_t compose(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto& info = inline_response_info(packet.verdict.response);
  std::array<char, sip::kToTagLength> tag;
  sip::write_to_tag_digest(tag.data(), snapshot.keys.tokens[0], work.to_tag_digest);
  const bool is_listed = info.status != 0;
  const auto status = is_listed ? info.status : packet.verdict.status;
  const auto reason = is_listed ? info.reason : sip::status_reason(status);
  const bool names_methods = packet.verdict.response == InlineResponse::kMethodNotAllowed;
  const std::string_view extra_rows = names_methods ? work.listener->allow_row : info.extra_rows;
  sip::ResponseSpec spec{status, reason, {tag.data(), tag.size()}, extra_rows, packet.frame.source, work.is_sound};
  auto length = sip::write_response(context.scratch, work.message, work.facts, spec);
  if (length > packet.frame.payload_length + kObligedGrowth && !spec.extra_rows.empty()) {
    spec.extra_rows = {};
    length = sip::write_response(context.scratch, work.message, work.facts, spec);
  }
  return length;
}

std::size_t compose_stun(Stage stage) noexcept {
  const MutableBytes out{reinterpret_cast<std::uint8_t*>(stage.context.scratch.data()), stage.context.scratch.size()};
  return net::write_stun_answer(out, payload_of(stage.packet), stage.packet.frame.source);
}

}  // namespace

void reply(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto length = packet.verdict.stun == StunAnswer::kCount ? compose(stage) : compose_stun(stage);
  if (length == 0) return drop(stage, DropReason::kMalformedRequest);

  work.sender = work.listener;
  work.target = packet.frame.source;
  const auto around = message_room(packet, work.message, work.target.ip);
  if (!around) return drop(stage, DropReason::kNoRoom);
  auto room = *around;
  if (length > room.headroom + room.length + room.tailroom) return drop(stage, DropReason::kNoRoom);
  if (length > room.length + room.tailroom) {
    const auto shift = length - room.length - room.tailroom;
    room.data -= shift;
    room.headroom -= shift;
    room.length += shift;
  }
  std::memcpy(room.data, context.scratch.data(), length);
  room.tailroom = room.tailroom + room.length - length;
  room.length = length;
  adopt(packet, room, work.target.ip);
}

}  // namespace dialplane::pipeline
