// SPDX-License-Identifier: Apache-2.0
// `config check`, `config diff`, `config save`: the file beside what runs. Control thread; the file is read and written
// on the build thread.
#include "command.hpp"
#include "config_file.hpp"
#include "reload.hpp"

#include "dialplane/config/loader.hpp"
#include "dialplane/config/records.hpp"
#include "dialplane/snapshot/builder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <utility>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 1> kCheckArgs{{{"file", ArgKind::kPositional, "FILE", true}}};
constexpr std::array<Arg, 2> kSaveArgs{{{"file", ArgKind::kPositional, "FILE", true}, {"force", ArgKind::kFlag, ""}}};

/// The file a client means. A name is one beside the configuration file. The process can read and write what a member
/// of the socket's group may not, so another path is taken only from those who could do it themselves.
tl::expected<std::string, rpc::Failure> path_of(const CommandContext& context, const Json& params, Peer peer) {
  if (!params.contains("file")) return context.config_path;
  auto wanted = params["file"].get<std::string>();
  const bool is_name = !wanted.empty() && wanted != "." && wanted != "..";
  const bool is_beside = is_name && wanted.find('/') == std::string::npos;
  if (is_beside) wanted = (std::filesystem::path(context.config_path).parent_path() / wanted).string();
  std::error_code ignored;
  if (std::filesystem::equivalent(wanted, context.config_path, ignored)) return context.config_path;
  if (is_beside) return wanted;
  if (!wanted.starts_with('/')) return rpc::refuse(rpc::kInvalidParams, "give a name or an absolute path");
  if (peer.uid == 0 || peer.uid == ::geteuid()) return wanted;
  return rpc::refuse(rpc::kRefused,
                     fmt::format("`{}`: only root or the user of the daemon may name a path; give the name of a file "
                                 "beside {}",
                                 wanted, context.config_path));
}

std::vector<std::string> format_all(const std::string& path, const std::vector<config::Problem>& problems) {
  std::vector<std::string> lines;
  lines.reserve(problems.size());
  for (const auto& problem : problems) lines.push_back(config::format_problem(path, problem));
  return lines;
}

rpc::Outcome check_file(const std::string& path, const config::Config& running) {
  const auto loaded = config::load_file(path, snapshot::check_rules);
  if (!loaded) return rpc::refuse(rpc::kRefused, "the file is not valid", format_all(path, loaded.error()));
  Json warnings = Json::array();
  for (const auto& warning : config::warnings_of(*loaded)) warnings.push_back(config::format_warning(path, warning));
  Json row;
  row["result"] = "valid";
  row["file"] = path;
  row["listeners"] = loaded->listeners.size();
  row["pools"] = loaded->pools.size();
  row["differences"] = config::differences(running.text, loaded->text).size();
  row["needs_restart"] = config::unreloadable_changes(running, *loaded);
  row["warnings"] = warnings.size();
  auto result = rpc::rows_result(Json::array({row}));
  result["warnings"] = std::move(warnings);
  return result;
}

rpc::Outcome diff_file(const std::string& path, const std::string& running) {
  const auto loaded = config::load_file(path);
  if (!loaded) return rpc::refuse(rpc::kRefused, "the file is not valid", format_all(path, loaded.error()));
  Json rows = Json::array();
  for (const auto& difference : config::differences(loaded->text, running)) {
    Json row;
    row["record"] = difference.record;
    row["key"] = difference.key;
    row["file"] = difference.before;
    row["running"] = difference.kind == config::Difference::Kind::kMoved ? "moved" : difference.after;
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

void check(CommandContext& context, const Json& params, Peer peer, Answer answer) {
  const auto path = path_of(context, params, peer);
  if (!path) return answer(tl::unexpected(path.error()));
  answer_beside(context.reloader, std::move(answer),
                [path = *path, running = context.state.config()] { return check_file(path, *running); });
}

void diff(CommandContext& context, const Json&, Peer, Answer answer) {
  const auto& state = context.state;
  answer_beside(context.reloader, std::move(answer),
                [path = context.config_path, config = state.config(), admin = state.runtime().admin] {
                  return diff_file(path, with_states(config->text, *config, admin));
                });
}

void save(CommandContext& context, const Json& params, const AuditPtr& audit, Answer answer) {
  const auto path = path_of(context, params, audit->peer());
  if (!path) return answer(tl::unexpected(path.error()));
  ChangeRequest request;
  request.kind = ChangeRequest::Kind::kSave;
  request.is_forced = params.value("force", false);
  request.path = *path;
  context.reloader.request(std::move(request), {audit, std::move(answer)});
}

}  // namespace

const Command kConfigCheck{
    "config check", kCheckArgs, "Checks the configuration file, or another one, and says what a reload would need.",
    nullptr,        nullptr,    check};
const Command kConfigDiff{"config diff", {},      "What runs and is not in the file, and the reverse.",
                          nullptr,       nullptr, diff};
const Command kConfigSave{"config save", kSaveArgs,
                          "Writes what runs to the configuration file, or to another one, and keeps the old one as "
                          "FILE.bak; --force overwrites a file that was edited or taken back.",
                          nullptr, save};

}  // namespace dialplane::control
