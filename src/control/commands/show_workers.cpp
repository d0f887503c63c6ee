// SPDX-License-Identifier: Apache-2.0
// `show workers`: what each worker does and which generation it has. Control thread.
#include "command.hpp"

namespace dialplane::control {

namespace {

rpc::Outcome run(const CommandContext& context, const Json&) {
  const auto workers = context.data_plane.workers();
  Json rows = Json::array();
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const WorkerIndex index(static_cast<std::uint16_t>(i));
    const auto& counters = context.data_plane.counters(index);
    const auto busy = counters.busy_cycles.read();
    const auto cycles = busy + counters.idle_cycles.read();
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    for (const auto& port : counters.ports) {
      received += port.rx_packets.read();
      sent += port.tx_packets.read();
    }
    Json row;
    row["worker"] = i;
    row["cpu"] = workers[i].cpu;
    row["running"] = workers[i].running;
    row["generation"] = context.state.publisher().acknowledged(index);
    row["polls"] = counters.polls.read();
    row["busy_polls"] = counters.busy_polls.read();
    row["busy_cycles"] = busy;
    row["idle_cycles"] = cycles - busy;
    row["busy_ratio"] = cycles == 0 ? 0.0 : static_cast<double>(busy) / static_cast<double>(cycles);
    row["rx_packets"] = received;
    row["tx_packets"] = sent;
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowWorkers{
    "show workers", {}, "Workers with their CPU, acknowledged generation and load.", run, nullptr};

}  // namespace dialplane::control
