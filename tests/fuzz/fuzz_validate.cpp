// SPDX-License-Identifier: Apache-2.0
// Fuzz target: validate() behind scan(), on good and bad indexes alike. What it reads lies in the rows it names, an
// accepted message keeps its verdict when unfolded, spelled in another case or followed by surplus bytes, and answers
// are well formed. One thread.
#include "index.hpp"
#include "naive.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/response.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace dialplane::fuzz {
namespace {

using sip::Facts;
using sip::Fault;
using sip::HeaderId;
using sip::Message;

constexpr std::size_t kMaxDatagram = 65535;

/// A message with what validate() made of it.
struct Judged {
  Message message;
  Facts facts;
  Fault scanned = Fault::kNone;
  Fault fault = Fault::kNone;

  void judge(std::string_view datagram) {
    dirty(message, 0x77);
    scanned = sip::scan(datagram, message);
    fault = sip::validate(message, facts);
  }
  [[nodiscard]] bool accepted() const { return scanned == Fault::kNone && fault == Fault::kNone; }
  [[nodiscard]] std::string_view value(HeaderId id) const {
    const auto* row = message.find(id);
    return row == nullptr ? std::string_view{} : message.value(*row);
  }
};

void require_same_via(const sip::ViaView& a, std::string_view text_a, const sip::ViaView& b, std::string_view text_b) {
  require(a.row == b.row && a.begin == b.begin && a.end == b.end && a.next == b.next && a.port == b.port &&
              a.sent_by_end == b.sent_by_end && a.has_rport == b.has_rport && a.rport_begin == b.rport_begin &&
              a.rport_end == b.rport_end && a.received_begin == b.received_begin && a.received_end == b.received_end,
          "the same top Via");
  const auto same = [&](std::string_view x, std::string_view y) { return same_place(x, text_a, y, text_b); };
  require(same(a.transport, b.transport) && same(a.host, b.host) && same(a.branch, b.branch) &&
              same(a.rport_value, b.rport_value) && same(a.received, b.received) && same(a.dps, b.dps),
          "the same views of the top Via");
}

/// Everything but the kind of white space and the case of names must be equal.
void require_same_judgement(const Judged& a, const Judged& b) {
  require(a.scanned == b.scanned && a.fault == b.fault, "the same verdict");
  require_same_index(a.message, b.message);
  const auto& text_a = a.message.text;
  const auto& text_b = b.message.text;
  const auto same = [&](std::string_view x, std::string_view y) { return same_place(x, text_a, y, text_b); };
  require(a.facts.has_via == b.facts.has_via, "a top Via or none");
  if (a.facts.has_via) require_same_via(a.facts.via, text_a, b.facts.via, text_b);
  require(same(a.facts.call_id, b.facts.call_id) && same(a.facts.from_tag, b.facts.from_tag) &&
              same(a.facts.to_tag, b.facts.to_tag),
          "the same dialog");
  require(a.facts.cseq.number == b.facts.cseq.number && same(a.facts.cseq.method, b.facts.cseq.method),
          "the same CSeq");
  require(a.facts.has_max_forwards == b.facts.has_max_forwards && a.facts.max_forwards == b.facts.max_forwards,
          "the same Max-Forwards");
  const auto& x = a.facts.request_uri;
  const auto& y = b.facts.request_uri;
  require(x.scheme == y.scheme && x.port == y.port && x.has_user == y.has_user && same(x.user, y.user) &&
              same(x.host, y.host) && same(x.parameters, y.parameters),
          "the same Request-URI");
}

/// Holds for every verdict: facts are views of the rows they come from.
void check_facts(const Judged& judged) {
  const auto& message = judged.message;
  const auto& facts = judged.facts;
  const auto lies_in_row = [&](std::string_view view, HeaderId id) {
    return view.empty() || lies_in(view, judged.value(id));
  };
  require(message.body_end <= message.text.size() && message.body_offset <= message.body_end,
          "the body lies in the text");
  require(lies_in_row(facts.call_id, HeaderId::kCallId) && lies_in_row(facts.from_tag, HeaderId::kFrom) &&
              lies_in_row(facts.to_tag, HeaderId::kTo) && lies_in_row(facts.cseq.method, HeaderId::kCSeq),
          "facts lie in their rows");
  if (facts.has_via) {
    require(message.find(HeaderId::kVia) == &message.rows[facts.via.row], "the topmost Via");
    const auto value = judged.value(HeaderId::kVia);
    for (const auto view : {facts.via.transport, facts.via.host, facts.via.branch, facts.via.received, facts.via.dps}) {
      require(view.empty() || lies_in(view, value), "the top Via lies in its row");
    }
  }
  for (const auto view : {facts.request_uri.scheme_text, facts.request_uri.user, facts.request_uri.host}) {
    require(view.empty() || lies_in(view, message.request_uri()), "the Request-URI lies in the start line");
  }
  require(!sip::fault_name(judged.fault).empty(), "a fault has a name");
}

bool is_call_id(std::string_view text) noexcept {
  constexpr std::string_view kWord = "-.!%*_+`'~()<>:\\/\"[]?{}";
  const auto at = text.find('@');
  const auto is_word = [kWord](std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [kWord](char c) {
      return naive::is_alphanumeric(c) || kWord.find(c) != std::string_view::npos;
    });
  };
  return is_word(text.substr(0, at)) && (at == text.npos || is_word(text.substr(at + 1)));
}

