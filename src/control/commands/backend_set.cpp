// SPDX-License-Identifier: Apache-2.0
// `backend set`: the administrative state of a backend. Control thread.
#include "command.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>

namespace dialplane::control {

namespace {

using rpc::Json;

constexpr std::array<Arg, 2> kArgs{
    {{"backend", ArgKind::kPositional, "POOL/NAME"}, {"state", ArgKind::kKeyed, "ready|drain|maint"}}};

const snapshot::Backend* find_backend(const snapshot::Snapshot& snapshot, const std::string& wanted) {
  for (const auto& pool : snapshot.pools) {
    for (const auto& backend : pool.backends) {
      if (pool.name + "/" + backend.name == wanted) return &backend;
    }
  }
  return nullptr;
}

void run(CommandContext& context, const Json& params, Peer peer, Answer answer) {
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

}  // namespace

const Command kBackendSet{"backend set", kArgs, "Sets the administrative state of a backend.", nullptr, run};

}  // namespace dialplane::control
