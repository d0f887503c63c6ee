// SPDX-License-Identifier: Apache-2.0
// `show backends`: every backend of every pool with its states and counts. Control thread.
#include "command.hpp"
#include "health/drains.hpp"
#include "health/monitor.hpp"

#include <chrono>
#include <string_view>

namespace dialplane::control {

namespace {

using Clock = std::chrono::steady_clock;

std::int64_t seconds_since(Clock::time_point since) {
  return std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - since).count();
}

/// What people know that the states alone do not say.
std::string_view note_on(const CommandContext& context, const std::string& path, const snapshot::Backend& backend) {
  if (backend.in_panic) return "used in panic";
  const auto* watched = context.health.find(path);
  const bool is_alone = watched == nullptr || backend.is_leaving || context.health.hears_own_responses(*watched);
  return is_alone ? "" : "responses return to other nodes";
}

/// Administrative and observed state, each with its reason and since when.
void put_states(const CommandContext& context, const std::string& path, const snapshot::Backend& backend, Json& row) {
  const auto note = context.drains.note_of(path);
  row["admin"] = backend.is_leaving ? "leaving" : config::admin_state_name(backend.admin);
  row["admin_by"] = backend.is_leaving ? "file" : note.by;
  row["admin_since_s"] = seconds_since(backend.is_leaving ? context.drains.leaving_since(path) : note.since);
  row["observed"] = snapshot::observed_state_name(backend.observed);
  const auto* watched = context.health.find(path);
  const bool is_known = watched != nullptr && !backend.is_leaving;
  row["observed_reason"] = is_known ? watched->check.reason_text() : "not probed";
  row["observed_since_s"] = is_known ? seconds_since(watched->check.since()) : 0;
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  for (const auto& pool : current(context).pools) {
    for (std::size_t i = 0; i < pool.backends.size(); ++i) {
      const auto& backend = pool.backends[i];
      const auto sum = [&](auto member) {
        return sum_over_workers(context.data_plane, [&](const auto& counters) {
          return (counters.backends[backend.cell.value].*member).read();
        });
      };
      using Counters = pipeline::BackendCounters;
      Json row;
      row["pool"] = pool.name;
      row["name"] = backend.name;
      row["address"] = backend.address.to_string();
      put_states(context, pool.name + "/" + backend.name, backend, row);
      row["weight"] = backend.weight;
      row["share"] = pool.table && !backend.is_leaving ? context.shares.of(pool.table).at(i) : 0.0;
      row["requests"] = sum(&Counters::requests);
      row["dialogs"] = sum(&Counters::dialogs);
      row["responses"] = sum(&Counters::responses);
      row["requests_from"] = sum(&Counters::requests_from);
      const auto& states = *current(context).backend_states;
      const auto left = context.drains.remaining(backend);
      row["open_dialogs"] = left.dialogs;
      row["registrations"] = left.registrations;
      row["pending"] = states.pending(backend.cell);
      row["latency_ms"] = states.latency_us(backend.cell) / 1000.0;
      row["retransmissions"] = states.retransmissions(backend.cell);
      row["second_chances_lost"] = sum(&Counters::second_chances_lost);
      row["second_chances_won"] = sum(&Counters::second_chances_won);
      row["own_responses"] = states.own_response_ratio(backend.cell);
      row["note"] = note_on(context, pool.name + "/" + backend.name, backend);
      rows.push_back(std::move(row));
    }
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowBackends{
    "show backends", {}, "Backends with administrative and observed state, share and counts.", run, nullptr};

}  // namespace dialplane::control
