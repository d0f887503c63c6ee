// SPDX-License-Identifier: Apache-2.0
// Frames for tests, built byte by byte with checksums of its own, so that it shares no mistake with the code under
// test. Test thread.
#pragma once

#include "dialplane/base/address.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::test {

using Bytes = std::vector<std::uint8_t>;

inline const MacAddress kClientMac{{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}};
inline const MacAddress kOurMac{{0x02, 0x00, 0x00, 0x00, 0x00, 0x02}};

/// Reads an address that the test knows to be good.
inline IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
/// Reads an endpoint that the test knows to be good.
inline Endpoint endpoint(std::string_view text) { return Endpoint::parse(text).value(); }

inline Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }
inline std::string to_text(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

inline void append(Bytes& out, std::span<const std::uint8_t> more) { out.insert(out.end(), more.begin(), more.end()); }
inline void append(Bytes& out, std::initializer_list<std::uint8_t> more) { out.insert(out.end(), more); }
inline void append16(Bytes& out, std::size_t v) {
  out.push_back(static_cast<std::uint8_t>(v >> 8));
  out.push_back(static_cast<std::uint8_t>(v));
}
inline void put16(Bytes& out, std::size_t at, std::size_t v) {
  out[at] = static_cast<std::uint8_t>(v >> 8);
  out[at + 1] = static_cast<std::uint8_t>(v);
}

/// The Internet checksum, one 16-bit word at a time as RFC 1071 defines it.
inline std::uint16_t plain_checksum(std::span<const std::uint8_t> data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    const std::uint32_t low = i + 1 < data.size() ? data[i + 1] : 0;
    sum += (std::uint32_t{data[i]} << 8) | low;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(~sum);
}

/// The UDP checksum of `udp` (header and payload, checksum field as it stands) with its pseudo header.
inline std::uint16_t plain_udp_checksum(const IpAddress& source, const IpAddress& destination,
                                        std::span<const std::uint8_t> udp) {
  const std::size_t size = source.is_v4() ? 4 : 16;
  Bytes all(source.bytes().begin(), source.bytes().begin() + static_cast<std::ptrdiff_t>(size));
  append(all, std::span(destination.bytes()).first(size));
  append(all, {0, 17});
  append16(all, udp.size());
  append(all, udp);
  return plain_checksum(all);
}

/// What a test may vary about a UDP datagram; the defaults give a plain one that every check accepts.
struct UdpPacket {
  Endpoint source;
  Endpoint destination;
  std::string payload;
  MacAddress source_mac = kClientMac;
  MacAddress destination_mac = kOurMac;
  std::vector<std::uint32_t> tags = {};  ///< VLAN tags as ethertype << 16 | TCI, outermost first
  Bytes ip_options = {};                 ///< IPv4: options, a multiple of 4; IPv6: extension headers
  std::uint8_t ipv6_next_header = 17;    ///< IPv6: type of the first extension header
  std::uint16_t ip_id = 0x1234;
  std::uint16_t fragment_field = 0;  ///< IPv4: flags and offset
  std::uint8_t ttl = 61;
  std::uint8_t dscp_ecn = 0;
  bool zero_udp_checksum = false;
  std::size_t trailing = 0;  ///< bytes after the IP packet, as Ethernet padding
};

inline Bytes udp_segment(const UdpPacket& p) {
  Bytes udp;
  append16(udp, p.source.port);
  append16(udp, p.destination.port);
  append16(udp, p.payload.size() + 8);
  append16(udp, 0);
  append(udp, to_bytes(p.payload));
  if (!p.zero_udp_checksum) {
    const std::uint16_t checksum = plain_udp_checksum(p.source.ip, p.destination.ip, udp);
    put16(udp, 6, checksum == 0 ? 0xffff : checksum);
  }
  return udp;
}

/// Ethernet and tags, up to and with the ethertype of what follows.
inline Bytes ethernet_header(const UdpPacket& p, std::uint16_t type) {
  Bytes out(p.destination_mac.bytes.begin(), p.destination_mac.bytes.end());
  append(out, p.source_mac.bytes);
  for (const std::uint32_t tag : p.tags) {
    append16(out, tag >> 16);
    append16(out, tag & 0xffffU);
  }
  append16(out, type);
  return out;
}

inline Bytes ipv4_header(const UdpPacket& p, std::size_t segment, std::uint8_t protocol = 17) {
  Bytes ip;
  append(ip, {static_cast<std::uint8_t>(0x45 + p.ip_options.size() / 4), p.dscp_ecn});
  append16(ip, 20 + p.ip_options.size() + segment);
  append16(ip, p.ip_id);
  append16(ip, p.fragment_field);
  append(ip, {p.ttl, protocol, 0, 0});
  append(ip, std::span(p.source.ip.bytes()).first(4));
  append(ip, std::span(p.destination.ip.bytes()).first(4));
  append(ip, p.ip_options);
  put16(ip, 10, plain_checksum(ip));
  return ip;
}

inline Bytes ipv6_header(const UdpPacket& p, std::size_t segment) {
  Bytes ip = {static_cast<std::uint8_t>(0x60 | (p.dscp_ecn >> 4)), static_cast<std::uint8_t>(p.dscp_ecn << 4), 0, 0};
  append16(ip, p.ip_options.size() + segment);
  append(ip, {p.ipv6_next_header, p.ttl});
  append(ip, p.source.ip.bytes());
  append(ip, p.destination.ip.bytes());
  append(ip, p.ip_options);
  return ip;
}

/// A whole frame. Both endpoints are of one family, which decides the IP version.
inline Bytes build_udp(const UdpPacket& p) {
  const bool v4 = p.source.ip.is_v4();
  const Bytes udp = udp_segment(p);
  Bytes frame = ethernet_header(p, v4 ? 0x0800 : 0x86dd);
  append(frame, v4 ? ipv4_header(p, udp.size()) : ipv6_header(p, udp.size()));
  append(frame, udp);
  frame.resize(frame.size() + p.trailing, 0xee);
  return frame;
}

/// A plain frame: `udp_frame("198.51.100.7:5060", "203.0.113.1:5060", message)`.
inline Bytes udp_frame(std::string_view source, std::string_view destination, std::string_view payload) {
  return build_udp({.source = endpoint(source), .destination = endpoint(destination), .payload = std::string(payload)});
}

}  // namespace dialplane::test
