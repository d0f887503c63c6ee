// SPDX-License-Identifier: Apache-2.0
// The spine of the packet path: the stages in their order, a burst at a time. Runs on every worker; owns nothing.
#include "dialplane/pipeline/pipeline.hpp"

#include "stages.hpp"

namespace dialplane::pipeline {
namespace {

bool is(const Packet& packet, Verdict::Kind kind) noexcept { return packet.verdict.kind == kind; }

void account(const Packet& packet, WorkerContext& context) noexcept {
  if (is(packet, Verdict::Kind::kDrop)) count_drop(context, packet.verdict.reason);
  if (is(packet, Verdict::Kind::kReply) && !context.dry_run) {
    context.counters.inline_responses.add(packet.verdict.response);
  }
}

}  // namespace

void process(Batch& batch, WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept {
  const auto each = [&](Verdict::Kind lane, void (*stage)(Stage) noexcept) {
    for (std::size_t i = 0; i < batch.count; ++i) {
      if (is(batch.packets[i], lane)) stage({batch.packets[i], context.work[i], context, snapshot});
    }
  };
  const auto steer = [](Stage stage) noexcept {
    stage.work.message.is_request ? steer_request(stage) : steer_response(stage);
  };
  const auto rewrite = [](Stage stage) noexcept {
    stage.work.message.is_request ? rewrite_request(stage) : rewrite_response(stage);
  };

  each(Verdict::Kind::kUndecided, join);
  each(Verdict::Kind::kUndecided, parse);
  each(Verdict::Kind::kUndecided, classify);
  each(Verdict::Kind::kUndecided, steer);
  each(Verdict::Kind::kForward, rewrite);
  each(Verdict::Kind::kReply, reply);
  each(Verdict::Kind::kForward, send);
  each(Verdict::Kind::kReply, send);

  for (std::size_t i = 0; i < batch.count; ++i) account(batch.packets[i], context);
}

void expire(WorkerContext& context) noexcept {
  for (auto late = context.fragments.expire(context.now_ms); late > 0; --late) {
    count_drop(context, DropReason::kFragmentTimeout);
  }
  context.counters.fragments_held.set(context.fragments.held());
}

void count_drop(WorkerContext& context, DropReason reason) noexcept {
  if (context.dry_run) return;
  context.counters.drops.add(reason);
  context.counters.terminals.add(Terminal::kDropped);
}

void count_terminal(WorkerContext& context, Terminal terminal) noexcept {
  if (!context.dry_run) context.counters.terminals.add(terminal);
}

}  // namespace dialplane::pipeline