void check_numbers(const Judged& judged) {
  const auto& message = judged.message;
  const auto& facts = judged.facts;
  const auto cseq = judged.value(HeaderId::kCSeq);
  require(naive::number(cseq.substr(0, cseq.find_first_of(" \t\r\n")), 0xffffffff) == facts.cseq.number, "CSeq number");
  require(cseq.ends_with(facts.cseq.method) && naive::is_token(facts.cseq.method), "CSeq method");
  const auto room = message.text.size() - message.body_offset;
  if (message.find(HeaderId::kContentLength) == nullptr) {
    require(message.body_end == message.text.size(), "without Content-Length the body is the rest");
  } else {
    require(naive::number(judged.value(HeaderId::kContentLength), room) == message.body_end - message.body_offset,
            "the body is as long as Content-Length says");
  }
}

void check_accepted_request(const Judged& judged) {
  const auto& message = judged.message;
  const auto& facts = judged.facts;
  require(facts.cseq.method == message.method_text(), "CSeq names the request's method");
  if (facts.has_max_forwards || message.find(HeaderId::kMaxForwards) != nullptr) {
    require(naive::number(judged.value(HeaderId::kMaxForwards), 255) == facts.max_forwards, "Max-Forwards");
  }
  const auto scheme = facts.request_uri.scheme_text;
  require(naive::same_name(scheme, "sip") || naive::same_name(scheme, "tel") || naive::same_name(scheme, "urn"),
          "a scheme that a proxy knows");
  require(!facts.request_uri.has_headers, "no headers in the Request-URI");
  // At Max-Forwards 0 that is what refuses it, before anybody asks for extensions.
  const bool may_refuse = message.method != sip::Method::kAck && message.method != sip::Method::kCancel &&
                          !(facts.has_max_forwards && facts.max_forwards == 0);
  const auto* required = message.find(HeaderId::kProxyRequire);
  for (; may_refuse && required != nullptr; required = message.next(*required)) {
    require(message.value(*required).empty(), "no extension is required of us");
  }
  sip::RouteCursor cursor(message);
  sip::RouteView route;
  auto step = cursor.next(route);
  while (step == sip::RouteCursor::Step::kValue) step = cursor.next(route);
  require(step == sip::RouteCursor::Step::kEnd, "every Route value parses");
}

void check_accepted(const Judged& judged) {
  const auto& message = judged.message;
  for (const auto id : {HeaderId::kCallId, HeaderId::kCSeq, HeaderId::kFrom, HeaderId::kTo}) {
    require(message.count(id) == 1 && !judged.value(id).empty(), "a header that must stand once");
  }
  require(judged.facts.has_via, "a top Via");
  require(judged.facts.call_id == judged.value(HeaderId::kCallId) && is_call_id(judged.facts.call_id), "a Call-ID");
  require(sip::parse_tag(judged.value(HeaderId::kFrom)) == judged.facts.from_tag, "From tag");
  require(sip::parse_tag(judged.value(HeaderId::kTo)) == judged.facts.to_tag, "To tag");
  check_numbers(judged);
  if (message.is_request) return check_accepted_request(judged);
  require(message.status >= 100 && message.status <= 699, "a status");
  require(message.method == sip::find_method(judged.facts.cseq.method), "a response has the method of its CSeq");
}

