// SPDX-License-Identifier: Apache-2.0
// `backend del`: one backend less in the running configuration. Control thread.
#include "command.hpp"
#include "record_change.hpp"

#include <array>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 3> kArgs{
    {{"backend", ArgKind::kPositional, "POOL/NAME"}, {"reset", ArgKind::kFlag, ""}, {"dry_run", ArgKind::kFlag, ""}}};

void run(CommandContext& context, const Json& params, const AuditPtr& audit, Answer answer) {
  const auto backend = split_backend(params["backend"].get<std::string>());
  if (!backend) return answer(tl::unexpected(backend.error()));
  auto request = record_change(params);
  request.edit = [backend = *backend](std::string_view text) {
    return config::remove_backend(text, backend.pool, backend.name);
  };
  context.reloader.request(std::move(request), {audit, std::move(answer)});
}

}  // namespace

const Command kBackendDel{
    "backend del", kArgs,
    "Takes a backend out of its pool; `config save` writes it to the file. --dry-run shows the difference only.",
    nullptr, run};

}  // namespace dialplane::control
