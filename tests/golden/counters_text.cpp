// SPDX-License-Identifier: Apache-2.0
// Turns a worker's counters into names. Test code; one thread.
#include "counters_text.hpp"

#include <fmt/core.h>

#include <array>

namespace dialplane::golden {
namespace {

using Names = std::map<std::string, std::uint64_t>;

void put(Names& names, const std::string& name, std::uint64_t value) {
  if (value != 0) names[name] = value;
}

void put_sip(Names& names, const pipeline::WorkerCounters& counters) {
  for (std::size_t m = 0; m < sip::kMethodCount; ++m) {
    const auto method = sip::method_name(static_cast<sip::Method>(m));
    put(names, fmt::format("request.{}.outside", method), counters.requests.read(m * 2));
    put(names, fmt::format("request.{}.inside", method), counters.requests.read(m * 2 + 1));
    for (std::size_t c = 0; c < 6; ++c) {
      put(names, fmt::format("method_response.{}.{}xx", method, c + 1), counters.method_responses.read(m * 6 + c));
    }
  }
  for (std::size_t code = 0; code < 600; ++code) {
    put(names, fmt::format("response.{}", code + 100), counters.responses.read(code));
  }
  for (std::size_t f = 0; f < sip::kFaultCount; ++f) {
    put(names, fmt::format("fault.{}", sip::fault_name(static_cast<sip::Fault>(f))), counters.faults.read(f));
  }
}

}  // namespace

std::map<std::string, std::uint64_t> counters_by_name(const pipeline::WorkerCounters& counters,
                                                      const snapshot::Snapshot& snapshot) {
  Names names;
  const auto block = [&](const auto& cells, auto count, const auto& name_of) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const auto which = static_cast<decltype(count)>(i);
      put(names, name_of(which), cells.read(which));
    }
  };
  block(counters.terminals, pipeline::Terminal::kCount,
        [](auto t) { return std::string(pipeline::terminal_info(t).name); });
  block(counters.sources, pipeline::Source::kCount,
        [](auto src) { return "source." + std::string(pipeline::source_info(src).name); });
  put(names, "fragments_held", counters.fragments_held.read());
  block(counters.drops, pipeline::DropReason::kCount,
        [](auto r) { return "drop." + std::string(pipeline::drop_reason_info(r).name); });
  block(counters.inline_responses, pipeline::InlineResponse::kCount,
        [](auto r) { return "inline." + std::string(pipeline::inline_response_info(r).name); });
  block(counters.stun_answers, pipeline::StunAnswer::kCount,
        [](auto a) { return "stun." + std::string(pipeline::stun_answer_info(a).name); });
  constexpr std::array kTokens{"token.absent", "token.valid", "token.forged"};
  block(counters.tokens, pipeline::TokenOutcome::kCount,
        [&](auto t) { return std::string(kTokens[static_cast<std::size_t>(t)]); });
  constexpr std::array kSteered{"steered.cookie",        "steered.literal",       "steered.affinity",
                                "steered.named_dialog",  "steered.second_chance", "steered.policy",
                                "steered.second_choice", "steered.winner"};
  block(counters.steered, pipeline::SteeredBy::kCount,
        [&](auto s) { return std::string(kSteered[static_cast<std::size_t>(s)]); });
  block(counters.affinity, pipeline::AffinityEvent::kCount,
        [](auto e) { return "affinity." + std::string(pipeline::affinity_event_info(e).name); });
  put_sip(names, counters);
  for (const auto& pool : snapshot.pools) {
    for (const auto& backend : pool.backends) {
      const auto& cells = counters.backends[backend.cell.value];
      put(names, "backend." + backend.name + ".requests", cells.requests.read());
      put(names, "backend." + backend.name + ".dialogs", cells.dialogs.read());
      put(names, "backend." + backend.name + ".responses", cells.responses.read());
      put(names, "backend." + backend.name + ".requests_from", cells.requests_from.read());
      put(names, "backend." + backend.name + ".second_chances_lost", cells.second_chances_lost.read());
      put(names, "backend." + backend.name + ".second_chances_won", cells.second_chances_won.read());
      const auto& states = *snapshot.backend_states;
      put(names, "backend." + backend.name + ".open_dialogs", states.open_dialogs(backend.cell));
      put(names, "backend." + backend.name + ".open_registrations", states.open_registrations(backend.cell));
      put(names, "backend." + backend.name + ".pending", states.pending(backend.cell));
    }
  }
  for (std::size_t i = 0; i < snapshot.rule_cells.size(); ++i) {
    const auto& rule = snapshot.rules->rules()[i];
    put(names, "rule." + rule.name + ".hits", counters.rules[snapshot.rule_cells[i].value].hits.read());
  }
  for (std::size_t at = 0; at < pipeline::kRuleStatuses; ++at) {
    put(names, fmt::format("rule_answer.{}", at + pipeline::kLowestRuleStatus), counters.rule_answers.read(at));
  }
  return names;
}

}  // namespace dialplane::golden
