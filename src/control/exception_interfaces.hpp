// SPDX-License-Identifier: Apache-2.0
// The exception interfaces of all ports: makes them with their addresses and routes, and carries frames between them
// and the data plane. Control thread.
#pragma once

#include "netlink_socket.hpp"
#include "tap.hpp"

#include "dialplane/base/result.hpp"
#include "dialplane/config/config.hpp"
#include "dialplane/pipeline/data_plane.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace dialplane::control {

struct ExceptionInterface {
  PortIndex port;
  std::string name;
  Tap tap;
  MacAddress mac;
  std::set<IpAddress> own_addresses;       ///< of `[[port]] addresses`
  std::set<IpAddress> listener_addresses;  ///< added as host prefixes
  bool has_link_local = false;             ///< neighbour discovery asks from this address
  std::uint64_t to_kernel = 0;
  std::uint64_t to_kernel_lost = 0;
  std::uint64_t from_kernel = 0;
  std::uint64_t from_kernel_lost = 0;
};

class ExceptionInterfaces {
 public:
  ExceptionInterfaces(netlink::RequestSocket& requests, pipeline::DataPlane& data_plane)
      : requests_(requests), data_plane_(data_plane) {}

  /// Makes the interface of every port that has one: MAC and MTU of the port, addresses, up, routes.
  /// Errors: the step that failed and what to do; the interfaces made so far go with this object.
  Result<void> create(const config::Config& config);

  /// Adds the addresses of listeners that are not there yet. Errors: what this call added is removed again.
  Result<void> add_listener_addresses(const config::Config& config);
  /// Removes those no listener of `config` has.
  void remove_other_addresses(const config::Config& config);

  /// Who takes frames of the control lane. It returns false for those that the kernel shall have, too.
  using ControlSink = std::function<bool(PortIndex, ByteSpan)>;
  void set_control_sink(ControlSink sink) { control_sink_ = std::move(sink); }

  /// Writes punted frames to their interfaces, those of the control lane to the sink first; returns how many came.
  std::size_t carry_punted(std::size_t budget);
  /// Hands waiting frames of one interface to the wire, a bounded number.
  void carry_from_kernel(ExceptionInterface& from);

  [[nodiscard]] const std::vector<std::unique_ptr<ExceptionInterface>>& all() const noexcept { return interfaces_; }
  [[nodiscard]] const ExceptionInterface* find(PortIndex port) const noexcept;

 private:
  Result<void> set_up(ExceptionInterface& interface, const config::Port& port, const pipeline::PortStatus& status);
  /// Without a link-local address the kernel sends no neighbour solicitation of its own accord.
  Result<void> prepare_for(ExceptionInterface& interface, const IpAddress& address);
  Result<void> add_address(ExceptionInterface& interface, const Prefix& address, const std::string& what);
  Result<void> require(netlink::Message message, const ExceptionInterface& interface, const std::string& step);

  netlink::RequestSocket& requests_;
  pipeline::DataPlane& data_plane_;
  std::vector<std::unique_ptr<ExceptionInterface>> interfaces_;
  ControlSink control_sink_;
  std::array<std::uint8_t, 65536> frame_{};
};

}  // namespace dialplane::control
