// SPDX-License-Identifier: Apache-2.0
// `show help`: every command with its usage. Control thread.
#include "command.hpp"
#include "words.hpp"

namespace dialplane::control {

namespace {

rpc::Outcome run(const CommandContext&, const Json&) {
  Json rows = Json::array();
  for (const auto& command : commands()) {
    Json row;
    row["command"] = usage_of(command);
    row["method"] = method_of(command);
    row["help"] = command.help;
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowHelp{"show help", {}, "This list.", run, nullptr};

}  // namespace dialplane::control
