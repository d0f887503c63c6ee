// SPDX-License-Identifier: Apache-2.0
// The steps of one message. Control thread.
#include "explain_rows.hpp"

#include "explain_steering.hpp"
#include "steering_names.hpp"

#include "dialplane/config/partners.hpp"
#include "dialplane/net/frame.hpp"
#include "dialplane/sip/limits.hpp"
#include "dialplane/sip/scanner.hpp"
#include "dialplane/sip/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace dialplane::control {

namespace {

using Kind = pipeline::Verdict::Kind;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(printable(text.substr(0, end + 1)));
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool is_from_inside(const Explained& explained) noexcept { return explained.work.from_backend != nullptr; }

/// Judged once more on the message as it came: the packet has been edited since.
void tell_message(const Explained& explained, Steps& steps) {
  steps.step("message");
  auto message = std::make_unique<sip::Message>();
  sip::Facts facts;
  auto fault = sip::scan(explained.message, *message);
  if (fault == sip::Fault::kNone) fault = sip::check_limits(*message, explained.work.listener->limits);
  const auto verdict = sip::validate(*message, facts);
  if (fault == sip::Fault::kNone) fault = verdict;
  if (fault != sip::Fault::kNone) {
    steps.put("fault", sip::fault_name(fault));
    steps.put("because", sip::fault_sentence(fault));
    return;
  }
  if (message->is_request) {
    steps.put("method", sip::method_name(message->method));
  } else {
    steps.put("status", message->status);
  }
  steps.put("call_id", printable(facts.call_id));
  steps.put("cseq", fmt::format("{} {}", facts.cseq.number, printable(facts.cseq.method)));
  steps.put("from_tag", printable(facts.from_tag));
  steps.put("to_tag", printable(facts.to_tag));
}

void tell_listener(const Explained& explained, Steps& steps) {
  steps.step("listener");
  const auto& listener = *explained.work.listener;
  steps.put("name", listener.name);
  steps.put("address", listener.address.to_string());
  steps.put("side", config::side_name(listener.side));
  const auto& pools = explained.snapshot.pools;
  steps.put("pool", listener.pool.value < pools.size() ? Json(pools[listener.pool.value].name) : Json());
  steps.put("from", explained.from.to_string());
  steps.put("direction", is_from_inside(explained) ? "from a backend" : "from outside");
}

void tell_rules(const Explained& explained, Steps& steps) {
  if (explained.snapshot.rules == nullptr) return;
  steps.step("rules");
  const auto rules = explained.snapshot.rules->rules();
  if (explained.work.rule >= rules.size()) return steps.put("hit", Json());
  const auto& rule = explained.snapshot.config->rules.at(explained.work.rule);
  steps.put("hit", rule.name);
  steps.put("field", rule.field);
  steps.put("regex", printable(rule.regex));
  steps.put("action", config::rule_action_text(rule));
}

void tell_decision(const Explained& explained, Steps& steps) {
  const auto& work = explained.work;
  steps.step("decision");
  if (work.token_outcome != pipeline::TokenOutcome::kCount) steps.put("token", token_name(work.token_outcome));
  if (work.steered != pipeline::SteeredBy::kCount) {
    steps.put("found_by", steered_name(work.steered));
    const auto& backends = explained.snapshot.pools[work.pool.value].backends;
    steps.put("backend", backends.at(work.backend).name);
    if (work.also != kNoIndex) steps.put("copied_to", backends.at(work.also).name);
  }
  const auto& verdict = explained.packet.verdict;
  switch (verdict.kind) {
    case Kind::kForward:
      steps.put("verdict", "forward");
      steps.put("target", work.target.to_string());
      steps.put("sender", work.sender->address.to_string());
      break;
    case Kind::kReply: {
      steps.put("verdict", "reply");
      if (verdict.stun != pipeline::StunAnswer::kCount) {
        steps.put("answer", pipeline::stun_answer_info(verdict.stun).name);
        break;
      }
      const auto& info = pipeline::inline_response_info(verdict.response);
      const auto status = info.status != 0 ? info.status : verdict.status;
      steps.put("answer", info.name);
      steps.put("status", status);
      steps.put("source", info.source);
      break;
    }
    case Kind::kDrop:
      steps.put("verdict", "drop");
      steps.put("reason", pipeline::drop_reason_info(verdict.reason).name);
      steps.put("because", pipeline::drop_reason_info(verdict.reason).sentence);
      break;
    case Kind::kPunt:
      steps.put("verdict", "punt");
      break;
    case Kind::kHold:
    case Kind::kUndecided:
      steps.put("verdict", "hold");
      break;
  }
}

/// Marks each line as kept, gone or new, by the longest common sequence of both messages' lines.
void tell_difference(const std::vector<std::string>& before, const std::vector<std::string>& after, Steps& steps) {
  constexpr std::size_t kMostLines = 1024;
  if (before.size() > kMostLines || after.size() > kMostLines) return steps.put("lines", "too many to compare");
  const auto width = after.size() + 1;
  std::vector<std::uint16_t> longest((before.size() + 1) * width, 0);
  for (std::size_t i = before.size(); i-- > 0;) {
    for (std::size_t j = after.size(); j-- > 0;) {
      longest[i * width + j] = before[i] == after[j]
                                   ? static_cast<std::uint16_t>(longest[(i + 1) * width + j + 1] + 1)
                                   : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    if (i < before.size() && j < after.size() && before[i] == after[j]) {
      steps.add(" ", before[i], before[i]);
      ++i;
      ++j;
    } else if (j == after.size() || (i < before.size() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      steps.add("-", before[i], before[i]);
      ++i;
    } else {
      steps.add("+", after[j], after[j]);
      ++j;
    }
  }
}

void tell_edits(const Explained& explained, Steps& steps) {
  const auto& edits = explained.context.edits;
  if (edits.size() == 0 || explained.packet.verdict.kind == Kind::kReply) return;
  steps.step("edits");
  for (const auto& edit : edits) {
    const auto inserted = edits.inserted(edit);
    const auto erased = std::string_view(explained.message)
                            .substr(std::min<std::size_t>(edit.at, explained.message.size()), edit.erase);
    Json entry;
    entry["at"] = edit.at;
    entry["erased"] = printable(erased);
    entry["inserted"] = printable(inserted);
    steps.add(fmt::format("at {}", edit.at), fmt::format("-\"{}\" +\"{}\"", printable(erased), printable(inserted)),
              std::move(entry));
  }
}

/// The frame as it would leave; a packet that is dropped has none.
void tell_output(const Explained& explained, Steps& steps) {
  const auto kind = explained.packet.verdict.kind;
  if (kind != Kind::kForward && kind != Kind::kReply) return;
  net::FrameView frame;
  net::parse_frame(explained.packet.bytes(), frame);
  if (frame.kind != net::FrameKind::kUdp) return;
  const auto payload = explained.packet.bytes().subspan(frame.payload_offset, frame.payload_length);
  const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
  steps.step("output");
  steps.put("port", explained.snapshot.config->ports.at(explained.packet.verdict.out_port.value).name);
  steps.put("source", frame.source.to_string());
  steps.put("destination", frame.destination.to_string());
  steps.put("bytes", text.size());
  steps.step("lines");
  tell_difference(lines_of(explained.message), lines_of(text), steps);
}

}  // namespace

Json explain_rows(const Explained& explained) {
  Steps steps;
  tell_listener(explained, steps);
  tell_message(explained, steps);
  tell_rules(explained, steps);
  tell_affinity(explained, steps);
  tell_placement(explained, steps);
  tell_decision(explained, steps);
  tell_edits(explained, steps);
  tell_output(explained, steps);
  return std::move(steps).result();
}

}  // namespace dialplane::control