/// Blanks for the CRLF of every fold, and header names in the other case: nothing moves, nothing changes.
void check_other_spelling(const Judged& judged, std::string_view datagram) {
  static Judged other;
  ExactText spelled({datagram});
  const auto& message = judged.message;
  for (std::size_t i = 0; i < message.row_count; ++i) {
    const auto& row = message.rows[i];
    const std::size_t begin = message.skipped + row.offset;
    const std::size_t end = message.skipped + row.end - 2U;
    for (auto at = begin; at < end; ++at) {
      if (datagram[at] == '\r' || datagram[at] == '\n') spelled[at] = ' ';
    }
    for (auto at = begin; at < begin + row.name_length; ++at) {
      if (naive::is_alphanumeric(datagram[at]) && !naive::is_digit(datagram[at])) {
        spelled[at] = static_cast<char>(datagram[at] ^ 0x20);
      }
    }
  }
  other.judge(spelled.view());
  require_same_judgement(judged, other);
}

/// Bytes behind a body whose length is known change nothing.
void check_surplus(const Judged& judged, std::string_view datagram) {
  static Judged other;
  if (judged.message.find(HeaderId::kContentLength) == nullptr || datagram.size() + 2 > kMaxDatagram) return;
  const ExactText longer({datagram, "\r\n"});
  other.judge(longer.view());
  require(other.accepted() && other.message.body_end == judged.message.body_end, "surplus bytes are no body");
  const ExactText shorter({datagram.substr(0, judged.message.skipped + judged.message.body_end)});
  other.judge(shorter.view());
  require(other.accepted() && other.message.body_end == judged.message.body_end, "a body without surplus");
  if (shorter.view().size() == judged.message.skipped + judged.message.body_offset) return;
  const ExactText cut({shorter.view().substr(0, shorter.view().size() - 1)});
  other.judge(cut.view());
  require(other.scanned == Fault::kNone && other.fault != Fault::kNone, "a body that is cut is refused");
}

/// The answer to any message whose top Via was read scans; the answer to an accepted request repeats its dialog.
void check_answer(const Judged& judged) {
  static Judged answer;
  const auto source = *Endpoint::parse("198.51.100.7:40000");
  const sip::ResponseSpec spec{
      .status = 420, .reason = "Bad Extension", .to_tag = "zz", .extra_rows = "Unsupported: x\r\n", .source = source};
  std::vector<char> room(judged.message.text.size() + 300);
  const auto length = sip::write_response(room, judged.message, judged.facts, spec);
  require(length <= room.size(), "an answer fits in its room");
  require(judged.facts.has_via || length == 0, "nothing is answered without a Via");
  if (length == 0) return require(!judged.accepted(), "what is accepted can be answered");
  std::vector<char> tight(length - 1);
  require(sip::write_response(tight, judged.message, judged.facts, spec) == 0, "an answer is whole or nothing");

  const ExactText text({std::string_view(room.data(), length)});
  answer.judge(text.view());
  // A request at a limit has an answer over it: with a status line, two more rows and up to two more parameters.
  const bool at_limit = judged.message.row_count + 2U > sip::kMaxHeaderRows || length > sip::kMaxHeaderBytes;
  if (at_limit && answer.scanned == Fault::kTooLarge) return;
  require(answer.scanned == Fault::kNone && !answer.message.is_request, "an answer is a response");
  require(answer.message.status == 420, "an answer has its status");
  if (!judged.accepted()) return;
  require(answer.fault == Fault::kNone && answer.message.body_end == length, "an answer is valid");
  require(answer.facts.call_id == judged.facts.call_id && answer.facts.from_tag == judged.facts.from_tag &&
              answer.facts.cseq.number == judged.facts.cseq.number &&
              answer.facts.cseq.method == judged.facts.cseq.method,
          "an answer repeats the dialog");
  require(answer.facts.to_tag == (judged.facts.to_tag.empty() ? "zz" : judged.facts.to_tag), "an answer has a To tag");
  require(answer.message.count(HeaderId::kVia) == judged.message.count(HeaderId::kVia), "an answer has all Vias");
  require(answer.facts.via.branch == judged.facts.via.branch, "an answer has the branch");
  if (judged.facts.via.has_rport) {
    require(sip::response_target(answer.facts.via) == source, "an answer with rport goes to the source");
  }
}

}  // namespace

void fuzz_validate(std::string_view input) {
  static Judged judged;
  static Judged again;
  judged.judge(input);
  check_facts(judged);
  again.judge(input);
  again.fault = sip::validate(again.message, again.facts);
  require_same_judgement(judged, again);
  with_each_kernel([&] {
    again.judge(input);
    require_same_judgement(judged, again);
  });
  if (judged.message.is_request) check_answer(judged);
  if (!judged.accepted()) return;
  check_accepted(judged);
  check_other_spelling(judged, input);
  check_surplus(judged, input);
}

}  // namespace dialplane::fuzz
