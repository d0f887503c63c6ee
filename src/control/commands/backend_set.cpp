// SPDX-License-Identifier: Apache-2.0
// `backend set`: the administrative state, the weight or the tier of a backend. Control thread.
#include "command.hpp"
#include "record_change.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>

namespace dialplane::control {

namespace {

using rpc::Json;

constexpr std::array<Arg, 6> kArgs{{{"backend", ArgKind::kPositional, "POOL/NAME"},
                                    {"state", ArgKind::kKeyed, "ready|drain|maint", true},
                                    {"weight", ArgKind::kKeyed, "N", true},
                                    {"tier", ArgKind::kKeyed, "N", true},
                                    {"reset", ArgKind::kFlag, ""},
                                    {"dry_run", ArgKind::kFlag, ""}}};

const snapshot::Backend* find_backend(const snapshot::Snapshot& snapshot, const std::string& wanted) {
  for (const auto& pool : snapshot.pools) {
    for (const auto& backend : pool.backends) {
      if (pool.name + "/" + backend.name == wanted) return &backend;
    }
  }
  return nullptr;
}

void set_state(CommandContext& context, const Json& params, Peer peer, Answer answer) {
  const auto name = params["backend"].get<std::string>();
  const auto* backend = find_backend(current(context), name);
  if (backend == nullptr) {
    return answer(
        rpc::refuse(rpc::kRefused, fmt::format("no backend `{}`; `show backends` lists them as POOL/NAME", name)));
  }
  const auto wanted = config::parse_admin_state(params["state"].get<std::string>());
  if (!wanted) return answer(rpc::refuse(rpc::kInvalidParams, "`state` is ready, drain or maint"));
  const auto old = backend->admin;
  const auto generation = context.state.set_admin(name, *wanted);
  if (!generation) return answer(rpc::refuse(rpc::kRefused, generation.error().text));
  spdlog::info("backend {}: {} -> {} (uid {}, generation {})", name, config::admin_state_name(old),
               config::admin_state_name(*wanted), peer.uid, *generation);
  Json row;
  row["backend"] = name;
  row["old"] = config::admin_state_name(old);
  row["new"] = config::admin_state_name(*wanted);
  row["generation"] = *generation;
  const auto& data_plane = context.data_plane;
  context.acknowledgements.wait(
      *generation, [row, &data_plane, answer = std::move(answer)](const std::vector<WorkerIndex>& late) {
        if (late.empty()) return answer(rpc::rows_result(Json::array({row})));
        answer(rpc::refuse(rpc::kRefused, fmt::format("the state is set, but {} did not take it within 2 s",
                                                      name_workers(late, data_plane))));
      });
}

/// Weight and tier are keys of the configuration: they take the way of a reload.
void set_keys(CommandContext& context, const Json& params, Peer peer, Answer answer) {
  const auto backend = split_backend(params["backend"].get<std::string>());
  if (!backend) return answer(tl::unexpected(backend.error()));
  const auto members = number_members(params);
  if (!members) return answer(tl::unexpected(members.error()));
  auto request = record_change(kBackendSet, params, peer);
  request.edit = [backend = *backend, members = *members](std::string_view text) {
    Result<std::string> edited = std::string(text);
    for (const auto& [key, value] : members) {
      if (edited) edited = config::set_backend_key(*edited, backend.pool, backend.name, key, value);
    }
    return edited;
  };
  context.reloader.request(std::move(request), std::move(answer));
}

void run(CommandContext& context, const Json& params, Peer peer, Answer answer) {
  const bool has_keys = params.contains("weight") || params.contains("tier");
  if (params.contains("state") == has_keys) {
    return answer(
        rpc::refuse(rpc::kInvalidParams, "say what to set: `state ready|drain|maint`, or `weight N`, `tier N`"));
  }
  has_keys ? set_keys(context, params, peer, std::move(answer)) : set_state(context, params, peer, std::move(answer));
}

}  // namespace

const Command kBackendSet{"backend set", kArgs, "Sets the administrative state of a backend, or its weight and tier.",
                          nullptr, run};

}  // namespace dialplane::control
