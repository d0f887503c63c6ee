// SPDX-License-Identifier: Apache-2.0
// Reads ports and fixed neighbours. Build or control thread.
#include "sections.hpp"
#include "values.hpp"

#include <utility>

namespace dialplane::config {
namespace {

Port read_port(const SectionReader& section) {
  Problems& problems = section.problems();
  Port port;
  port.location = section.location();
  if (const auto name = section.text("name")) port.name = read_name(*name, problems).value_or("");
  section.refuse_empty_list("device", "give a PCI address or a DPDK device string");
  for (Located& device : section.texts("device")) {
    if (device.text.empty()) {
      problems.add(device.location, "`device` is empty", "give a PCI address or a DPDK device string");
    }
    port.devices.push_back(std::move(device.text));
  }
  if (const auto name = section.text("exception")) port.exception = read_interface(*name, problems).value_or("");
  if (const auto mtu = section.integer("mtu")) port.mtu = static_cast<std::uint16_t>(*mtu);
  port.addresses = read_each(section.texts("addresses"), problems, read_interface_address);
  port.routes = read_each(section.texts("routes"), problems, read_route);
  port.rx_checksum = section.choice("rx_checksum", port.rx_checksum);
  return port;
}

Neighbor read_neighbor(const SectionReader& section) {
  Problems& problems = section.problems();
  Neighbor neighbor;
  neighbor.location = section.location();
  if (const auto port = section.text("port")) neighbor.port = read_name(*port, problems).value_or("");
  if (const auto address = section.text("address")) {
    neighbor.address = read_address(*address, problems).value_or(IpAddress{});
  }
  if (const auto mac = section.text("mac")) neighbor.mac = read_mac(*mac, problems).value_or(MacAddress{});
  return neighbor;
}

}  // namespace

void read_ports(const Value& root, Config& config, Problems& problems) {
  if (root.find("port") == nullptr) {
    problems.add({1, 1}, "there is no [[port]]", "add one with `name` and `device`");
  }
  for (const Value* table : section_tables(root, SectionId::kPort)) {
    config.ports.push_back(read_port({*table, SectionId::kPort, problems}));
  }
  for (const Value* table : section_tables(root, SectionId::kNeighbor)) {
    config.neighbors.push_back(read_neighbor({*table, SectionId::kNeighbor, problems}));
  }
}

}  // namespace dialplane::config
