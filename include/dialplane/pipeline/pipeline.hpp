// SPDX-License-Identifier: Apache-2.0
// The packet path as one call.
#pragma once

#include "dialplane/pipeline/packet.hpp"
#include "dialplane/pipeline/worker_context.hpp"
#include "dialplane/snapshot/snapshot.hpp"

namespace dialplane::pipeline {

/// Takes every packet of the burst to a verdict: parse, classify, admit, steer, rewrite or reply, count. Frames to be
/// sent are complete, with `verdict.out_port` set. Drops are counted here; the other terminals by whoever ends the
/// packet. Thread: the worker that owns `context`. Cost: no allocation, lock, log or system call.
void process(Batch& batch, WorkerContext& context, const snapshot::Snapshot& snapshot) noexcept;

/// Ends what has waited too long: fragments whose datagram is not complete. Thread: the worker, some ten times a
/// second.
void expire(WorkerContext& context) noexcept;

/// Counts a drop that happens after the pipeline (transmit, punt).
void count_drop(WorkerContext& context, DropReason reason) noexcept;
/// Counts any other terminal.
void count_terminal(WorkerContext& context, Terminal terminal) noexcept;

}  // namespace dialplane::pipeline
