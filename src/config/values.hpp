// SPDX-License-Identifier: Apache-2.0
// Text values that mean something: names, paths, addresses, prefixes, routes. Each function reports what is wrong and
// then returns nothing. Build or control thread.
#pragma once

#include "section_reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dialplane::config {

/// Letters, digits, '-', '_' and '.', 1 to 63 of them.
std::optional<std::string> read_name(const Located& value, Problems& problems);
/// A host name in lower case, or a numeric IPv4 address.
std::optional<std::string> read_host(const Located& value, Problems& problems);
/// A path that starts with '/'.
std::optional<std::string> read_path(const Located& value, Problems& problems);
/// The path in "file:PATH".
std::optional<std::string> read_key_file(const Located& value, Problems& problems);
/// Name of a kernel interface.
std::optional<std::string> read_interface(const Located& value, Problems& problems);

std::optional<IpAddress> read_address(const Located& value, Problems& problems);
std::optional<MacAddress> read_mac(const Located& value, Problems& problems);
/// A unicast address and a port, 5060 if not given.
std::optional<Endpoint> read_endpoint(const Located& value, Problems& problems);
/// A unicast address and a port, kProbePort if not given.
std::optional<Endpoint> read_probe_source(const Located& value, Problems& problems);
/// "udp:ADDRESS:PORT", an IPv6 address in brackets.
std::optional<Endpoint> read_listen_address(const Located& value, Problems& problems);
/// "127.0.0.1:9494": an address of the kernel's, so loopback and 0.0.0.0 too.
std::optional<Endpoint> read_http_address(const Located& value, Problems& problems);
/// A network or a host, without bits beyond the length.
std::optional<Prefix> read_prefix(const Located& value, Problems& problems);
/// An address of an interface with its length.
std::optional<Prefix> read_interface_address(const Located& value, Problems& problems);
std::optional<Route> read_route(const Located& value, Problems& problems);

/// The values that are right, in order.
template <class T>
std::vector<T> read_each(const std::vector<Located>& values, Problems& problems,
                         std::optional<T> (*read)(const Located&, Problems&)) {
  std::vector<T> result;
  for (const Located& value : values) {
    if (auto item = read(value, problems)) result.push_back(std::move(*item));
  }
  return result;
}

/// True for an IPv6 link-local address, which means nothing without an interface.
bool is_link_local(const IpAddress& address) noexcept;

/// True if only zero bits follow the first `prefix.length` ones.
bool is_network(const Prefix& prefix) noexcept;

}  // namespace dialplane::config
