// SPDX-License-Identifier: Apache-2.0
// `show backends`: every backend of every pool with its states and counts. Control thread.
#include "command.hpp"

namespace dialplane::control {

namespace {

using rpc::Json;

/// Below this share of own responses a backend's silence proves nothing.
constexpr double kOwnShare = 0.9;

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
      row["admin"] = config::admin_state_name(backend.admin);
      row["observed"] = snapshot::observed_state_name(backend.observed);
      row["weight"] = backend.weight;
      row["share"] = pool.table ? context.shares.of(pool.table).at(i) : 0.0;
      row["requests"] = sum(&Counters::requests);
      row["dialogs"] = sum(&Counters::dialogs);
      row["responses"] = sum(&Counters::responses);
      row["requests_from"] = sum(&Counters::requests_from);
      const auto& states = *current(context).backend_states;
      row["open_dialogs"] = states.open_dialogs(backend.cell);
      row["registrations"] = states.open_registrations(backend.cell);
      row["pending"] = states.pending(backend.cell);
      row["latency_ms"] = states.latency_us(backend.cell) / 1000.0;
      row["retransmissions"] = states.retransmissions(backend.cell);
      row["second_chances_lost"] = sum(&Counters::second_chances_lost);
      row["second_chances_won"] = sum(&Counters::second_chances_won);
      row["own_responses"] = states.own_response_ratio(backend.cell);
      row["note"] = states.own_response_ratio(backend.cell) < kOwnShare ? "responses return to other nodes" : "";
      rows.push_back(std::move(row));
    }
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowBackends{
    "show backends", {}, "Backends with administrative and observed state, share and counts.", run, nullptr};

}  // namespace dialplane::control
