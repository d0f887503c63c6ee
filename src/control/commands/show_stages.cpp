// SPDX-License-Identifier: Apache-2.0
// `show stages`: what each stage of the packet path does and costs. Control thread.
#include "command.hpp"

#include <cmath>

namespace dialplane::control {

namespace {

/// A ratio with one decimal; 0 without a denominator.
double per(std::uint64_t numerator, std::uint64_t denominator) {
  if (denominator == 0) return 0;
  return std::round(10.0 * static_cast<double>(numerator) / static_cast<double>(denominator)) / 10.0;
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::StageId::kCount); ++i) {
    const auto sum = [&](stats::Counter pipeline::StageCounters::*counter) {
      return sum_over_workers(context.data_plane,
                              [&](const auto& counters) { return (counters.stages[i].*counter).read(); });
    };
    const auto& info = pipeline::stage_info(static_cast<pipeline::StageId>(i));
    const auto calls = sum(&pipeline::StageCounters::calls);
    const auto messages = sum(&pipeline::StageCounters::messages);
    Json row;
    row["stage"] = info.name;
    row["calls"] = calls;
    row["messages"] = messages;
    row["messages_per_call"] = per(messages, calls);
    const auto sampled_messages = sum(&pipeline::StageCounters::sampled_messages);
    const auto sampled_cycles = sum(&pipeline::StageCounters::sampled_cycles);
    row["sampled_messages"] = sampled_messages;
    row["sampled_cycles"] = sampled_cycles;
    row["cycles_per_message"] = per(sampled_cycles, sampled_messages);
    row["does"] = info.sentence;
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowStages{
    "show stages", {}, "Bursts, messages and sampled cycles of each stage of the packet path.", run, nullptr};

}  // namespace dialplane::control
