// SPDX-License-Identifier: Apache-2.0
// Configurations and keys from which the tests build snapshots.
#pragma once

#include "dialplane/config/loader.hpp"
#include "dialplane/snapshot/builder.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <utility>

namespace dialplane::snapshot::testing {

/// Two networks, two ports; backends and further pools come from `pools`.
inline std::string two_networks(const std::string& pools) {
  return R"([runtime]
worker_cpus = [1]
[node]
name = "lb1"
[[port]]
name = "edge0"
device = "net_null0"
exception = "edge0"
addresses = ["198.51.100.2/24"]
mtu = 1400
[[port]]
name = "core0"
device = "net_null1"
exception = "core0"
addresses = ["10.0.0.2/24"]
rx_checksum = "absent"
[[listener]]
name = "public"
address = "udp:198.51.100.10:5060"
side = "outside"
ports = ["edge0"]
pool = "sbc"
inner = ["core"]
names = ["SIP.Carrier.example", "192.0.2.77"]
nat = "always"
[[listener]]
name = "core"
address = "udp:10.0.0.1:5070"
side = "inside"
outbound = "pool sbc"
[[pool]]
name = "sbc"
)" + pools;
}

inline std::string backend(const std::string& name, const std::string& address, const std::string& more = "") {
  return "[[pool.backend]]\nname = \"" + name + "\"\naddress = \"" + address + "\"\n" + more + "\n";
}

inline std::shared_ptr<const config::Config> load(const std::string& toml) {
  auto config = config::load_text(toml);
  if (!config) {
    for (const auto& problem : config.error()) ADD_FAILURE() << config::format_problem("text", problem);
    return nullptr;
  }
  return std::make_shared<const config::Config>(std::move(*config));
}

inline sip::Keyring keys(std::uint8_t placement = 1) {
  sip::Secret secret{};
  std::iota(secret.begin(), secret.end(), placement);
  sip::Secret token{};
  std::iota(token.begin(), token.end(), std::uint8_t{100});
  return sip::Keyring::derive(secret, {&token, 1});
}

/// Builds what must be buildable.
inline std::unique_ptr<Snapshot> build(const std::string& toml, const RuntimeState& state = {},
                                       const Snapshot* previous = nullptr, std::uint8_t placement = 1) {
  CounterCells cells;
  const auto config = load(toml);
  if (config == nullptr) return nullptr;
  auto snapshot = build_snapshot(config, keys(placement), state, cells, previous);
  if (!snapshot) {
    ADD_FAILURE() << snapshot.error().text;
    return nullptr;
  }
  return std::move(*snapshot);
}

}  // namespace dialplane::snapshot::testing
