// SPDX-License-Identifier: Apache-2.0
// The copying fragmenter for datagrams that grew past the MTU. Any thread.
#include "dialplane/net/fragment.hpp"

#include "dialplane/net/frame.hpp"
#include "dialplane/net/frame_edit.hpp"

#include <algorithm>
#include <cstring>

namespace dialplane::net {
namespace {

constexpr std::uint16_t kTypeIpv6 = 0x86dd;
constexpr std::uint8_t kProtoFragment = 44;
constexpr std::uint16_t kMoreFragments4 = 0x2000;
constexpr std::uint16_t kMoreFragments6 = 0x0001;

bool is_ipv6(ByteSpan frame) noexcept { return load_be16(frame.data() + kEthernetHeader - 2) == kTypeIpv6; }

/// How one datagram is cut: what every fragment repeats, what it adds, and how much it carries.
struct Cut {
  std::size_t ip_header;
  std::size_t added_header;
  std::size_t payload;  ///< bytes behind the IP header
  std::size_t piece;    ///< of every fragment but the last, which carry multiples of eight bytes
};

Cut cut_of(ByteSpan frame, std::size_t mtu) noexcept {
  const bool v6 = is_ipv6(frame);
  const std::size_t ip_header = v6 ? kIpv6Header : kIpv4Header;
  const std::size_t added = v6 ? kIpv6FragmentHeader : 0;
  return {ip_header, added, frame.size() - kEthernetHeader - ip_header, (mtu - ip_header - added) & ~std::size_t{7}};
}

void write_ipv4_fields(std::uint8_t* ip, std::size_t length, std::size_t offset, bool more) noexcept {
  store_be16(ip + 2, static_cast<std::uint16_t>(kIpv4Header + length));
  store_be16(ip + 6, static_cast<std::uint16_t>((more ? kMoreFragments4 : 0) | (offset / 8)));
  store_be16(ip + 10, 0);
  store_be16(ip + 10, checksum_finish(checksum_add(0, {ip, kIpv4Header})));
}

void write_ipv6_fields(std::uint8_t* ip, std::size_t length, std::size_t offset, bool more, std::uint32_t id) noexcept {
  auto* header = ip + kIpv6Header;
  header[0] = ip[6];
  header[1] = 0;
  store_be16(header + 2, static_cast<std::uint16_t>(offset | (more ? kMoreFragments6 : 0)));
  store_be32(header + 4, id);
  ip[6] = kProtoFragment;
  store_be16(ip + 4, static_cast<std::uint16_t>(kIpv6FragmentHeader + length));
}

}  // namespace

std::size_t fragment_count(ByteSpan frame, std::size_t mtu) noexcept {
  if (frame.size() - kEthernetHeader <= mtu) return 1;
  const auto cut = cut_of(frame, mtu);
  return (cut.payload + cut.piece - 1) / cut.piece;
}

bool needs_fragment_id(ByteSpan frame) noexcept { return is_ipv6(frame); }

std::size_t write_fragment(ByteSpan frame, std::size_t mtu, std::size_t index, std::uint32_t ipv6_id,
                           std::uint8_t* out) noexcept {
  if (fragment_count(frame, mtu) == 1) {
    std::memcpy(out, frame.data(), frame.size());
    return frame.size();
  }
  const auto cut = cut_of(frame, mtu);
  const std::size_t repeated = kEthernetHeader + cut.ip_header;
  const std::size_t offset = index * cut.piece;
  const std::size_t length = std::min(cut.piece, cut.payload - offset);
  const bool more = offset + length < cut.payload;
  std::memcpy(out, frame.data(), repeated);
  std::memcpy(out + repeated + cut.added_header, frame.data() + repeated + offset, length);
  if (cut.added_header == 0) {
    write_ipv4_fields(out + kEthernetHeader, length, offset, more);
  } else {
    write_ipv6_fields(out + kEthernetHeader, length, offset, more, ipv6_id);
  }
  return repeated + cut.added_header + length;
}

}  // namespace dialplane::net
