// SPDX-License-Identifier: Apache-2.0
// libosip2's reading.
#include "fields.hpp"

#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

#include <cstdarg>
#include <memory>

namespace dialplane::oracle {
namespace {

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

/// It writes to standard output otherwise; what it refuses is no news here.
void start_quietly() {
  parser_init();
  osip_trace_initialize_func(TRACE_LEVEL0, [](const char*, int, osip_trace_level_t, const char*, va_list) {});
  for (int level = 0; level < END_TRACE_LEVEL; ++level) {
    osip_trace_disable_level(static_cast<osip_trace_level_t>(level));
  }
}

std::string parameter(osip_list_t* parameters, const char* name) {
  osip_generic_param_t* found = nullptr;
  std::string copy(name);
  if (osip_generic_param_get_byname(parameters, copy.data(), &found) != OSIP_SUCCESS || found == nullptr) return {};
  return text_of(found->gvalue);
}

std::optional<Fields> fields_of(osip_message_t& message) {
  auto* const via = static_cast<osip_via_t*>(osip_list_get(&message.vias, 0));
  const auto* const call = message.call_id;
  const auto* const cseq = message.cseq;
  if (via == nullptr || call == nullptr || cseq == nullptr || message.from == nullptr || message.to == nullptr)
    return std::nullopt;
  Fields fields;
  if (MSG_IS_REQUEST(&message)) fields[Field::kMethod] = text_of(message.sip_method);
  fields[Field::kCallId] = text_of(call->number);
  if (call->host != nullptr) fields[Field::kCallId] += "@" + text_of(call->host);
  fields[Field::kCSeqNumber] = without_zeros(text_of(cseq->number));
  fields[Field::kCSeqMethod] = text_of(cseq->method);
  fields[Field::kViaHost] = without_brackets(text_of(via->host));
  fields[Field::kViaPort] = without_zeros(text_of(via->port));
  fields[Field::kViaBranch] = parameter(&via->via_params, "branch");
  fields[Field::kFromTag] = parameter(&message.from->gen_params, "tag");
  fields[Field::kToTag] = parameter(&message.to->gen_params, "tag");
  return fields;
}

}  // namespace

std::optional<Fields> read_with_osip(std::string_view datagram) {
  [[maybe_unused]] static const bool started = (start_quietly(), true);
  osip_message_t* made = nullptr;
  if (osip_message_init(&made) != OSIP_SUCCESS) return std::nullopt;
  const std::unique_ptr<osip_message_t, decltype(&osip_message_free)> message(made, &osip_message_free);
  if (osip_message_parse(made, datagram.data(), datagram.size()) != OSIP_SUCCESS) return std::nullopt;
  return fields_of(*made);
}

}  // namespace dialplane::oracle
