// SPDX-License-Identifier: Apache-2.0
// `backend add`: one more backend in the running configuration. Control thread.
#include "command.hpp"
#include "record_change.hpp"

#include <array>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 7> kArgs{{{"pool", ArgKind::kPositional, "POOL"},
                                    {"name", ArgKind::kPositional, "NAME"},
                                    {"address", ArgKind::kPositional, "ADDRESS:PORT"},
                                    {"weight", ArgKind::kKeyed, "N", true},
                                    {"tier", ArgKind::kKeyed, "N", true},
                                    {"reset", ArgKind::kFlag, ""},
                                    {"dry_run", ArgKind::kFlag, ""}}};

void run(CommandContext& context, const Json& params, const AuditPtr& audit, Answer answer) {
  const BackendName backend{params["pool"].get<std::string>(), params["name"].get<std::string>()};
  auto members = number_members(params);
  if (!members) return answer(tl::unexpected(members.error()));
  members->insert(members->begin(), {"address", config::toml_string(params["address"].get<std::string>())});
  auto request = record_change(params);
  request.backend = backend.pool + "/" + backend.name;
  request.edit = [backend, members = *members](std::string_view text) {
    return config::add_backend(text, backend.pool, backend.name, members);
  };
  context.reloader.request(std::move(request), {audit, std::move(answer)});
}

}  // namespace

const Command kBackendAdd{
    "backend add", kArgs,
    "Adds a backend to a pool; `config save` writes it to the file. --dry-run shows the difference only.", nullptr,
    run};

}  // namespace dialplane::control
