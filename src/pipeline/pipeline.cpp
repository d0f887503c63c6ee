// SPDX-License-Identifier: Apache-2.0
// The spine of the packet path: the stages in their order, a burst at a time. Runs on every worker; owns nothing.
#include "dialplane/pipeline/pipeline.hpp"

#include "affinity.hpp"

#include "dialplane/base/prefetch.hpp"

#include <array>
#include <cstddef>
#include <new>

namespace dialplane::pipeline {
namespace {

bool is(const Packet& packet, Verdict::Kind kind) noexcept { return packet.verdict.kind == kind; }

/// Asks for a whole frame of common size: it is read from its start to its end soon, and its first read waits longest.
void prefetch(const Packet& packet) noexcept {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kMost = 24 * kLine;
  const auto* line = packet.data;
  const auto* const end = line + (packet.length < kMost ? packet.length : kMost);
  // Four in a row: counting lines one by one would cost more than asking for them.
  for (; end - line > static_cast<std::ptrdiff_t>(3 * kLine); line += 4 * kLine) {
    prefetch_line(line);
    prefetch_line(line + kLine);
    prefetch_line(line + 2 * kLine);
    prefetch_line(line + 3 * kLine);
  }
  for (; line < end; line += kLine) prefetch_line(line);
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

void steer(Stage stage) noexcept { stage.work.message.is_request ? steer_request(stage) : steer_response(stage); }

void rewrite(Stage stage) noexcept { stage.work.message.is_request ? rewrite_request(stage) : rewrite_response(stage); }

/// What one call of process() works on, and how it times its stages.
struct Run {
  Batch& batch;
  WorkerContext& context;
  const snapshot::Snapshot& snapshot;
  bool is_sampled;

  [[nodiscard]] std::uint64_t clock() const noexcept { return is_sampled ? __builtin_ia32_rdtsc() : 0; }
  void measure(StageId id, std::size_t messages, std::uint64_t began) const noexcept {
    if (messages == 0 || context.dry_run) return;
    auto& counters = context.counters.stages[static_cast<std::size_t>(id)];
    counters.calls.add();
    counters.messages.add(messages);
    if (!is_sampled) return;
    counters.sampled_messages.add(messages);
    counters.sampled_cycles.add(clock() - began);
  }
};

/// The packets of a burst that have one verdict, in their order, with what a stage is told of each. What is told is
/// made once for all stages, and a stage walks its own packets instead of testing every packet's verdict.
class Lane {
 public:
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// Adds those packets from position `from` on that have this verdict.
  void gather(const Run& run, Verdict::Kind kind, std::size_t from = 0) noexcept {
    for (std::size_t i = from; i < run.batch.count; ++i) {
      if (!is(run.batch.packets[i], kind)) continue;
      members_[count_++] = new (&room_[i * sizeof(StageParts)])
          StageParts{run.batch.packets[i], run.context.work[i], run.context, run.snapshot};
    }
  }

  /// Calls the stage for each of them. Those that it gives another verdict than `kKept` leave.
  template <StageId kId, void (*kStage)(Stage) noexcept, Verdict::Kind kKept>
  void pass(const Run& run) noexcept {
    const auto began = run.clock();
    const auto messages = count_;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < messages; ++i) {
      const auto* const member = members_[i];
      kStage(*member);
      members_[kept] = member;
      kept += is(member->packet, kKept) ? 1 : 0;
    }
    count_ = kept;
    run.measure(kId, messages, began);
  }

 private:
  static constexpr std::size_t kMost = kBatchSize + kMaxClones;
  // Without a value at first: a burst may be a single packet.
  alignas(StageParts) std::array<std::byte, kMost * sizeof(StageParts)> room_;
  std::array<const StageParts*, kMost> members_;
  std::size_t count_ = 0;
};

template <StageId kId, std::size_t (*kStage)(const Burst&) noexcept>
void pass_all(const Run& run) noexcept {
  const auto began = run.clock();
  run.measure(kId, kStage({run.batch, run.context, run.snapshot}), began);
}

}  // namespace

void process(Batch& batch, WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept {
  using Kind = Verdict::Kind;
  const Run run{batch, context, snapshot, context.bursts++ % kStageSampling == 0};

  for (std::size_t i = 0; i < batch.count; ++i) prefetch(batch.packets[i]);
  Lane lane;
  lane.gather(run, Kind::kUndecided);
  lane.pass<StageId::kJoin, join, Kind::kUndecided>(run);
  lane.pass<StageId::kParse, parse, Kind::kUndecided>(run);
  lane.pass<StageId::kClassify, classify, Kind::kUndecided>(run);
  if (snapshot.rules != nullptr) lane.pass<StageId::kAdmit, admit, Kind::kUndecided>(run);
  pass_all<StageId::kHash, hash_call_ids>(run);
  pass_all<StageId::kVouch, vouch>(run);
  prefetch_entries(batch, context, snapshot);
  lane.pass<StageId::kSteer, steer, Kind::kForward>(run);
  if (context.second_backends > 0) {
    const auto received = batch.count;
    add_second_backends(batch, context, snapshot);
    lane.gather(run, Kind::kForward, received);
  }
  pass_all<StageId::kDigest, digest>(run);
  lane.pass<StageId::kRewrite, rewrite, Kind::kForward>(run);
  Lane answers;
  if (lane.count() < batch.count) {
    answers.gather(run, Kind::kReply);
    answers.pass<StageId::kReply, reply, Kind::kReply>(run);
  }
  lane.pass<StageId::kSend, send, Kind::kForward>(run);
  answers.pass<StageId::kSend, send, Kind::kReply>(run);

  if (lane.count() == batch.count) return;
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
