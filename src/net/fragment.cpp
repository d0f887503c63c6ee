// SPDX-License-Identifier: Apache-2.0
// The copying fragmenter for IPv4 datagrams that grew past the MTU. Any thread.
#include "dialplane/net/fragment.hpp"

#include "dialplane/net/frame.hpp"
#include "dialplane/net/frame_edit.hpp"

#include <algorithm>
#include <cstring>

namespace dialplane::net {
namespace {

constexpr std::size_t kHeaders = kEthernetHeader + kIpv4Header;
constexpr std::uint16_t kMoreFragments = 0x2000;

/// Every fragment but the last carries a multiple of eight bytes.
constexpr std::size_t piece_bytes(std::size_t mtu) noexcept { return (mtu - kIpv4Header) & ~std::size_t{7}; }

}  // namespace

std::size_t fragment_count(std::size_t ip_length, std::size_t mtu) noexcept {
  if (ip_length <= mtu) return 1;
  return (ip_length - kIpv4Header + piece_bytes(mtu) - 1) / piece_bytes(mtu);
}

std::size_t write_fragment(ByteSpan frame, std::size_t mtu, std::size_t index, std::uint8_t* out) noexcept {
  const std::size_t payload = frame.size() - kHeaders;
  const std::size_t piece = fragment_count(frame.size() - kEthernetHeader, mtu) == 1 ? payload : piece_bytes(mtu);
  const std::size_t offset = index * piece;
  const std::size_t length = std::min(piece, payload - offset);
  std::memcpy(out, frame.data(), kHeaders);
  std::memcpy(out + kHeaders, frame.data() + kHeaders + offset, length);

  auto* ip = out + kEthernetHeader;
  const bool more = offset + length < payload;
  store_be16(ip + 2, static_cast<std::uint16_t>(kIpv4Header + length));
  store_be16(ip + 6, static_cast<std::uint16_t>((more ? kMoreFragments : 0) | (offset / 8)));
  store_be16(ip + 10, 0);
  store_be16(ip + 10, checksum_finish(checksum_add(0, {ip, kIpv4Header})));
  return kHeaders + length;
}

}  // namespace dialplane::net
