// SPDX-License-Identifier: Apache-2.0
// `show drops`: the account of every packet: where packets came from, how each ended, and why it was dropped. Control
// thread.
#include "command.hpp"

#include "dialplane/sip/message.hpp"

namespace dialplane::control {

namespace {

void put_row(Json& rows, std::string_view kind, std::string_view name, std::string_view stage, std::int64_t count,
             std::string_view sentence) {
  Json row;
  row["kind"] = kind;
  row["name"] = name;
  row["stage"] = stage;
  row["count"] = count;
  row["sentence"] = sentence;
  rows.push_back(std::move(row));
}

template <class Read>
std::int64_t sum(const CommandContext& context, Read read) {
  return static_cast<std::int64_t>(sum_over_workers(context.data_plane, read));
}

void put_drops(Json& rows, const CommandContext& context) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::DropReason::kCount); ++i) {
    const auto reason = static_cast<pipeline::DropReason>(i);
    const auto& info = pipeline::drop_reason_info(reason);
    const auto count = sum(context, [&](const auto& counters) { return counters.drops.read(reason); });
    put_row(rows, "drop", info.name, info.stage, count, info.sentence);
  }
}

void put_faults(Json& rows, const CommandContext& context) {
  // 0 is "no fault", which nobody counts.
  for (std::size_t i = 1; i < sip::kFaultCount; ++i) {
    const auto fault = static_cast<sip::Fault>(i);
    const auto count = sum(context, [&](const auto& counters) { return counters.faults.read(i); });
    put_row(rows, "fault", sip::fault_name(fault), "classify", count, sip::fault_sentence(fault));
  }
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  put_drops(rows, context);
  put_faults(rows, context);
  // Terminals before sources: a packet that comes in between may show as under way, never as one too many.
  std::int64_t ended = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::Terminal::kCount); ++i) {
    const auto terminal = static_cast<pipeline::Terminal>(i);
    const auto& info = pipeline::terminal_info(terminal);
    const auto count = sum(context, [&](const auto& counters) { return counters.terminals.read(terminal); });
    ended += count;
    put_row(rows, "terminal", info.name, "", count, info.sentence);
  }
  std::int64_t begun = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::Source::kCount); ++i) {
    const auto source = static_cast<pipeline::Source>(i);
    const auto& info = pipeline::source_info(source);
    const auto count = sum(context, [&](const auto& counters) { return counters.sources.read(source); });
    begun += count;
    put_row(rows, "source", info.name, "", count, info.sentence);
  }
  const auto held = sum(context, [](const auto& counters) { return counters.fragments_held.read(); });
  put_row(rows, "balance", "held", "", held, "Fragments that wait for the rest of their datagram.");
  put_row(rows, "balance", "unaccounted", "", begun - ended - held,
          "Sources less terminals and what is held: packets under way at this moment, else 0.");
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowDrops{
    "show drops", {}, "Every drop reason and fault, every terminal and source, and their balance.", run, nullptr};

}  // namespace dialplane::control
