// SPDX-License-Identifier: Apache-2.0
// Managed and asked-for neighbours. Control thread.
#include "neighbor_keeper.hpp"

#include <spdlog/spdlog.h>

namespace dialplane::control {

namespace {

constexpr std::chrono::seconds kAskInterval{1};
constexpr std::chrono::seconds kRenewInterval{1};
/// Addresses remembered as asked for: a scan of a subnet must not grow the map without end.
constexpr std::size_t kMaxAsked = 4096;

std::set<NeighborKeeper::Key> wanted_neighbors(const config::Config& config, const snapshot::NextHopTable& table,
                                               const NeighborhoodTables& kernel) {
  // Those of routes not in use too: which one is used depends on whose neighbour answers.
  auto wanted = kernel.gateways();
  using Status = snapshot::NextHopTable::Hop::Status;
  for (const auto& pool : config.pools) {
    for (const auto& backend : pool.backends) {
      const auto hop = table.find(backend.address.ip);
      if (hop.status == Status::kResolved || hop.status == Status::kNoNeighbor) wanted.emplace(hop.port, hop.next);
    }
  }
  return wanted;
}

}  // namespace

void NeighborKeeper::ask(const Key& key, bool is_managed) {
  const auto* interface = interfaces_.find(key.first);
  if (interface == nullptr) return;
  const int ifindex = interface->tap.ifindex();
  // A plain request for a managed entry would end its management.
  auto message =
      is_managed ? netlink::manage_neighbor(ifindex, key.second) : netlink::use_neighbor(ifindex, key.second);
  const int error = requests_.request(message);
  const auto now = std::chrono::steady_clock::now();
  if (error != 0 && now - warned_ >= kAskInterval) {
    warned_ = now;
    spdlog::warn("the kernel will not resolve {} on {}: {}", key.second.to_string(), interface->name,
                 netlink::explain_errno(error));
  }
}

void NeighborKeeper::keep(const config::Config& config, const snapshot::NextHopTable& table,
                          const NeighborhoodTables& kernel) {
  auto wanted = wanted_neighbors(config, table, kernel);
  std::erase_if(wanted, [this](const Key& key) { return interfaces_.find(key.first) == nullptr; });
  for (const auto& key : wanted) {
    if (!managed_.contains(key)) ask(key, true);
  }
  for (const auto& key : managed_) {
    if (!wanted.contains(key)) ask(key, false);
  }
  managed_ = std::move(wanted);
}

void NeighborKeeper::renew(const NeighborhoodTables& kernel, Time now) {
  if (now - renewed_ < kRenewInterval) return;
  renewed_ = now;
  for (const auto& key : managed_) {
    if (!kernel.neighbors().contains(key)) ask(key, true);
  }
}

void NeighborKeeper::resolve(std::span<const Key> unresolved, Time now) {
  if (unresolved.empty()) return;
  if (asked_.size() + unresolved.size() > kMaxAsked) {
    std::erase_if(asked_, [&](const auto& entry) { return now - entry.second >= kAskInterval; });
  }
  for (const auto& key : unresolved) {
    const auto found = asked_.find(key);
    if (found != asked_.end() && now - found->second < kAskInterval) continue;
    if (found == asked_.end() && asked_.size() >= kMaxAsked) return;
    asked_[key] = now;
    ask(key, managed_.contains(key));
  }
}

}  // namespace dialplane::control
