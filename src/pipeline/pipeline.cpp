// SPDX-License-Identifier: Apache-2.0
// The spine of the packet path: the stages in their order, a burst at a time. Runs on every worker; owns nothing.
#include "dialplane/pipeline/pipeline.hpp"

#include "affinity.hpp"

namespace dialplane::pipeline {
namespace {

bool is(const Packet& packet, Verdict::Kind kind) noexcept { return packet.verdict.kind == kind; }

/// Asks for a whole frame of common size: it is read from its start to its end soon, and its first read waits longest.
void prefetch(const Packet& packet) noexcept {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kMost = 24 * kLine;
  const std::size_t end = packet.length < kMost ? packet.length : kMost;
  for (std::size_t at = 0; at < end; at += kLine) __builtin_prefetch(packet.data + at);
}

void measure(StageCounters& counters, std::size_t messages, std::uint64_t sampled_cycles) noexcept {
  counters.calls.add();
  counters.messages.add(messages);
  if (sampled_cycles == 0) return;
  counters.sampled_messages.add(messages);
  counters.sampled_cycles.add(sampled_cycles);
}

void account(const Packet& packet, WorkerContext& context) noexcept {
  if (is(packet, Verdict::Kind::kDrop)) count_drop(context, packet.verdict.reason);
  if (is(packet, Verdict::Kind::kReply) && !context.dry_run) {
    if (packet.verdict.stun != StunAnswer::kCount) return context.counters.stun_answers.add(packet.verdict.stun);
    context.counters.inline_responses.add(packet.verdict.response);
    if (packet.verdict.response == InlineResponse::kRule) {
      context.counters.rule_answers.add(packet.verdict.status - kLowestRuleStatus);
    }
  }
}

}  // namespace

void process(Batch& batch, WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept {
  const bool sampled = context.bursts++ % kStageSampling == 0;
  const auto each = [&](StageId id, Verdict::Kind lane, void (*stage)(Stage) noexcept) {
    const auto before = sampled ? __builtin_ia32_rdtsc() : 0;
    std::size_t messages = 0;
    for (std::size_t i = 0; i < batch.count; ++i) {
      if (!is(batch.packets[i], lane)) continue;
      stage(StageParts{batch.packets[i], context.work[i], context, snapshot});
      ++messages;
    }
    if (messages > 0 && !context.dry_run) {
      measure(context.counters.stages[static_cast<std::size_t>(id)], messages,
              sampled ? __builtin_ia32_rdtsc() - before : 0);
    }
  };
  const auto all = [&](StageId id, std::size_t (*stage)(const Burst&) noexcept) {
    const auto before = sampled ? __builtin_ia32_rdtsc() : 0;
    const auto messages = stage({batch, context, snapshot});
    if (messages > 0 && !context.dry_run) {
      measure(context.counters.stages[static_cast<std::size_t>(id)], messages,
              sampled ? __builtin_ia32_rdtsc() - before : 0);
    }
  };
  const auto steer = [](Stage stage) noexcept {
    stage.work.message.is_request ? steer_request(stage) : steer_response(stage);
  };
  const auto rewrite = [](Stage stage) noexcept {
    stage.work.message.is_request ? rewrite_request(stage) : rewrite_response(stage);
  };

  for (std::size_t i = 0; i < batch.count; ++i) prefetch(batch.packets[i]);
  each(StageId::kJoin, Verdict::Kind::kUndecided, join);
  each(StageId::kParse, Verdict::Kind::kUndecided, parse);
  each(StageId::kClassify, Verdict::Kind::kUndecided, classify);
  if (snapshot.rules != nullptr) each(StageId::kAdmit, Verdict::Kind::kUndecided, admit);
  all(StageId::kHash, hash_call_ids);
  all(StageId::kVouch, vouch);
  prefetch_entries(batch, context, snapshot);
  each(StageId::kSteer, Verdict::Kind::kUndecided, steer);
  if (context.second_backends > 0) add_second_backends(batch, context, snapshot);
  all(StageId::kDigest, digest);
  each(StageId::kRewrite, Verdict::Kind::kForward, rewrite);
  each(StageId::kReply, Verdict::Kind::kReply, reply);
  each(StageId::kSend, Verdict::Kind::kForward, send);
  each(StageId::kSend, Verdict::Kind::kReply, send);

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
