// SPDX-License-Identifier: Apache-2.0
// Reading of names, paths, addresses, prefixes and routes. Build or control thread.
#include "values.hpp"

#include "names.hpp"

#include "dialplane/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace dialplane::config {
namespace {

constexpr std::uint16_t kSipPort = 5060;
/// IPv6 in any form: no IPv4 address, port or prefix has two colons or a bracket.
bool looks_like_ipv6(std::string_view text) noexcept {
  return text.starts_with('[') || std::ranges::count(text, ':') >= 2;
}

std::string quoted(const Located& value) { return fmt::format("\"{}\"", value.text); }

std::optional<Endpoint> read_endpoint_text(const Located& value, std::string_view text, std::string_view example,
                                           Problems& problems, std::uint16_t default_port = kSipPort) {
  const auto endpoint = Endpoint::parse(text, default_port);
  if (!endpoint || endpoint->port == 0) {
    problems.add(value.location, fmt::format("{} is not an address and port", quoted(value)),
                 fmt::format("write it like \"{}\"", example));
    return std::nullopt;
  }
  if (!endpoint->ip.is_routable_unicast()) {
    problems.add(value.location, fmt::format("{} is not a unicast address that packets can be sent to", quoted(value)),
                 "loopback, multicast, broadcast and unspecified addresses cannot be used");
    return std::nullopt;
  }
  if (is_link_local(endpoint->ip)) {
    problems.add(value.location, fmt::format("{} is a link-local address", quoted(value)),
                 "give an address that means the same on every interface");
    return std::nullopt;
  }
  return endpoint;
}

/// The address without the bits beyond the length.
IpAddress network_of(const Prefix& prefix) noexcept {
  std::array<std::uint8_t, 16> bytes = prefix.ip.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t kept_bits = prefix.length > 8 * i ? std::min<std::size_t>(8, prefix.length - 8 * i) : 0;
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00U >> kept_bits));
  }
  if (prefix.ip.is_v6()) return IpAddress::v6(bytes);
  IpAddress network;
  network.set_v4(bytes.data());
  return network;
}

/// The prefix itself, host bits and all.
std::optional<Prefix> read_any_prefix(const Located& value, std::string_view text, Problems& problems) {
  auto prefix = Prefix::parse(text);
  if (!prefix) {
    problems.add(value.location, fmt::format("\"{}\" is not a prefix", text),
                 "write it like \"198.51.100.0/24\" or \"2001:db8::/32\", or an address for a single host");
  }
  return prefix;
}

std::optional<Prefix> read_network(const Located& value, std::string_view text, Problems& problems) {
  auto prefix = read_any_prefix(value, text, problems);
  if (!prefix || is_network(*prefix)) return prefix;
  const Prefix network{network_of(*prefix), prefix->length};
  problems.add(value.location, fmt::format("\"{}\" has bits set beyond its length", text),
               fmt::format("did you mean \"{}\"?", network.to_string()));
  return std::nullopt;
}

}  // namespace

bool is_link_local(const IpAddress& address) noexcept {
  return address.is_v6() && address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0) == 0x80;
}

bool is_network(const Prefix& prefix) noexcept { return network_of(prefix) == prefix.ip; }

std::optional<std::string> read_name(const Located& value, Problems& problems) {
  if (is_name(value.text)) return value.text;
  problems.add(value.location, fmt::format("{} is not a name", quoted(value)),
               "use 1 to 63 letters, digits, '-', '_' or '.', and not dots alone");
  return std::nullopt;
}

std::optional<std::string> read_host(const Located& value, Problems& problems) {
  if (looks_like_ipv6(value.text)) {
    problems.add(value.location, fmt::format("{} is an IPv6 address", quoted(value)),
                 "leave it out: a listener is known by its own address; other names are host names or IPv4 addresses");
    return std::nullopt;
  }
  if (is_host_name(value.text)) {
    std::string host = value.text;
    std::ranges::transform(host, host.begin(), ascii_lower);
    return host;
  }
  problems.add(value.location, fmt::format("{} is not a host name", quoted(value)),
               "write it like \"sip.carrier.example\", without scheme or port");
  return std::nullopt;
}

std::optional<std::string> read_path(const Located& value, Problems& problems) {
  if (value.text.starts_with('/')) return value.text;
  problems.add(value.location, fmt::format("{} is not an absolute path", quoted(value)),
               "give a path that starts with \"/\"");
  return std::nullopt;
}

std::optional<std::string> read_key_file(const Located& value, Problems& problems) {
  constexpr std::string_view kScheme = "file:";
  if (value.text.starts_with("file:/")) return value.text.substr(kScheme.size());
  problems.add(value.location, "a key is given as a file, never in the configuration itself",
               "write \"file:/etc/dialplane/NAME.key\" with an absolute path");
  return std::nullopt;
}

std::optional<std::string> read_interface(const Located& value, Problems& problems) {
  constexpr std::size_t kLongestInterface = 15;
  if (is_name(value.text) && value.text.size() <= kLongestInterface) return value.text;
  problems.add(value.location, fmt::format("{} cannot be the name of a network interface", quoted(value)),
               "use 1 to 15 letters, digits, '-', '_' or '.'");
  return std::nullopt;
}

