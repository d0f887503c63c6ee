// SPDX-License-Identifier: Apache-2.0
// The checks of RFC 3261 §16.3 that need nothing but the message, one step a field. Any thread; no allocation.
#include "validate_steps.hpp"

#include "chars.hpp"
#include "kernels.hpp"

#include "dialplane/base/text.hpp"

#include <initializer_list>

namespace dialplane::sip {
namespace {

constexpr std::uint64_t kMaxMaxForwards = 255;

/// callid = word [ "@" word ]. Source: RFC 3261 §25.1.
bool is_call_id(std::string_view text) noexcept {
  const auto at = skip_class(text, 0, kWordChar);
  if (at == 0) return false;
  if (at == text.size()) return true;
  if (text[at] != '@') return false;
  const auto end = skip_class(text, at + 1, kWordChar);
  return end == text.size() && end > at + 1;
}

}  // namespace

Fault check_via(const Message& message, Facts& facts) noexcept {
  if (message.find(HeaderId::kVia) == nullptr) return Fault::kMissingHeader;
  facts.has_via = top_via(message, facts.via);
  return facts.has_via ? Fault::kNone : Fault::kVia;
}

Fault check_presence(const Message& message) noexcept {
  for (const auto id : {HeaderId::kCallId, HeaderId::kCSeq, HeaderId::kFrom, HeaderId::kTo}) {
    const auto* row = message.find(id);
    if (row == nullptr || row->value_end == row->value_offset) return Fault::kMissingHeader;
  }
  return Fault::kNone;
}

Fault check_call_id(const Message& message, Facts& facts) noexcept {
  const auto call_id = message.value(*message.find(HeaderId::kCallId));
  if (!is_call_id(call_id)) return Fault::kCallId;
  facts.call_id = call_id;
  return Fault::kNone;
}

Fault check_cseq(Message& message, Facts& facts) noexcept {
  const auto cseq = parse_cseq(message.value(*message.find(HeaderId::kCSeq)));
  if (!cseq) return Fault::kCSeq;
  facts.cseq = *cseq;
  if (!message.is_request) {
    message.method = find_method(cseq->method);
  } else if (cseq->method != message.method_text()) {
    return message.method == Method::kOther ? Fault::kCSeqMethodUnknown : Fault::kCSeqMethod;
  }
  return Fault::kNone;
}

Fault check_tag(const Message& message, HeaderId id, std::string_view& tag) noexcept {
  tag = {};
  const auto found = parse_tag(message.value(*message.find(id)));
  if (!found) return Fault::kNameAddr;
  tag = *found;
  return Fault::kNone;
}

Fault check_request_uri(const Message& message, Facts& facts) noexcept {
  const auto uri = parse_uri(message.request_uri());
  if (!uri) return Fault::kRequestUri;
  facts.request_uri = *uri;
  if (uri->scheme == Scheme::kOther || uri->scheme == Scheme::kSips) return Fault::kScheme;
  return uri->has_headers ? Fault::kRequestUri : Fault::kNone;
}

Fault check_max_forwards(const Message& message, Facts& facts) noexcept {
  const auto* row = message.find(HeaderId::kMaxForwards);
  if (row == nullptr) return Fault::kNone;
  const auto number = parse_decimal(message.value(*row), kMaxMaxForwards);
  if (!number) return Fault::kMaxForwards;
  facts.has_max_forwards = true;
  facts.max_forwards = static_cast<std::uint16_t>(*number);
  return Fault::kNone;
}

Fault check_content_length(Message& message) noexcept {
  const auto* row = message.find(HeaderId::kContentLength);
  if (row == nullptr || message.headers_end == 0) return Fault::kNone;
  const auto length = parse_decimal(message.value(*row), message.text.size() - message.body_offset);
  if (!length) return Fault::kContentLength;
  message.body_end = static_cast<std::uint16_t>(message.body_offset + *length);
  return Fault::kNone;
}

Fault check_proxy_require(const Message& message, const Facts& facts) noexcept {
  // Neither method can be answered with a negotiation (RFC 3261 §8.2.2.3).
  if (message.method == Method::kAck || message.method == Method::kCancel) return Fault::kNone;
  if (facts.has_max_forwards && facts.max_forwards == 0) return Fault::kNone;
  for (const auto* row = message.find(HeaderId::kProxyRequire); row != nullptr; row = message.next(*row)) {
    if (row->value_end != row->value_offset) return Fault::kProxyRequire;
  }
  return Fault::kNone;
}

Fault check_routes(const Message& message, Facts& facts) noexcept {
  RouteCursor cursor(message);
  facts.route = {};
  auto step = cursor.next(facts.route);
  facts.has_route = step == RouteCursor::Step::kValue;
  RouteView route;
  while (step == RouteCursor::Step::kValue) step = cursor.next(route);
  return step == RouteCursor::Step::kEnd ? Fault::kNone : Fault::kRoute;
}

Fault validate_scalar(Message& message, Facts& facts) noexcept {
  facts = Facts{};
  const auto ok = [](Fault fault) { return fault == Fault::kNone; };
  auto fault = check_via(message, facts);
  if (ok(fault)) fault = check_presence(message);
  if (ok(fault)) fault = check_call_id(message, facts);
  if (ok(fault)) fault = check_tag(message, HeaderId::kFrom, facts.from_tag);
  if (ok(fault)) fault = check_tag(message, HeaderId::kTo, facts.to_tag);
  if (ok(fault)) fault = check_cseq(message, facts);
  if (!message.is_request) {
    if (ok(fault) && message.status == 0) fault = Fault::kStatus;
    return ok(fault) ? check_content_length(message) : fault;
  }
  if (ok(fault)) fault = check_request_uri(message, facts);
  if (ok(fault)) fault = check_max_forwards(message, facts);
  if (ok(fault)) fault = check_content_length(message);
  if (ok(fault)) fault = check_proxy_require(message, facts);
  if (ok(fault)) fault = check_routes(message, facts);
  return fault;
}

}  // namespace dialplane::sip
