// SPDX-License-Identifier: Apache-2.0
// `backend set`: the administrative state, the weight or the tier of a backend. Control thread.
#include "backend_state.hpp"
#include "record_change.hpp"

#include <array>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 8> kArgs{{{"backend", ArgKind::kPositional, "POOL/NAME"},
                                    {"state", ArgKind::kKeyed, "ready|drain|maint", true},
                                    {"deadline", ArgKind::kKeyed, "TIME", true},
                                    {"wait", ArgKind::kFlag, ""},
                                    {"weight", ArgKind::kKeyed, "N", true},
                                    {"tier", ArgKind::kKeyed, "N", true},
                                    {"reset", ArgKind::kFlag, ""},
                                    {"dry_run", ArgKind::kFlag, ""}}};

/// Weight and tier are keys of the configuration: they take the way of a reload.
void set_keys(CommandContext& context, const Json& params, const AuditPtr& audit, Answer answer) {
  const auto backend = split_backend(params["backend"].get<std::string>());
  if (!backend) return answer(tl::unexpected(backend.error()));
  const auto members = number_members(params);
  if (!members) return answer(tl::unexpected(members.error()));
  auto request = record_change(params);
  request.edit = [backend = *backend, members = *members](std::string_view text) {
    Result<std::string> edited = std::string(text);
    for (const auto& [key, value] : members) {
      if (edited) edited = config::set_backend_key(*edited, backend.pool, backend.name, key, value);
    }
    return edited;
  };
  context.reloader.request(std::move(request), {audit, std::move(answer)});
}

void run(CommandContext& context, const Json& params, const AuditPtr& audit, Answer answer) {
  const bool has_keys = params.contains("weight") || params.contains("tier");
  if (params.contains("state") == has_keys) {
    return answer(
        rpc::refuse(rpc::kInvalidParams, "say what to set: `state ready|drain|maint`, or `weight N`, `tier N`"));
  }
  // Ignored, they would do what the caller wanted to avoid: `state drain --dry-run` would drain.
  if (!has_keys && (params.contains("dry_run") || params.contains("reset"))) {
    return answer(rpc::refuse(rpc::kInvalidParams, "`--dry-run` and `--reset` go with `weight` and `tier`"));
  }
  if (has_keys && (params.contains("wait") || params.contains("deadline"))) {
    return answer(rpc::refuse(rpc::kInvalidParams, "`--wait` and `deadline` go with `state drain`"));
  }
  has_keys ? set_keys(context, params, audit, std::move(answer))
           : set_backend_state(context, params, audit, std::move(answer));
}

}  // namespace

const Command kBackendSet{"backend set", kArgs, "Sets the administrative state of a backend, or its weight and tier.",
                          nullptr, run};

}  // namespace dialplane::control
