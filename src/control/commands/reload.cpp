// SPDX-License-Identifier: Apache-2.0
// `reload`: reads the configuration file again. Control thread.
#include "reload.hpp"

#include "command.hpp"

#include <array>

namespace dialplane::control {

namespace {

using rpc::Json;

constexpr std::array<Arg, 2> kArgs{{{"dry_run", ArgKind::kFlag, ""}, {"force", ArgKind::kFlag, ""}}};

void run(CommandContext& context, const Json& params, Peer, Answer answer) {
  context.reloader.request({params.value("dry_run", false), params.value("force", false)}, std::move(answer));
}

}  // namespace

const Command kReload{"reload", kArgs,
                      "Reads the configuration again; --dry-run only checks it, --force allows another placement key.",
                      nullptr, run};

}  // namespace dialplane::control
