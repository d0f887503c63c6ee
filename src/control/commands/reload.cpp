// SPDX-License-Identifier: Apache-2.0
// `reload`, `reload confirm`, `reload cancel`. Control thread.
#include "reload.hpp"

#include "command.hpp"

#include "dialplane/base/text.hpp"

#include <array>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 4> kArgs{{{"dry_run", ArgKind::kFlag, ""},
                                    {"confirm", ArgKind::kOption, "60s", true},
                                    {"force", ArgKind::kFlag, ""},
                                    {"reset", ArgKind::kFlag, ""}}};

/// "60s" or "60"; nullopt for anything else and for more than a day.
std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
  constexpr std::uint64_t kMost = 86400;
  if (text.ends_with('s')) text.remove_suffix(1);
  const auto number = parse_decimal(text, kMost);
  if (!number || *number == 0) return std::nullopt;
  return std::chrono::seconds(*number);
}

void run(CommandContext& context, const Json& params, const AuditPtr& audit, Answer answer) {
  ChangeRequest request;
  request.is_dry_run = params.value("dry_run", false);
  request.is_forced = params.value("force", false);
  request.is_reset = params.value("reset", false);
  if (params.contains("confirm")) {
    const auto within = parse_seconds(params["confirm"].get<std::string>());
    if (!within) return answer(rpc::refuse(rpc::kInvalidParams, "`--confirm` is a number of seconds, 1s to 86400s"));
    request.confirm_within = *within;
  }
  context.reloader.request(std::move(request), {audit, std::move(answer)});
}

void confirm(CommandContext& context, const Json&, const AuditPtr&, Answer answer) {
  answer(context.reloader.confirm());
}

void cancel(CommandContext& context, const Json&, const AuditPtr& audit, Answer answer) {
  ChangeRequest request;
  request.kind = ChangeRequest::Kind::kRestore;
  context.reloader.request(std::move(request), {audit, std::move(answer)});
}

}  // namespace

const Command kReload{"reload", kArgs,
                      "Reads the configuration again; --dry-run shows what would change, --confirm 60s takes it back "
                      "unless `reload confirm` follows, --force allows another placement key, --reset forgets states "
                      "set by command and what checks found.",
                      nullptr, run};
const Command kReloadConfirm{
    "reload confirm", {}, "Makes the configuration that waits for its confirmation hold.", nullptr, confirm};
const Command kReloadCancel{
    "reload cancel", {}, "Takes the configuration that waits for its confirmation back at once.", nullptr, cancel};

}  // namespace dialplane::control
