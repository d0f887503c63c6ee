// SPDX-License-Identifier: Apache-2.0
// `backend set POOL/NAME state …`: ready, drain and maint. Control thread.
#include "backend_state.hpp"

#include "health/drains.hpp"
#include "state_answer.hpp"

#include "dialplane/base/duration.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>

namespace dialplane::control {

namespace {

using Clock = std::chrono::steady_clock;

struct Wanted {
  config::AdminState state = config::AdminState::kReady;
  std::optional<std::chrono::milliseconds> deadline;
  bool waits = false;
};

tl::expected<Wanted, rpc::Failure> read_wanted(const Json& params) {
  Wanted wanted;
  const auto state = config::parse_admin_state(params["state"].get<std::string>());
  if (!state) return rpc::refuse(rpc::kInvalidParams, "`state` is ready, drain or maint");
  wanted.state = *state;
  wanted.waits = params.value("wait", false);
  if (const auto* text = params.find("deadline"); text != nullptr) {
    wanted.deadline = parse_duration(text->get<std::string>());
    if (!wanted.deadline) return rpc::refuse(rpc::kInvalidParams, "`deadline` is a duration like 30s, 10m or 1h");
  }
  if (wanted.state != config::AdminState::kDrain && (wanted.waits || wanted.deadline)) {
    return rpc::refuse(rpc::kInvalidParams, "`--wait` and `deadline` go with `state drain`");
  }
  return wanted;
}

}  // namespace

void set_backend_state(CommandContext& context, const Json& params, const AuditPtr& audit, Answer answer) {
  const auto name = params["backend"].get<std::string>();
  const auto* backend = find_backend(current(context), name);
  if (backend == nullptr) {
    return answer(
        rpc::refuse(rpc::kRefused, fmt::format("no backend `{}`; `show backends` lists them as POOL/NAME", name)));
  }
  const auto wanted = read_wanted(params);
  if (!wanted) return answer(tl::unexpected(wanted.error()));
  const auto old = backend->admin;
  const auto generation = context.state.set_admin(name, wanted->state);
  if (!generation) return answer(rpc::refuse(rpc::kRefused, generation.error().text));
  const auto now = Clock::now();
  context.drains.set(name, wanted->state, fmt::format("uid {}", audit->peer().uid), now);
  if (wanted->deadline) context.drains.limit(name, *wanted->deadline, now);
  audit->holds(fmt::format("generation={} old={} new={}", *generation, config::admin_state_name(old),
                           config::admin_state_name(wanted->state)));
  Json row;
  row["backend"] = name;
  row["old"] = config::admin_state_name(old);
  row["new"] = config::admin_state_name(wanted->state);
  row["generation"] = *generation;
  if (wanted->state == config::AdminState::kDrain) {
    const auto left = context.drains.remaining(*find_backend(current(context), name));
    row["dialogs"] = left.dialogs;
    row["registrations"] = left.registrations;
  }
  const bool waits = wanted->waits;
  context.acknowledgements.wait(*generation, [row, name, waits, audit, &context,
                                              answer = std::move(answer)](const std::vector<WorkerIndex>& late) {
    if (!has_been_taken(context, *audit, late, answer)) return;
    if (waits) return context.drains.wait(name, answer, Clock::now());
    answer(rpc::rows_result(Json::array({row})));
  });
}

}  // namespace dialplane::control
