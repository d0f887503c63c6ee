// SPDX-License-Identifier: Apache-2.0
// `show listeners`: the addresses on which service is given. Control thread.
#include "command.hpp"

#include "dialplane/config/partners.hpp"

namespace dialplane::control {

namespace {

Json served_ports(const snapshot::Snapshot& snapshot, const snapshot::Listener& listener) {
  Json names = Json::array();
  for (std::size_t i = 0; i < snapshot.config->ports.size(); ++i) {
    if ((listener.port_mask >> i & 1U) != 0) names.push_back(snapshot.config->ports[i].name);
  }
  return names;
}

/// One name, or two where the address families have one each.
std::string names_of(const snapshot::Snapshot& snapshot, const snapshot::Partners& partners) {
  std::string names;
  for (const auto index : {partners.v4, partners.v6}) {
    if (index.value >= snapshot.listeners.size()) continue;
    if (!names.empty()) names += ", ";
    names += snapshot.listeners[index.value].name;
  }
  return names;
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  const auto& snapshot = current(context);
  Json rows = Json::array();
  for (const auto& listener : snapshot.listeners) {
    Json row;
    row["listener"] = listener.name;
    row["address"] = "udp:" + listener.address.to_string();
    row["side"] = config::side_name(listener.side);
    row["ports"] = served_ports(snapshot, listener);
    row["pool"] = listener.pool.value < snapshot.pools.size() ? snapshot.pools[listener.pool.value].name : "";
    row["inner"] = names_of(snapshot, listener.inner);
    row["outer"] = names_of(snapshot, listener.outer);
    row["names"] = listener.names;
    row["record_route"] = listener.record_route;
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowListeners{
    "show listeners", {}, "Listeners with their side, ports, pool and partners.", run, nullptr};

}  // namespace dialplane::control
