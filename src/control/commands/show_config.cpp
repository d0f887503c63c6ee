// SPDX-License-Identifier: Apache-2.0
// `show config` and `show changes`: the running configuration and how it came about. Control thread.
#include "command.hpp"
#include "config_file.hpp"
#include "reload.hpp"

#include "dialplane/config/records.hpp"

#include <fmt/chrono.h>

#include <array>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 1> kArgs{{{"all", ArgKind::kFlag, ""}}};

rpc::Outcome list_entries(const std::string& text, bool with_defaults, std::uint64_t config_generation) {
  Json rows = Json::array();
  for (const auto& entry : config::entries_of(text, with_defaults)) {
    Json row;
    row["record"] = entry.record;
    row["key"] = entry.key;
    row["value"] = entry.value;
    if (with_defaults) row["default"] = entry.is_default;
    rows.push_back(std::move(row));
  }
  auto result = rpc::rows_result(std::move(rows));
  result["config_generation"] = config_generation;
  return result;
}

void show_config(CommandContext& context, const Json& params, Peer, Answer answer) {
  const auto& state = context.state;
  answer_beside(context.reloader, std::move(answer),
                [config = state.config(), admin = state.runtime().admin, all = params.value("all", false),
                 generation = current(context).config_generation] {
                  return list_entries(with_states(config->text, *config, admin), all, generation);
                });
}

rpc::Outcome show_changes(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  Json all = Json::array();
  for (const auto& record : context.reloader.log().records()) {
    Json row;
    row["config_generation"] = record.config_generation;
    row["generation"] = record.generation;
    row["time"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(record.when)));
    row["uid"] = record.peer.uid;
    row["pid"] = record.peer.pid;
    row["command"] = record.command;
    row["differences"] = record.differences.size();
    rows.push_back(std::move(row));
    all.push_back(difference_rows(record.differences));
  }
  auto result = rpc::rows_result(std::move(rows));
  result["differences"] = std::move(all);
  return result;
}

}  // namespace

const Command kShowConfig{"show config",
                          kArgs,
                          "The running configuration, key by key, states set by command included; names of key files "
                          "are left out, --all adds defaults.",
                          nullptr,
                          nullptr,
                          show_config};
const Command kShowChanges{
    "show changes",
    {},
    "The last changes of the configuration: when, by whom and by which command; --json has every "
    "old and new value.",
    show_changes,
    nullptr};

}  // namespace dialplane::control
