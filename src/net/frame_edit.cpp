// SPDX-License-Identifier: Apache-2.0
// The headers of frames we send, with their checksums. Runs on workers, once per sent packet.
#include "dialplane/net/frame_edit.hpp"

#include "checksum.hpp"

#include "dialplane/net/frame.hpp"

#include <cstring>

namespace dialplane::net {

namespace {

constexpr std::uint8_t kTtl = 64;
constexpr std::uint8_t kProtoUdp = 17;

// Fields side by side are stored as one number: every store costs as much as a longer one.
constexpr std::uint64_t join16(std::uint16_t a, std::uint16_t b, std::uint16_t c, std::uint16_t d) noexcept {
  return std::uint64_t{a} << 48 | std::uint64_t{b} << 32 | std::uint64_t{c} << 16 | d;
}

constexpr std::uint16_t invert(std::uint16_t v) noexcept { return static_cast<std::uint16_t>(~v); }

}  // namespace

std::uint32_t checksum_add(std::uint32_t sum, ByteSpan data) noexcept {
  return fold(std::uint64_t{sum} + swap16(fold(sum_words(data.data(), data.size()))));
}

std::uint16_t checksum_finish(std::uint32_t sum) noexcept { return invert(fold(sum)); }

void write_udp4_headers(std::uint8_t* payload, std::size_t payload_length, const UdpRoute& route, std::uint16_t ip_id,
                        std::uint8_t dscp_ecn) noexcept {
  const auto udp_length = static_cast<std::uint16_t>(payload_length + kUdpHeader);
  std::uint8_t* const udp = payload - kUdpHeader;
  std::uint8_t* const ip = udp - kIpv4Header;
  std::uint8_t* const ethernet = ip - kEthernetHeader;

  // Of a size known here, unlike std::copy, which calls the library.
  std::memcpy(ethernet, route.destination_mac.bytes.data(), 6);
  std::memcpy(ethernet + 6, route.source_mac.bytes.data(), 6);
  store_be16(ethernet + 12, 0x0800);

  const auto total_length = static_cast<std::uint16_t>(udp_length + kIpv4Header);
  const std::uint32_t source = route.source.ip.v4_value();
  const std::uint32_t destination = route.destination.ip.v4_value();
  // Headers are summed from values: reading back bytes just stored would stall on store forwarding.
  const std::uint64_t addresses = std::uint64_t{source} + destination;
  const std::uint16_t version_tos = static_cast<std::uint16_t>(0x4500 | dscp_ecn);
  constexpr std::uint16_t kTtlProtocol = (kTtl << 8) | kProtoUdp;
  const std::uint16_t ip_checksum = invert(fold(addresses + version_tos + total_length + ip_id + kTtlProtocol));
  store_be64(ip, join16(version_tos, total_length, ip_id, 0));
  store_be64(ip + 8, join16(kTtlProtocol, ip_checksum, 0, 0) | source);
  store_be64(ip + 16, std::uint64_t{destination} << 32 | join16(0, 0, route.source.port, route.destination.port));

  // The length stands in the pseudo header and in the UDP header.
  const std::uint64_t header_sum =
      addresses + kProtoUdp + 2 * std::uint64_t{udp_length} + route.source.port + route.destination.port;
  const std::uint16_t checksum = invert(fold(header_sum + swap16(fold(sum_words(payload, payload_length)))));
  // 0 would say "no checksum"; both spellings are zero in one's complement.
  const std::uint16_t udp_checksum = checksum == 0 ? 0xffff : checksum;
  const auto length_checksum = __builtin_bswap32(std::uint32_t{udp_length} << 16 | udp_checksum);
  std::memcpy(udp + 4, &length_checksum, sizeof length_checksum);
}

void write_udp6_headers(std::uint8_t* payload, std::size_t payload_length, const UdpRoute& route,
                        std::uint8_t dscp_ecn) noexcept {
  std::uint8_t* udp = payload - kUdpHeader;
  std::uint8_t* ip = udp - kIpv6Header;
  std::uint8_t* ethernet = ip - kEthernetHeader;
  std::copy(route.destination_mac.bytes.begin(), route.destination_mac.bytes.end(), ethernet);
  std::copy(route.source_mac.bytes.begin(), route.source_mac.bytes.end(), ethernet + 6);
  store_be16(ethernet + 12, 0x86dd);

  const auto udp_length = static_cast<std::uint16_t>(payload_length + kUdpHeader);
  const auto& source = route.source.ip.bytes();
  const auto& destination = route.destination.ip.bytes();
  store_be32(ip, 0x60000000U | (std::uint32_t{dscp_ecn} << 20));
  store_be16(ip + 4, udp_length);
  ip[6] = kProtoUdp;
  ip[7] = kTtl;
  std::copy(source.begin(), source.end(), ip + 8);
  std::copy(destination.begin(), destination.end(), ip + 24);

  store_be16(udp, route.source.port);
  store_be16(udp + 2, route.destination.port);
  store_be16(udp + 4, udp_length);
  // The length stands in the pseudo header and in the UDP header.
  const std::uint64_t numbers = kProtoUdp + 2 * std::uint64_t{udp_length} + route.source.port + route.destination.port;
  const std::uint64_t words = sum_words(source.data(), source.size()) +
                              sum_words(destination.data(), destination.size()) + sum_words(payload, payload_length);
  const std::uint16_t checksum = invert(fold(numbers + swap16(fold(words))));
  // A receiver refuses 0 over IPv6; both spellings are zero in one's complement.
  store_be16(udp + 6, checksum == 0 ? 0xffff : checksum);
}

}  // namespace dialplane::net
