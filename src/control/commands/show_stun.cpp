// SPDX-License-Identifier: Apache-2.0
// `show stun`: STUN Binding requests answered on the SIP port. Control thread.
#include "command.hpp"

namespace dialplane::control {

namespace {

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::StunAnswer::kCount); ++i) {
    const auto which = static_cast<pipeline::StunAnswer>(i);
    const auto& info = pipeline::stun_answer_info(which);
    Json row;
    row["answer"] = info.name;
    row["count"] =
        sum_over_workers(context.data_plane, [&](const auto& counters) { return counters.stun_answers.read(which); });
    row["sentence"] = info.sentence;
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowStun{"show stun", {}, "STUN Binding requests answered on the SIP port, by answer.", run, nullptr};

}  // namespace dialplane::control
