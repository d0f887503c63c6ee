// SPDX-License-Identifier: Apache-2.0
// `node drain` and `node ready`: whether this node tells callers to go elsewhere. It serves them all the same. Control
// thread.
#include "command.hpp"
#include "health/drains.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 1> kDrainArgs{{{"wait", ArgKind::kFlag, ""}}};

/// Answers once the workers have the new word.
void set_draining(CommandContext& context, bool is_draining, Peer peer, bool waits, Answer answer) {
  auto& draining = context.state.runtime().is_draining;
  const bool before = draining;
  draining = is_draining;
  const auto generation = context.state.republish();
  if (!generation) {
    draining = before;
    return answer(rpc::refuse(rpc::kRefused, generation.error().text));
  }
  spdlog::info("node: {} -> {} (uid {}, generation {})", before ? "drain" : "ready", is_draining ? "drain" : "ready",
               peer.uid, *generation);
  context.acknowledgements.wait(*generation, [&context, waits, is_draining, generation = *generation,
                                              answer = std::move(answer)](const std::vector<WorkerIndex>& late) {
    if (!late.empty()) {
      return answer(rpc::refuse(rpc::kRefused, fmt::format("the state is set, but {} did not take it within 2 s",
                                                           name_workers(late, context.data_plane))));
    }
    if (waits) return context.drains.wait_for_node(answer, std::chrono::steady_clock::now());
    const auto left = context.drains.remaining_on_node();
    Json row;
    row["node"] = current(context).config->node.name;
    row["state"] = is_draining ? "drain" : "ready";
    row["generation"] = generation;
    row["dialogs"] = left.dialogs;
    row["registrations"] = left.registrations;
    answer(rpc::rows_result(Json::array({row})));
  });
}

void drain(CommandContext& context, const Json& params, Peer peer, Answer answer) {
  set_draining(context, true, peer, params.value("wait", false), std::move(answer));
}

void make_ready(CommandContext& context, const Json&, Peer peer, Answer answer) {
  context.drains.node_is_ready();
  set_draining(context, false, peer, false, std::move(answer));
}

}  // namespace

const Command kNodeDrain{"node drain", kDrainArgs,
                         "Answers OPTIONS from outside and /readyz with 503 and serves all traffic; --wait until "
                         "nothing is left.",
                         nullptr, drain};
const Command kNodeReady{"node ready", {}, "Ends a drain of the node.", nullptr, make_ready};

}  // namespace dialplane::control
