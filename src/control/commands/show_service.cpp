// SPDX-License-Identifier: Apache-2.0
// `show service`: what /healthz and /readyz answer, and why. Control thread.
#include "command.hpp"

#include <utility>

namespace dialplane::control {

namespace {

Json make_row(std::string_view check, const ServiceState::Verdict& verdict) {
  Json reasons = Json::array();
  std::string_view rest = verdict.ok ? std::string_view{} : verdict.text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    reasons.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  Json row;
  row["check"] = check;
  row["ok"] = verdict.ok;
  row["reasons"] = std::move(reasons);
  return row;
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  return rpc::rows_result(
      Json::array({make_row("healthz", context.service.health()), make_row("readyz", context.service.readiness())}));
}

}  // namespace

const Command kShowService{
    "show service", {}, "Whether the process is healthy and ready, as /healthz and /readyz say.", run, nullptr};

}  // namespace dialplane::control
