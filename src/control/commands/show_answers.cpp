// SPDX-License-Identifier: Apache-2.0
// `show answers`: every answer this node gives by itself. Control thread.
#include "command.hpp"

#include "dialplane/sip/status.hpp"

#include <algorithm>

namespace dialplane::control {

namespace {

void put_row(Json& rows, const pipeline::InlineResponseInfo& info, std::uint16_t status, std::uint64_t count) {
  Json row;
  row["status"] = status;
  row["name"] = info.name;
  row["reason"] = info.reason.empty() ? sip::status_reason(status) : info.reason;
  row["count"] = count;
  row["source"] = info.source;
  rows.push_back(std::move(row));
}

/// Codes that some rule answers with now, or did before a reload.
void put_rule_answers(Json& rows, const CommandContext& context, const pipeline::InlineResponseInfo& info) {
  const auto& rules = current(context).config->rules;
  for (std::uint16_t at = 0; at < pipeline::kRuleStatuses; ++at) {
    const auto status = static_cast<std::uint16_t>(pipeline::kLowestRuleStatus + at);
    const auto count =
        sum_over_workers(context.data_plane, [&](const auto& counters) { return counters.rule_answers.read(at); });
    if (count > 0 || std::ranges::count(rules, status, &config::Rule::status) > 0) put_row(rows, info, status, count);
  }
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::InlineResponse::kCount); ++i) {
    const auto which = static_cast<pipeline::InlineResponse>(i);
    const auto& info = pipeline::inline_response_info(which);
    if (info.status == 0) {
      put_rule_answers(rows, context, info);
      continue;
    }
    put_row(rows, info, info.status, sum_over_workers(context.data_plane, [&](const auto& counters) {
              return counters.inline_responses.read(which);
            }));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowAnswers{
    "show answers", {}, "Requests this node answered by itself, by status and reason.", run, nullptr};

}  // namespace dialplane::control
