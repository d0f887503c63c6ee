// SPDX-License-Identifier: Apache-2.0
// `show info`: the process as a whole. Control thread.
#include "command.hpp"
#include "heap_stats.hpp"

#include "dialplane/sip/scanner.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace dialplane::control {

namespace {

Json table_checksums(const snapshot::Snapshot& snapshot) {
  Json list = Json::array();
  for (const auto& pool : snapshot.pools) {
    list.push_back(fmt::format("{}:{:016x}", pool.name, pool.plan.checksum()));
  }
  return list;
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  const auto& snapshot = current(context);
  const auto uptime = std::chrono::steady_clock::now() - context.started;
  const auto buffers = context.data_plane.buffers();
  Json row;
  row["version"] = context.version;
  row["sip_kernel"] = sip::kernel_name(sip::active_kernel());
  row["name"] = snapshot.config->runtime.name;
  row["node"] = snapshot.config->node.name;
  row["node_id"] = fmt::format("{:04x}", snapshot.node.value);
  row["pid"] = ::getpid();
  row["uptime_seconds"] = std::chrono::duration_cast<std::chrono::seconds>(uptime).count();
  row["config_file"] = context.config_path;
  row["config_generation"] = snapshot.config_generation;
  row["generation"] = snapshot.generation;
  row["snapshots_held"] = context.state.publisher().held();
  row["workers"] = context.data_plane.workers().size();
  row["listeners"] = snapshot.listeners.size();
  row["pools"] = snapshot.pools.size();
  row["table_checksums"] = table_checksums(snapshot);
  row["mbufs_free"] = buffers.free;
  row["mbufs_total"] = buffers.total;
  if (const auto heap = read_heap_stats()) {
    row["heap_allocated_bytes"] = heap->allocated_bytes;
    row["heap_resident_bytes"] = heap->resident_bytes;
  }
  row["slowest_turn_us"] = context.slowest_turn_us;
  auto result = rpc::rows_result(Json::array({row}));
  result["layout"] = "records";
  return result;
}

}  // namespace

const Command kShowInfo{"show info", {}, "Version, instance, configuration, generations and memory.", run, nullptr};

}  // namespace dialplane::control
