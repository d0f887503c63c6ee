// SPDX-License-Identifier: Apache-2.0
// Reads capture files: records of pcap and pcapng, then link layer, IP and UDP. One thread.
#include "capture.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace classify {
namespace {

using dialplane::Endpoint;
using dialplane::IpAddress;

constexpr std::uint32_t kPcapMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kPcapNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // pcapng; the same in either byte order
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint32_t kInterfaceBlock = 1;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;

constexpr std::uint32_t kEthernet = 1;
constexpr std::uint32_t kRawIp = 101;
constexpr std::uint32_t kLinuxCooked = 113;
constexpr std::uint32_t kLinuxCooked2 = 276;

constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;
constexpr std::uint8_t kUdp = 17;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

std::uint16_t network16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>((byte_at(bytes, at) << 8) | byte_at(bytes, at + 1));
}

/// Numbers of the file itself, which has the byte order of whoever wrote it.
struct FileOrder {
  bool big_endian = false;
  [[nodiscard]] std::uint32_t u32(std::string_view bytes, std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | byte_at(bytes, at + (big_endian ? i : 3 - i));
    return value;
  }
  [[nodiscard]] std::uint16_t u16(std::string_view bytes, std::size_t at) const {
    return big_endian ? network16(bytes, at)
                      : static_cast<std::uint16_t>(byte_at(bytes, at) | (byte_at(bytes, at + 1) << 8));
  }
};

/// What a frame holds after its link header; empty if nothing we read.
struct Packet {
  std::uint16_t ether_type = 0;
  std::string_view bytes;
};

Packet packet_after(std::string_view frame, std::size_t type_at, std::size_t header_length) {
  if (frame.size() < std::max(header_length, type_at + 2)) return {};
  return {network16(frame, type_at), frame.substr(header_length)};
}

Packet strip_link(std::string_view frame, std::uint32_t link_type) {
  if (link_type == kLinuxCooked) return packet_after(frame, 14, 16);
  if (link_type == kLinuxCooked2) return packet_after(frame, 0, 20);
  if (link_type == kRawIp && !frame.empty()) {
    return {byte_at(frame, 0) >> 4 == 6 ? kEtherIpv6 : kEtherIpv4, frame};
  }
  if (link_type != kEthernet) return {};
  auto packet = packet_after(frame, 12, 14);
  while (packet.ether_type == 0x8100 || packet.ether_type == 0x88a8) packet = packet_after(packet.bytes, 2, 4);
  return packet;
}

enum class Kind : std::uint8_t { kDatagram, kFragment, kOther };

/// Reads UDP in `bytes`, which may be followed by padding.
Kind read_udp(std::string_view bytes, Datagram& datagram) {
  if (bytes.size() < 8) return Kind::kOther;
  const std::size_t length = network16(bytes, 4);
  if (length < 8 || length > bytes.size()) return Kind::kOther;
  datagram.source.port = network16(bytes, 0);
  datagram.destination.port = network16(bytes, 2);
  datagram.payload = bytes.substr(8, length - 8);
  return Kind::kDatagram;
}

IpAddress address4(std::string_view bytes, std::size_t at) {
  return IpAddress::v4((std::uint32_t{network16(bytes, at)} << 16) | network16(bytes, at + 2));
}

Kind read_ipv4(std::string_view packet, Datagram& datagram) {
  if (packet.size() < 20) return Kind::kOther;
  const std::size_t header = (byte_at(packet, 0) & 0xfU) * 4U;
  const std::size_t length = network16(packet, 2);
  if (header < 20 || length < header || length > packet.size() || byte_at(packet, 9) != kUdp) return Kind::kOther;
  // More fragments to come, or not the first one.
  if ((network16(packet, 6) & 0x3fffU) != 0) return Kind::kFragment;
  datagram.source.ip = address4(packet, 12);
  datagram.destination.ip = address4(packet, 16);
  return read_udp(packet.substr(header, length - header), datagram);
}

IpAddress address6(std::string_view bytes, std::size_t at) {
  std::array<std::uint8_t, 16> address;
  for (std::size_t i = 0; i < address.size(); ++i) address[i] = byte_at(bytes, at + i);
  return IpAddress::v6(address);
}

