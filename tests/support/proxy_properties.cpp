// SPDX-License-Identifier: Apache-2.0
// Each property draws its own message, so that a seed and a count name every failure.
#include "proxy_properties.hpp"

#include "sip_text.hpp"

#include <cctype>
#include <string>

namespace dialplane::test {
namespace {

Violation with_message(const Violation& violation, const Datagram& in, const std::optional<Datagram>& out) {
  if (violation.empty()) return {};
  const auto shown = [](const Datagram& datagram) {
    return datagram.source.to_string() + " > " + datagram.destination.to_string() + "\n" + datagram.bytes + "\n";
  };
  return violation + "\n-- in " + shown(in) + "-- out " + (out ? shown(*out) : std::string("nothing\n"));
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

Datagram ProxyProperties::request_from_outside() {
  auto request = messages_.request();
  while (request.destination != outer_listener()) request = messages_.request();
  return request;
}

/// `later` must take the way of the message that left as `first_out`.
Violation ProxyProperties::same_way(const Datagram& first_out, const Datagram& later, const std::string& what) {
  const auto out = node_.forward(later);
  if (!out) return with_message(what + " was not forwarded", later, out);
  if (out->destination != first_out.destination) return with_message(what + " went to another backend", later, out);
  if (top_branch(out->bytes) == top_branch(first_out.bytes)) return {};
  return with_message(what + " got another branch than " + std::string(top_branch(first_out.bytes)), later, out);
}

Outcome ProxyProperties::retransmission() {
  const auto request = messages_.request();
  const auto first = node_.forward(request);
  if (!first) return {};
  for (auto* node : {&node_, &other_node_}) {
    const auto again = node->forward(request);
    if (!again || again->bytes != first->bytes || again->destination != first->destination ||
        again->source != first->source) {
      return {true, with_message("P1: the retransmission left differently from " + first->bytes, request, again)};
    }
  }
  auto rebound = request;
  rebound.source.port = static_cast<std::uint16_t>(rebound.source.port ^ 0x0155);
  return {true, same_way(*first, rebound, "P1: the retransmission from a new port")};
}

Violation ProxyProperties::judge_transaction(const Transaction& transaction, const Datagram& invite_out) {
  if (auto wrong = same_way(invite_out, transaction.again, "P2: the retransmission"); !wrong.empty()) return wrong;
  if (auto wrong = same_way(invite_out, transaction.cancel, "P2: the CANCEL"); !wrong.empty()) return wrong;
  if (auto wrong = same_way(invite_out, transaction.ack, "P2: the ACK"); !wrong.empty()) return wrong;
  if (transaction.strange_field.empty()) return {};
  const auto strange = node_.forward(transaction.stranger);
  if (!strange || top_branch(strange->bytes) != top_branch(invite_out.bytes)) return {};
  return with_message("P2: another " + transaction.strange_field + " got the same branch", transaction.stranger,
                      strange);
}

Outcome ProxyProperties::transaction() {
  const auto transaction = messages_.transaction(request_from_outside());
  const auto out = node_.forward(transaction.invite);
  if (!out) return {};
  if (auto wrong = judge_transaction(transaction, *out); !wrong.empty()) {
    return {true, wrong + with_message("of", transaction.invite, out)};
  }
  const auto next = messages_.transaction(messages_.next_in_dialog(transaction, *out));
  const auto next_out = node_.forward(next.invite);
  if (!next_out || next_out->destination != out->destination) {
    return {true, with_message("P2: the dialog went to another backend", next.invite, next_out)};
  }
  return {true, judge_transaction(next, *next_out)};
}

Outcome ProxyProperties::strict_router() {
  const auto transaction = messages_.transaction(request_from_outside());
  const auto out = node_.forward(transaction.invite);
  if (!out) return {};
  const auto loose = messages_.next_in_dialog(transaction, *out);
  // The remote target of a dialog is a SIP URI; one that Route has no room for cannot come back from there.
  const auto target = loose.bytes.substr(0, loose.bytes.find("\r\n"));
  if (target.find(" sip:") == std::string::npos || target.find_first_of("<>") != std::string::npos) return {};
  // Without a magic branch the Request-URI as it came tells transactions apart, and that differs.
  if (lower(top_branch(loose.bytes).substr(0, 7)) != "z9hg4bk") return {};
  const auto wanted = node_.forward(loose);
  if (!wanted) return {};
  const auto strict = messages_.transaction(ProxiedMessages::from_strict_router(loose));
  const auto got = node_.forward(strict.invite);
  if (!got || got->bytes != wanted->bytes || got->destination != wanted->destination) {
    return {true, with_message("T1: left differently from " + wanted->bytes, strict.invite, got)};
  }
  return {true, judge_transaction(strict, *got)};
}

Outcome ProxyProperties::rewriting() {
  const auto request = messages_.request();
  const auto out = node_.forward(request);
  if (!out) return {};
  return {true, with_message(judge_forwarded_request(request, *out), request, out)};
}

Outcome ProxyProperties::response() {
  const auto request = messages_.request();
  const auto forwarded = node_.forward(request);
  if (!forwarded) return {};
  const auto response = messages_.response(*forwarded);
  const auto out = node_.forward(response);
  if (!out) return {true, with_message("N3: the response was not forwarded", response, out)};
  if (out->destination.ip != request.source.ip) {
    return {true, with_message("N3: the response left for another host", response, out)};
  }
  return {true, with_message(judge_forwarded_response(response, *out), response, out)};
}

}  // namespace dialplane::test
