// SPDX-License-Identifier: Apache-2.0
// `show neighbors`: next hops with their MAC addresses. Control thread.
#include "command.hpp"

#include <set>

namespace dialplane::control {

namespace {

Json row_of(const CommandContext& context, PortIndex port, const IpAddress& address) {
  const auto& ports = current(context).config->ports;
  Json row;
  row["port"] = port.value < ports.size() ? ports[port.value].name : "";
  row["address"] = address.to_string();
  return row;
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  const auto& learnt = context.mirror.tables().neighbors();
  const auto& managed = context.keeper.managed();
  std::set<NeighborhoodTables::NeighborKey> keys(managed.begin(), managed.end());
  for (const auto& [key, neighbor] : learnt) keys.insert(key);
  for (const auto& key : keys) {
    const auto found = learnt.find(key);
    // A failed entry may still hold the address it had: it is not used any more.
    const bool has_mac = found != learnt.end() && found->second.mac != MacAddress{} &&
                         netlink::is_usable_neighbor_state(found->second.state);
    auto row = row_of(context, key.first, key.second);
    row["mac"] = has_mac ? found->second.mac.to_string() : "";
    row["state"] = found == learnt.end() ? "none" : netlink::neighbor_state_name(found->second.state);
    row["managed"] = managed.contains(key);
    rows.push_back(std::move(row));
  }
  for (const auto& neighbor : snapshot::static_hops(*current(context).config).neighbors) {
    auto row = row_of(context, neighbor.port, neighbor.address);
    row["mac"] = neighbor.mac.to_string();
    row["state"] = "static";
    row["managed"] = false;
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowNeighbors{
    "show neighbors", {}, "Next hops with MAC address and the kernel's state of them.", run, nullptr};

}  // namespace dialplane::control
