// SPDX-License-Identifier: Apache-2.0
// Makes the kernel resolve the next hops we need: backends and gateways for as long as they are configured, others
// when a worker asks. Control thread.
#pragma once

#include "exception_interfaces.hpp"
#include "netlink_mirror.hpp"

#include "dialplane/config/config.hpp"
#include "dialplane/pipeline/data_plane.hpp"
#include "dialplane/snapshot/next_hops.hpp"

#include <chrono>
#include <map>
#include <set>
#include <span>
#include <utility>

namespace dialplane::control {

class NeighborKeeper {
 public:
  using Key = std::pair<PortIndex, IpAddress>;
  using Time = std::chrono::steady_clock::time_point;

  NeighborKeeper(netlink::RequestSocket& requests, const ExceptionInterfaces& interfaces)
      : requests_(requests), interfaces_(interfaces) {}

  /// Manages the next hop of every backend and every gateway, and no others any more.
  void keep(const config::Config& config, const snapshot::NextHopTable& table, const NeighborhoodTables& kernel);
  /// Asks again for managed neighbours that the kernel forgot (`ip neigh flush`), once a second.
  void renew(const NeighborhoodTables& kernel, Time now);
  /// Asks for what workers lacked, each address at most once a second.
  void resolve(std::span<const Key> unresolved, Time now);
  [[nodiscard]] const std::set<Key>& managed() const noexcept { return managed_; }

 private:
  void ask(const Key& key, bool is_managed);

  netlink::RequestSocket& requests_;
  const ExceptionInterfaces& interfaces_;
  std::set<Key> managed_;
  std::map<Key, Time> asked_;
  Time renewed_{};
  Time warned_{};  ///< one complaint a second at most
};

}  // namespace dialplane::control
