// SPDX-License-Identifier: Apache-2.0
// `show pools`: pools and their slot tables. Control thread.
#include "command.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dialplane::control {

namespace {

using rpc::Json;

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  for (const auto& pool : current(context).pools) {
    Json row;
    row["pool"] = pool.name;
    row["policy"] = "rendezvous";
    row["key"] = pool.key_text;
    row["backends"] = pool.backends.size();
    row["usable"] = std::ranges::count_if(pool.backends, &snapshot::Backend::takes_new);
    row["slots"] = pool.table ? pool.table->size() : 0;
    row["table_checksum"] = pool.table ? fmt::format("{:016x}", pool.table->checksum()) : "";
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowPools{"show pools", {}, "Pools with their policy, usable backends and slot table.", run, nullptr};

}  // namespace dialplane::control
