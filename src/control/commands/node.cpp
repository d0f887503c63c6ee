// SPDX-License-Identifier: Apache-2.0
// `node drain` and `node ready`: whether this node tells callers to go elsewhere. It serves them all the same. Control
// thread.
#include "command.hpp"
#include "health/drains.hpp"
#include "state_answer.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string_view>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 1> kDrainArgs{{{"wait", ArgKind::kFlag, ""}}};

std::string_view node_state_name(bool is_draining) noexcept { return is_draining ? "drain" : "ready"; }

/// Answers once the workers have the new word.
void set_draining(CommandContext& context, bool is_draining, const AuditPtr& audit, bool waits, Answer answer) {
  auto& draining = context.state.runtime().is_draining;
  const bool before = draining;
  draining = is_draining;
  const auto generation = context.state.republish();
  if (!generation) {
    draining = before;
    return answer(rpc::refuse(rpc::kRefused, generation.error().text));
  }
  if (!is_draining) context.drains.node_is_ready();
  audit->holds(
      fmt::format("generation={} old={} new={}", *generation, node_state_name(before), node_state_name(is_draining)));
  context.acknowledgements.wait(*generation, [&context, waits, is_draining, audit, generation = *generation,
                                              answer = std::move(answer)](const std::vector<WorkerIndex>& late) {
    if (!has_been_taken(context, *audit, late, answer)) return;
    if (waits) return context.drains.wait_for_node(answer, std::chrono::steady_clock::now());
    const auto left = context.drains.remaining_on_node();
    Json row;
    row["node"] = current(context).config->node.name;
    row["state"] = node_state_name(is_draining);
    row["generation"] = generation;
    row["dialogs"] = left.dialogs;
    row["registrations"] = left.registrations;
    answer(rpc::rows_result(Json::array({row})));
  });
}

void drain(CommandContext& context, const Json& params, const AuditPtr& audit, Answer answer) {
  set_draining(context, true, audit, params.value("wait", false), std::move(answer));
}

void make_ready(CommandContext& context, const Json&, const AuditPtr& audit, Answer answer) {
  set_draining(context, false, audit, false, std::move(answer));
}

}  // namespace

const Command kNodeDrain{"node drain", kDrainArgs,
                         "Answers OPTIONS from outside and /readyz with 503 and serves all traffic; --wait until "
                         "nothing is left.",
                         nullptr, drain};
const Command kNodeReady{"node ready", {}, "Ends a drain of the node.", nullptr, make_ready};

}  // namespace dialplane::control
