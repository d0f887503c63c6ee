// SPDX-License-Identifier: Apache-2.0
// Asks the screening rules about a request from outside. What backends send and every response pass unseen. Called only
// where there are rules. Source: docs/decisions/0017-screening-rules.md.
#include "stages.hpp"

namespace dialplane::pipeline {
namespace {

void count(Stage stage, RuleCell cell) noexcept {
  auto& context = stage.context;
  if (context.dry_run) return;
  auto& counters = context.counters.rules[cell.value];
  counters.hits.add();
  counters.last_hit_s.set(context.unix_time_s);
}

}  // namespace

void admit(Stage stage) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  if (!work.message.is_request || sending_backend(stage) != nullptr) return;
  const auto position = snapshot.rules->first_match(work.message, context.index);
  if (position == kNoIndex) return;
  stage.work.rule = position;
  count(stage, snapshot.rule_cells[position]);
  const auto& rule = snapshot.rules->rules()[position];
  switch (rule.action) {
    case dialplane::admit::Action::kAllow:
      return;
    case dialplane::admit::Action::kDrop:
      return drop(stage, DropReason::kRule);
    case dialplane::admit::Action::kReject:
      if (work.message.method == sip::Method::kAck) return drop(stage, DropReason::kRule);
      stage.packet.verdict.status = rule.status;
      return answer(stage, InlineResponse::kRule);
  }
}

}  // namespace dialplane::pipeline