Kind read_ipv6(std::string_view packet, Datagram& datagram) {
  if (packet.size() < 40 || packet.size() < 40U + network16(packet, 4)) return Kind::kOther;
  datagram.source.ip = address6(packet, 8);
  datagram.destination.ip = address6(packet, 24);
  auto next = byte_at(packet, 6);
  auto rest = packet.substr(40, network16(packet, 4));
  // Hop-by-hop, routing and destination options share one layout; each is at least eight bytes, so this ends.
  while (next == 0 || next == 43 || next == 60) {
    if (rest.size() < 8) return Kind::kOther;
    const std::size_t length = 8U + 8U * byte_at(rest, 1);
    if (rest.size() < length) return Kind::kOther;
    next = byte_at(rest, 0);
    rest.remove_prefix(length);
  }
  if (next == 44) return Kind::kFragment;
  return next == kUdp ? read_udp(rest, datagram) : Kind::kOther;
}

/// Reads frames and keeps count.
class Reader {
 public:
  explicit Reader(const std::function<void(const Datagram&)>& take) : take_(take) {}

  void frame(std::string_view frame, std::uint32_t link_type) {
    ++summary.frames;
    const auto packet = strip_link(frame, link_type);
    Datagram datagram;
    auto kind = Kind::kOther;
    if (packet.ether_type == kEtherIpv4) kind = read_ipv4(packet.bytes, datagram);
    if (packet.ether_type == kEtherIpv6) kind = read_ipv6(packet.bytes, datagram);
    if (kind == Kind::kFragment) ++summary.fragments;
    if (kind == Kind::kOther) ++summary.others;
    if (kind != Kind::kDatagram) return;
    ++summary.datagrams;
    take_(datagram);
  }

  CaptureSummary summary;

 private:
  const std::function<void(const Datagram&)>& take_;
};

void read_pcap(std::string_view file, FileOrder order, Reader& reader) {
  // Above the link type stand the length of the frame check sequence and flags.
  const std::uint32_t link_type = order.u32(file, 20) & 0xffffU;
  std::size_t at = 24;
  while (at + 16 <= file.size()) {
    const std::size_t length = order.u32(file, at + 8);
    if (length > file.size() - at - 16) break;
    reader.frame(file.substr(at + 16, length), link_type);
    at += 16 + length;
  }
  reader.summary.complete = at == file.size();
}

void read_block(std::uint32_t type, std::string_view body, FileOrder order, std::vector<std::uint32_t>& link_types,
                Reader& reader) {
  if (type == kInterfaceBlock && body.size() >= 8) {
    link_types.push_back(order.u16(body, 0));
  } else if (type == kEnhancedPacket && body.size() >= 20) {
    const auto interface = order.u32(body, 0);
    const std::size_t length = order.u32(body, 12);
    if (interface < link_types.size() && length <= body.size() - 20) {
      reader.frame(body.substr(20, length), link_types[interface]);
    }
  } else if (type == kSimplePacket && body.size() >= 4 && !link_types.empty()) {
    reader.frame(body.substr(4, order.u32(body, 0)), link_types[0]);
  }
}

void read_pcapng(std::string_view file, Reader& reader) {
  FileOrder order;
  std::vector<std::uint32_t> link_types;
  std::size_t at = 0;
  while (at + 12 <= file.size()) {
    const auto type = order.u32(file, at);
    if (type == kSectionHeader) {
      // A section has its own byte order and its own interfaces.
      order.big_endian = order.u32(file, at + 8) != kByteOrderMagic ? !order.big_endian : order.big_endian;
      link_types.clear();
    }
    const std::size_t length = order.u32(file, at + 4);
    if (length < 12 || length % 4 != 0 || length > file.size() - at) break;
    read_block(type, file.substr(at + 8, length - 12), order, link_types, reader);
    at += length;
  }
  reader.summary.complete = at == file.size();
}

}  // namespace

std::optional<CaptureSummary> read_capture(std::string_view file, const std::function<void(const Datagram&)>& take) {
  if (file.size() < 24) return std::nullopt;
  Reader reader(take);
  if (FileOrder{}.u32(file, 0) == kSectionHeader) {
    read_pcapng(file, reader);
    return reader.summary;
  }
  for (const bool big_endian : {false, true}) {
    const FileOrder order{big_endian};
    const auto magic = order.u32(file, 0);
    if (magic != kPcapMicroseconds && magic != kPcapNanoseconds) continue;
    read_pcap(file, order, reader);
    return reader.summary;
  }
  return std::nullopt;
}

}  // namespace classify
