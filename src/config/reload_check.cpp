// SPDX-License-Identifier: Apache-2.0
// What a reload would have to restart the process for. Control thread.
#include "dialplane/config/loader.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace dialplane::config {
namespace {

bool same_routes(const std::vector<Route>& a, const std::vector<Route>& b) {
  return std::ranges::equal(a, b,
                            [](const Route& x, const Route& y) { return x.prefix == y.prefix && x.via == y.via; });
}

void compare_port(const Port& running, const Port& wanted, std::vector<std::string>& changes) {
  const auto note = [&](bool same, std::string_view key) {
    if (!same) changes.push_back(fmt::format("[[port]] {}: {}", running.name, key));
  };
  note(running.devices == wanted.devices, "device");
  note(running.exception == wanted.exception, "exception");
  note(running.mtu == wanted.mtu, "mtu");
  note(running.addresses == wanted.addresses, "addresses");
  note(same_routes(running.routes, wanted.routes), "routes");
  note(running.rx_checksum == wanted.rx_checksum, "rx_checksum");
}

void compare_ports(const Config& running, const Config& wanted, std::vector<std::string>& changes) {
  for (const Port& port : running.ports) {
    const auto found = std::ranges::find(wanted.ports, port.name, &Port::name);
    if (found == wanted.ports.end()) {
      changes.push_back(fmt::format("[[port]] {}: removed", port.name));
    } else {
      compare_port(port, *found, changes);
    }
  }
  for (const Port& port : wanted.ports) {
    const bool is_known = std::ranges::find(running.ports, port.name, &Port::name) != running.ports.end();
    if (!is_known) changes.push_back(fmt::format("[[port]] {}: added", port.name));
  }
  // The position of a port is its index for the life of the process.
  if (!std::ranges::equal(running.ports, wanted.ports, {}, &Port::name, &Port::name) && changes.empty()) {
    changes.emplace_back("[[port]] order");
  }
}

}  // namespace

std::vector<std::string> unreloadable_changes(const Config& running, const Config& wanted) {
  std::vector<std::string> changes;
  const auto note = [&](bool same, std::string_view key) {
    if (!same) changes.emplace_back(key);
  };
  const Runtime& a = running.runtime;
  const Runtime& b = wanted.runtime;
  note(a.name == b.name, "[runtime] name");
  note(a.main_cpu == b.main_cpu, "[runtime] main_cpu");
  note(a.worker_cpus == b.worker_cpus, "[runtime] worker_cpus");
  note(a.memory == b.memory, "[runtime] memory");
  note(a.mbufs == b.mbufs, "[runtime] mbufs");
  note(a.idle == b.idle, "[runtime] idle");
  note(a.state_dir == b.state_dir, "[runtime] state_dir");
  note(running.node.name == wanted.node.name, "[node] name");
  note(running.node.probe_source == wanted.node.probe_source, "[node] probe_source");
  note(running.affinity.entries == wanted.affinity.entries, "[affinity] entries");
  compare_ports(running, wanted, changes);
  return changes;
}

}  // namespace dialplane::config
