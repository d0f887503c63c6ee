// SPDX-License-Identifier: Apache-2.0
// `show affinity`: the table's entries by state as the last audit saw them, and what happened to entries. Control
// thread.
#include "command.hpp"

namespace dialplane::control {

namespace {

using balance::AffinityState;

void put_row(Json& rows, std::string_view kind, std::string_view name, std::uint64_t count, std::string_view sentence) {
  Json row;
  row["kind"] = kind;
  row["name"] = name;
  row["count"] = count;
  row["sentence"] = sentence;
  rows.push_back(std::move(row));
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  const auto& figures = context.affinity.figures();
  put_row(rows, "table", "size", context.affinity.table().size(), "Entries the table has room for.");
  for (std::size_t i = static_cast<std::size_t>(AffinityState::kTransaction); i < balance::kAffinityStates; ++i) {
    const auto& info = balance::affinity_state_info(static_cast<AffinityState>(i));
    put_row(rows, "entries", info.name, figures.entries[i], info.sentence);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::AffinityEvent::kCount); ++i) {
    const auto event = static_cast<pipeline::AffinityEvent>(i);
    const auto& info = pipeline::affinity_event_info(event);
    put_row(rows, "event", info.name,
            sum_over_workers(context.data_plane, [&](const auto& counters) { return counters.affinity.read(event); }),
            info.sentence);
  }
  put_row(rows, "audit", "rounds", figures.rounds, "Times the whole table was looked through.");
  put_row(rows, "audit", "freed", figures.freed, "Entries that grew too old.");
  put_row(rows, "audit", "corrected", figures.corrected,
          "What counts of backends were wrong by; never anything but 0.");
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowAffinity{
    "show affinity", {}, "Entries of the affinity table by state, what happened to them, and its audit.", run, nullptr};

}  // namespace dialplane::control
