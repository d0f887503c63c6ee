// SPDX-License-Identifier: Apache-2.0
// Writes the headers of frames we send. Any thread; no allocation.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace dialplane::net {

/// Bytes write_udp4_headers puts before a payload.
inline constexpr std::size_t kUdp4Headers = 42;
/// Bytes write_udp6_headers puts before a payload.
inline constexpr std::size_t kUdp6Headers = 62;

/// Bytes of Ethernet, IP and UDP headers before a payload for `destination`.
constexpr std::size_t udp_headers(const IpAddress& destination) noexcept {
  return destination.is_v6() ? kUdp6Headers : kUdp4Headers;
}

/// The longest payload of one UDP datagram: what the length fields of IPv4 and of IPv6 can say.
constexpr std::size_t longest_udp_payload(const IpAddress& destination) noexcept {
  return destination.is_v6() ? 65527 : 65507;
}

struct UdpRoute {
  MacAddress source_mac;
  MacAddress destination_mac;
  Endpoint source;
  Endpoint destination;
};

/// Writes Ethernet, IPv4 (TTL 64, DF 0, given id and DSCP) and UDP headers with their checksums into the 42 bytes
/// before `payload`. Precondition: both endpoints are IPv4, payload_length ≤ 65507. Errors: none. Cost: reads the
/// payload once for the UDP checksum, which is never written as 0.
void write_udp4_headers(std::uint8_t* payload, std::size_t payload_length, const UdpRoute& route, std::uint16_t ip_id,
                        std::uint8_t dscp_ecn) noexcept;

/// Writes Ethernet, IPv6 (hop limit 64, flow label 0, given traffic class) and UDP headers into the 62 bytes before
/// `payload`. Precondition: both endpoints are IPv6, payload_length ≤ 65527. Errors: none. Cost: reads the payload once
/// for the UDP checksum, which is never written as 0. Source: RFC 8200 §3, §8.1.
void write_udp6_headers(std::uint8_t* payload, std::size_t payload_length, const UdpRoute& route,
                        std::uint8_t dscp_ecn) noexcept;

/// The Internet checksum (RFC 1071) of `data`, folded, not inverted; `sum` carries earlier parts (each of even length).
std::uint32_t checksum_add(std::uint32_t sum, ByteSpan data) noexcept;
/// Folds and inverts.
std::uint16_t checksum_finish(std::uint32_t sum) noexcept;

}  // namespace dialplane::net
