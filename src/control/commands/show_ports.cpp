// SPDX-License-Identifier: Apache-2.0
// `show ports`: ports as the driver, the workers and the kernel side count them. Control thread.
#include "command.hpp"

namespace dialplane::control {

namespace {

void put_exception(Json& row, const ExceptionInterface* interface) {
  row["exception"] = interface == nullptr ? "" : interface->name;
  row["to_kernel"] = interface == nullptr ? 0 : interface->to_kernel;
  row["to_kernel_lost"] = interface == nullptr ? 0 : interface->to_kernel_lost;
  row["from_kernel"] = interface == nullptr ? 0 : interface->from_kernel;
  row["from_kernel_lost"] = interface == nullptr ? 0 : interface->from_kernel_lost;
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  const auto ports = context.data_plane.ports();
  Json rows = Json::array();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const auto& port = ports[i];
    const auto sum = [&](auto member) {
      return sum_over_workers(context.data_plane,
                              [&](const auto& counters) { return (counters.ports[i].*member).read(); });
    };
    using Counters = pipeline::WorkerCounters::PortCounters;
    Json row;
    row["name"] = port.name;
    row["driver"] = port.driver;
    row["devices"] = port.devices;
    row["mac"] = port.mac.to_string();
    row["mtu"] = port.mtu;
    row["queues"] = port.queues;
    row["link"] = port.link_up ? "up" : "down";
    row["driver_rx_packets"] = port.rx_packets;
    row["driver_tx_packets"] = port.tx_packets;
    row["driver_rx_missed"] = port.rx_missed;
    row["driver_rx_errors"] = port.rx_errors;
    row["driver_rx_nobuf"] = port.rx_nobuf;
    row["driver_tx_errors"] = port.tx_errors;
    row["rx_packets"] = sum(&Counters::rx_packets);
    row["rx_bytes"] = sum(&Counters::rx_bytes);
    row["tx_packets"] = sum(&Counters::tx_packets);
    row["tx_bytes"] = sum(&Counters::tx_bytes);
    put_exception(row, context.interfaces.find(PortIndex(static_cast<std::uint16_t>(i))));
    rows.push_back(std::move(row));
  }
  auto result = rpc::rows_result(std::move(rows));
  result["layout"] = "records";
  return result;
}

}  // namespace

const Command kShowPorts{"show ports", {}, "Ports with driver, link, counters and exception interface.", run, nullptr};

}  // namespace dialplane::control