std::optional<IpAddress> read_address(const Located& value, Problems& problems) {
  const auto address = IpAddress::parse(value.text);
  if (address && address->is_routable_unicast()) return address;
  problems.add(value.location, fmt::format("{} is not a unicast IP address", quoted(value)),
               "write it like \"198.51.100.1\"");
  return std::nullopt;
}

std::optional<MacAddress> read_mac(const Located& value, Problems& problems) {
  const auto mac = MacAddress::parse(value.text);
  const bool is_unicast = mac && (mac->bytes[0] & 1) == 0 && *mac != MacAddress{};
  if (is_unicast) return mac;
  problems.add(value.location, fmt::format("{} is not a unicast Ethernet address", quoted(value)),
               "write it like \"02:00:00:00:00:01\"");
  return std::nullopt;
}

std::optional<Endpoint> read_probe_source(const Located& value, Problems& problems) {
  return read_endpoint_text(value, value.text, "10.0.0.2", problems, kProbePort);
}

std::optional<Endpoint> read_endpoint(const Located& value, Problems& problems) {
  return read_endpoint_text(value, value.text, looks_like_ipv6(value.text) ? "[2001:db8::11]:5060" : "10.0.0.11:5060",
                            problems);
}

std::optional<Endpoint> read_listen_address(const Located& value, Problems& problems) {
  constexpr std::string_view kUdp = "udp:";
  constexpr std::string_view kExample = "udp:198.51.100.10:5060";
  const std::string_view text = value.text;
  for (const std::string_view other : {"tcp:", "tls:", "ws:", "wss:", "sctp:"}) {
    if (!text.starts_with(other)) continue;
    problems.add(value.location, fmt::format("{}: this transport is not supported yet", quoted(value)),
                 fmt::format("give a UDP address like \"{}\"", kExample));
    return std::nullopt;
  }
  if (!text.starts_with(kUdp)) {
    problems.add(value.location, fmt::format("{} does not start with a transport", quoted(value)),
                 fmt::format("write it like \"{}\"", kExample));
    return std::nullopt;
  }
  const std::string_view endpoint = text.substr(kUdp.size());
  const auto example = looks_like_ipv6(endpoint) ? std::string_view("udp:[2001:db8::10]:5060") : kExample;
  return read_endpoint_text(value, endpoint, example, problems);
}

std::optional<Endpoint> read_http_address(const Located& value, Problems& problems) {
  const auto endpoint = Endpoint::parse(value.text, 0);
  if (endpoint && endpoint->ip.is_v4() && endpoint->port != 0) return endpoint;
  problems.add(value.location, fmt::format("{} is not an IPv4 address with a port", quoted(value)),
               "write it like \"127.0.0.1:9494\"; \"0.0.0.0:PORT\" listens on every address");
  return std::nullopt;
}

std::optional<Prefix> read_prefix(const Located& value, Problems& problems) {
  return read_network(value, value.text, problems);
}

std::optional<Prefix> read_interface_address(const Located& value, Problems& problems) {
  auto prefix = read_any_prefix(value, value.text, problems);
  if (!prefix) return std::nullopt;
  if (prefix->ip.is_routable_unicast() && value.text.find('/') != std::string::npos) return prefix;
  problems.add(value.location, fmt::format("{} is not an interface address", quoted(value)),
               "write a unicast address with its length, like \"198.51.100.2/24\"");
  return std::nullopt;
}

std::optional<Route> read_route(const Located& value, Problems& problems) {
  constexpr std::string_view kVia = " via ";
  const std::string_view text = value.text;
  const std::size_t via = text.find(kVia);
  const std::string_view target = text.substr(0, via);
  const bool has_via = via != std::string_view::npos;
  const std::string_view via_text = has_via ? text.substr(via + kVia.size()) : std::string_view();
  const bool lacks_gateway = via_text.empty() && (has_via || target == "default");
  if (target.find(' ') != std::string_view::npos || lacks_gateway) {
    problems.add(value.location, fmt::format("{} is not a route", quoted(value)),
                 "write \"default via GATEWAY\", \"PREFIX via GATEWAY\" or \"PREFIX\"");
    return std::nullopt;
  }
  const bool is_default = target == "default";
  std::optional<Prefix> prefix = Prefix{looks_like_ipv6(via_text) ? IpAddress::v6({}) : IpAddress::v4(0), 0};
  if (!is_default) prefix = read_network(value, target, problems);
  if (!prefix) return std::nullopt;
  if (via_text.empty()) return Route{*prefix, IpAddress{}};
  const auto gateway = read_address({std::string(via_text), value.location}, problems);
  if (!gateway) return std::nullopt;
  if (gateway->family() == prefix->ip.family()) return Route{*prefix, *gateway};
  problems.add(value.location, fmt::format("{} mixes IPv4 and IPv6", quoted(value)),
               "give a gateway of the address family of the prefix");
  return std::nullopt;
}

}  // namespace dialplane::config
