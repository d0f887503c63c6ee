// SPDX-License-Identifier: Apache-2.0
// Sofia-SIP's reading.
#include "fields.hpp"

#include <sofia-sip/msg.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>

#include <memory>

namespace dialplane::oracle {
namespace {

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

std::optional<Fields> fields_of(const sip_t& sip) {
  const auto* const via = sip.sip_via;
  const auto* const call = sip.sip_call_id;
  const auto* const cseq = sip.sip_cseq;
  if (via == nullptr || call == nullptr || cseq == nullptr || sip.sip_from == nullptr || sip.sip_to == nullptr)
    return std::nullopt;
  Fields fields;
  if (sip.sip_request != nullptr) fields[Field::kMethod] = text_of(sip.sip_request->rq_method_name);
  fields[Field::kCallId] = text_of(call->i_id);
  fields[Field::kCSeqNumber] = std::to_string(cseq->cs_seq);
  fields[Field::kCSeqMethod] = text_of(cseq->cs_method_name);
  fields[Field::kViaHost] = without_brackets(text_of(via->v_host));
  fields[Field::kViaPort] = without_zeros(text_of(via->v_port));
  fields[Field::kViaBranch] = text_of(via->v_branch);
  fields[Field::kFromTag] = text_of(sip.sip_from->a_tag);
  fields[Field::kToTag] = text_of(sip.sip_to->a_tag);
  return fields;
}

}  // namespace

std::optional<Fields> read_with_sofia(std::string_view datagram) {
  const std::unique_ptr<msg_t, decltype(&msg_destroy)> message(
      msg_make(sip_default_mclass(), 0, datagram.data(), static_cast<ssize_t>(datagram.size())), &msg_destroy);
  if (message == nullptr) return std::nullopt;
  const auto* const sip = sip_object(message.get());
  const bool refused = sip == nullptr || sip->sip_error != nullptr || msg_has_error(message.get()) != 0;
  if (refused || (sip->sip_request == nullptr) == (sip->sip_status == nullptr)) return std::nullopt;
  return fields_of(*sip);
}

}  // namespace dialplane::oracle
