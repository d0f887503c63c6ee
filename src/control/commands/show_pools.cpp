// SPDX-License-Identifier: Apache-2.0
// `show pools`: pools and their slot tables. Control thread.
#include "command.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dialplane::control {

namespace {

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  for (const auto& pool : current(context).pools) {
    Json row;
    row["pool"] = pool.name;
    row["policy"] = std::string(balance::policy_name(pool.plan.policy));
    row["key"] = pool.key_text;
    row["backends"] = std::ranges::count(pool.backends, false, &snapshot::Backend::is_leaving);
    row["usable"] = std::ranges::count_if(pool.backends, &snapshot::Backend::takes_new);
    row["slots"] = pool.table ? pool.table->size() : 0;
    row["table_checksum"] = fmt::format("{:016x}", pool.plan.checksum());
    row["max_load_factor"] = pool.plan.load_permille == 0 ? Json() : Json(pool.plan.load_permille / 1000.0);
    row["sticky_by"] = pool.plan.is_sticky_by_table_only() ? "table" : "message";
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowPools{"show pools", {}, "Pools with their policy, usable backends and slot table.", run, nullptr};

}  // namespace dialplane::control
