// SPDX-License-Identifier: Apache-2.0
// Finds the layers of one Ethernet frame. Any thread; no allocation; never reads past the frame.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/bytes.hpp"

#include <cstdint>

namespace dialplane::net {

inline constexpr std::uint16_t kEthernetHeader = 14;
inline constexpr std::uint16_t kVlanTag = 4;
inline constexpr std::uint16_t kIpv4Header = 20;  ///< without options, as we send it
inline constexpr std::uint16_t kIpv6Header = 40;
inline constexpr std::uint16_t kIpv6FragmentHeader = 8;
inline constexpr std::uint16_t kUdpHeader = 8;

/// What a frame carries, as far as the packet path cares.
enum class FrameKind : std::uint8_t {
  kUdp,  ///< complete UDP datagram over IPv4 or IPv6; endpoints and payload are set
  kTcp,  ///< endpoints are set
  kArp,
  kIcmp,       ///< ICMP or ICMPv6 (neighbour discovery included)
  kFragment,   ///< IPv4 or IPv6 fragment; addresses are set, ports are not; l4_offset is where its data starts
  kOtherIp,    ///< another protocol, or for the kernel to judge: on a source route, an odd IPv6 header
  kOther,      ///< not IP, not ARP
  kMalformed,  ///< see fault
};

/// Why a frame is kMalformed.
enum class FrameFault : std::uint8_t {
  kNone,
  kRunt,        ///< shorter than its Ethernet or IP header
  kIpHeader,    ///< IP version, header length or total length do not fit the frame, or an IPv6 jumbogram
  kIpChecksum,  ///< IPv4 header checksum wrong
  kUdpLength,   ///< UDP length below 8 or beyond the IP payload
};

/// Units: offsets from the first byte of the frame.
struct FrameView {
  FrameKind kind = FrameKind::kOther;
  FrameFault fault = FrameFault::kNone;
  std::uint16_t l3_offset = 0;
  std::uint16_t l4_offset = 0;
  std::uint16_t payload_offset = 0;  ///< UDP payload
  std::uint16_t payload_length = 0;  ///< by the UDP length, so Ethernet padding never reaches the parser
  std::uint8_t ip_protocol = 0;
  std::uint8_t dscp_ecn = 0;
  Endpoint source;
  Endpoint destination;
};

/// Parses Ethernet, one or two VLAN tags, IPv4 (options allowed), IPv6 with extension headers, UDP.
/// The IPv4 header checksum is verified; the UDP one is not (see udp_checksum_ok).
void parse_frame(ByteSpan frame, FrameView& view) noexcept;

/// True if the UDP checksum is right, or absent where that is legal (0 over IPv4).
/// Precondition: view.kind == kUdp. Cost: reads the whole datagram.
bool udp_checksum_ok(ByteSpan frame, const FrameView& view) noexcept;

}  // namespace dialplane::net
