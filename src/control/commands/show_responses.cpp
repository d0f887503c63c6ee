// SPDX-License-Identifier: Apache-2.0
// `show responses`: responses by status code, forwarded and given by this node. Control thread.
#include "command.hpp"

#include "dialplane/sip/status.hpp"

#include <array>

namespace dialplane::control {

namespace {

using rpc::Json;

constexpr std::array<Arg, 1> kArgs{{{"all", ArgKind::kFlag, ""}}};

std::uint64_t answered_with(const CommandContext& context, std::uint16_t code) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::InlineResponse::kCount); ++i) {
    const auto which = static_cast<pipeline::InlineResponse>(i);
    if (pipeline::inline_response_info(which).status != code) continue;
    total += sum_over_workers(context.data_plane,
                              [&](const auto& counters) { return counters.inline_responses.read(which); });
  }
  return total;
}

rpc::Outcome run(const CommandContext& context, const Json& params) {
  const bool shows_all = params.value("all", false);
  Json rows = Json::array();
  for (std::uint16_t code = 100; code < 700; ++code) {
    const auto reason = sip::status_reason(code);
    const auto forwarded = sum_over_workers(context.data_plane, [&](const auto& counters) {
      return counters.responses.read(static_cast<std::size_t>(code - 100));
    });
    const auto answered = answered_with(context, code);
    if (forwarded + answered == 0 && (!shows_all || reason.empty())) continue;
    Json row;
    row["code"] = code;
    row["reason"] = reason.empty() ? "(not registered)" : reason;
    row["count"] = forwarded + answered;
    row["forwarded"] = forwarded;
    row["answered"] = answered;
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowResponses{"show responses", kArgs,
                             "Responses by code, forwarded and given by this node; with --all those never seen too.",
                             run, nullptr};

}  // namespace dialplane::control
