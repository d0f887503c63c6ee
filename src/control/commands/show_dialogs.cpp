// SPDX-License-Identifier: Apache-2.0
// `show dialogs`: what each backend holds; with a Call-ID: where that one is bound. Control thread.
#include "command.hpp"

#include "dialplane/base/siphash.hpp"

#include <array>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 1> kArgs{{{"call_id", ArgKind::kKeyed, "CALL-ID", true}}};

rpc::Outcome run(const CommandContext& context, const Json& params) {
  Json rows = Json::array();
  const auto& snapshot = current(context);
  const auto& states = *snapshot.backend_states;
  if (params.contains("call_id")) {
    const auto hash = SipHash13::of(snapshot.keys.call_id, params["call_id"].get<std::string>());
    const auto now_ms = context.data_plane.now_ms();
    for (const auto& pool : snapshot.pools) {
      const auto entry = snapshot.affinity->find(hash ^ pool.affinity_salt, {now_ms, 0, snapshot.affinity_ages});
      if (!entry) continue;
      const auto position = pool.find(entry.cell());
      Json row;
      row["pool"] = pool.name;
      row["backend"] = position == kNoIndex ? "(gone)" : pool.backends[position].name;
      row["state"] = balance::affinity_state_info(entry.state()).name;
      row["age_s"] = static_cast<double>(entry.age(now_ms)) * 4.096;
      rows.push_back(std::move(row));
    }
    return rpc::rows_result(std::move(rows));
  }
  for (const auto& pool : snapshot.pools) {
    for (const auto& backend : pool.backends) {
      Json row;
      row["pool"] = pool.name;
      row["backend"] = backend.name;
      row["admin"] = config::admin_state_name(backend.admin);
      row["dialogs"] = states.open_dialogs(backend.cell);
      row["registrations"] = states.open_registrations(backend.cell);
      row["pending"] = states.pending(backend.cell);
      rows.push_back(std::move(row));
    }
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowDialogs{"show dialogs", kArgs,
                           "Open dialogs and registrations of each backend, or where one Call-ID is bound.", run,
                           nullptr};

}  // namespace dialplane::control
