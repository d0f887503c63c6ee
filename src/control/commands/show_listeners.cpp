// SPDX-License-Identifier: Apache-2.0
// `show listeners`: the addresses on which service is given. Control thread.
#include "command.hpp"

namespace dialplane::control {

namespace {

using rpc::Json;

std::string_view side_name(config::Side side) {
  switch (side) {
    case config::Side::kOutside:
      return "outside";
    case config::Side::kInside:
      return "inside";
    case config::Side::kBoth:
      return "both";
  }
  return "";
}

Json served_ports(const snapshot::Snapshot& snapshot, const snapshot::Listener& listener) {
  Json names = Json::array();
  for (std::size_t i = 0; i < snapshot.config->ports.size(); ++i) {
    if ((listener.port_mask >> i & 1U) != 0) names.push_back(snapshot.config->ports[i].name);
  }
  return names;
}

std::string partner(const snapshot::Snapshot& snapshot, ListenerIndex index) {
  return index.value < snapshot.listeners.size() ? snapshot.listeners[index.value].name : std::string();
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  const auto& snapshot = current(context);
  Json rows = Json::array();
  for (const auto& listener : snapshot.listeners) {
    Json row;
    row["listener"] = listener.name;
    row["address"] = "udp:" + listener.address.to_string();
    row["side"] = side_name(listener.side);
    row["ports"] = served_ports(snapshot, listener);
    row["pool"] = listener.pool.value < snapshot.pools.size() ? snapshot.pools[listener.pool.value].name : "";
    row["inner"] = partner(snapshot, listener.inner);
    row["outer"] = partner(snapshot, listener.outer);
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
