// SPDX-License-Identifier: Apache-2.0
// Layer parsing of one received frame. Runs on workers, once per packet; reads only bytes inside the frame.
#include "dialplane/net/frame.hpp"

#include "checksum.hpp"

#include <cstring>
#include <optional>

namespace dialplane::net {

namespace {

constexpr std::uint16_t kTypeIpv4 = 0x0800;
constexpr std::uint16_t kTypeArp = 0x0806;
constexpr std::uint16_t kTypeVlan = 0x8100;
constexpr std::uint16_t kTypeIpv6 = 0x86dd;
constexpr std::uint16_t kTypeQinq = 0x88a8;

constexpr std::uint8_t kProtoHopByHop = 0;
constexpr std::uint8_t kProtoIcmp = 1;
constexpr std::uint8_t kProtoTcp = 6;
constexpr std::uint8_t kProtoUdp = 17;
constexpr std::uint8_t kProtoRouting = 43;
constexpr std::uint8_t kProtoFragment = 44;
constexpr std::uint8_t kProtoAh = 51;
constexpr std::uint8_t kProtoIcmp6 = 58;
constexpr std::uint8_t kProtoDestination = 60;
constexpr std::uint8_t kProtoMobility = 135;
constexpr std::uint8_t kProtoHip = 139;
constexpr std::uint8_t kProtoShim6 = 140;

constexpr std::size_t kTcpHeader = 20;
// Longer chains have no use on a SIP edge; they go to the kernel, which may judge them.
constexpr int kMaxExtensionHeaders = 8;

// `header` is at least 20: the usual header is summed in line, options by the general routine.
std::uint64_t sum_ipv4_header(const std::uint8_t* ip, std::size_t header) noexcept {
  std::uint64_t words[2];
  std::uint32_t last;
  std::memcpy(words, ip, sizeof words);
  std::memcpy(&last, ip + sizeof words, sizeof last);
  const std::uint64_t sum = sum_halves(words[0]) + sum_halves(words[1]) + last;
  if (header == kIpv4Header) [[likely]]
    return sum;
  return sum + sum_words(ip + kIpv4Header, header - kIpv4Header);
}

void set_fault(FrameView& view, FrameFault fault) noexcept {
  view.kind = FrameKind::kMalformed;
  view.fault = fault;
}

void parse_udp(const std::uint8_t* l4, std::size_t available, FrameView& view) noexcept {
  const std::size_t udp_length = available >= kUdpHeader ? load_be16(l4 + 4) : 0;
  if (udp_length < kUdpHeader || udp_length > available) {
    set_fault(view, FrameFault::kUdpLength);
    return;
  }
  view.kind = FrameKind::kUdp;
  view.source.port = load_be16(l4);
  view.destination.port = load_be16(l4 + 2);
  view.payload_offset = static_cast<std::uint16_t>(view.l4_offset + kUdpHeader);
  view.payload_length = static_cast<std::uint16_t>(udp_length - kUdpHeader);
}

// `available` is what the IP length leaves after all IP headers.
void parse_transport(const std::uint8_t* l4, std::size_t available, FrameView& view) noexcept {
  if (view.ip_protocol == kProtoUdp) [[likely]] {
    parse_udp(l4, available, view);
    return;
  }
  view.kind = FrameKind::kOtherIp;
  if (view.ip_protocol == kProtoTcp && available >= kTcpHeader) {
    view.kind = FrameKind::kTcp;
    view.source.port = load_be16(l4);
    view.destination.port = load_be16(l4 + 2);
  }
}

// True if a source route among the options goes on: then the destination is a station on the way only.
[[gnu::noinline]] bool is_routed_on(const std::uint8_t* options, std::size_t length) noexcept {
  constexpr std::uint8_t kEnd = 0;
  constexpr std::uint8_t kNothing = 1;
  constexpr std::uint8_t kLooseRoute = 131;
  constexpr std::uint8_t kStrictRoute = 137;
  std::size_t at = 0;
  while (at + 2 < length && options[at] != kEnd) {
    if (options[at] == kNothing) {
      ++at;
      continue;
    }
    const std::size_t size = options[at + 1];
    const bool is_route = options[at] == kLooseRoute || options[at] == kStrictRoute;
    if (is_route && options[at + 2] <= size) return true;
    if (size < 2) return false;
    at += size;
  }
  return false;
}

void parse_ipv4(const std::uint8_t* ip, std::size_t available, FrameView& view) noexcept {
  if (available < kIpv4Header) return set_fault(view, FrameFault::kRunt);
  const std::size_t header = std::size_t{ip[0] & 0xfU} * 4;
  const std::size_t total = load_be16(ip + 2);
  if ((ip[0] >> 4) != 4 || header < kIpv4Header) return set_fault(view, FrameFault::kIpHeader);
  if (header > available) return set_fault(view, FrameFault::kRunt);
  if (total < header || total > available) return set_fault(view, FrameFault::kIpHeader);
  if (fold(sum_ipv4_header(ip, header)) != 0xffff) return set_fault(view, FrameFault::kIpChecksum);

  view.dscp_ecn = ip[1];
  view.ip_protocol = ip[9];
  view.source.ip.set_v4(ip + 12);
  view.destination.ip.set_v4(ip + 16);
  view.l4_offset = static_cast<std::uint16_t>(view.l3_offset + header);
  if (header != kIpv4Header && is_routed_on(ip + kIpv4Header, header - kIpv4Header)) {
    view.kind = FrameKind::kOtherIp;
    return;
  }
  constexpr std::uint16_t kMoreOrOffset = 0x3fff;
  if ((load_be16(ip + 6) & kMoreOrOffset) != 0) {
    view.kind = FrameKind::kFragment;
    return;
  }
  parse_transport(ip + header, total - header, view);
  if (view.ip_protocol == kProtoIcmp) view.kind = FrameKind::kIcmp;
}

enum class Step : std::uint8_t { kNext, kUpper, kFragment, kStop, kTruncated };

// Where the walk along IPv6 extension headers stands; `at` counts from the IPv6 header.
struct Walk {
  const std::uint8_t* ip;
  std::size_t end;
  std::size_t at = kIpv6Header;
  std::uint8_t next;
};

Step skip(Walk& walk, std::size_t header) noexcept {
  if (header > walk.end - walk.at) return Step::kTruncated;
  walk.next = walk.ip[walk.at];
  walk.at += header;
  return Step::kNext;
}

Step step_fragment(Walk& walk) noexcept {
  if (walk.end - walk.at < kIpv6FragmentHeader) return Step::kTruncated;
  constexpr std::uint16_t kOffsetOrMore = 0xfff9;
  const bool atomic = (load_be16(walk.ip + walk.at + 2) & kOffsetOrMore) == 0;
  skip(walk, kIpv6FragmentHeader);
  // RFC 6946: a lone fragment is a whole datagram.
  return atomic ? Step::kNext : Step::kFragment;
}

Step step_extension(Walk& walk) noexcept {
  if (walk.next == kProtoFragment) return step_fragment(walk);
  const bool hop_by_hop = walk.next == kProtoHopByHop;
  // Anywhere but first it is an error that only the kernel's ICMP can tell the sender.
  if (hop_by_hop && walk.at != kIpv6Header) return Step::kStop;
  const bool known = hop_by_hop || walk.next == kProtoRouting || walk.next == kProtoAh ||
                     walk.next == kProtoDestination || walk.next == kProtoMobility || walk.next == kProtoHip ||
                     walk.next == kProtoShim6;
  if (!known) return Step::kUpper;
  if (walk.end - walk.at < 8) return Step::kTruncated;
  const std::uint8_t* header = walk.ip + walk.at;
  // A routing header with segments left names another final destination.
  if (walk.next == kProtoRouting && header[3] != 0) return Step::kStop;
  return skip(walk, walk.next == kProtoAh ? (std::size_t{header[1]} + 2) * 4 : (std::size_t{header[1]} + 1) * 8);
}

// Out of line, so that the IPv4 path saves no registers for it.
[[gnu::noinline]] void parse_ipv6(const std::uint8_t* ip, std::size_t available, FrameView& view) noexcept {
  if (available < kIpv6Header) return set_fault(view, FrameFault::kRunt);
  const std::size_t end = kIpv6Header + load_be16(ip + 4);
  if ((ip[0] >> 4) != 6 || end > available) return set_fault(view, FrameFault::kIpHeader);

  view.dscp_ecn = static_cast<std::uint8_t>((ip[0] << 4) | (ip[1] >> 4));
  std::array<std::uint8_t, 16> address;
  std::memcpy(address.data(), ip + 8, address.size());
  view.source.ip = IpAddress::v6(address);
  std::memcpy(address.data(), ip + 24, address.size());
  view.destination.ip = IpAddress::v6(address);

  Walk walk{.ip = ip, .end = end, .next = ip[6]};
  Step step = Step::kNext;
  for (int i = 0; i <= kMaxExtensionHeaders && step == Step::kNext; ++i) step = step_extension(walk);
  view.ip_protocol = walk.next;
  view.l4_offset = static_cast<std::uint16_t>(view.l3_offset + walk.at);
  view.kind = FrameKind::kOtherIp;
  if (step == Step::kTruncated) return set_fault(view, FrameFault::kIpHeader);
  // A mapped address on the wire would pass for IPv4 in every later comparison; the kernel may drop it.
  if (view.source.ip.is_v4() || view.destination.ip.is_v4()) return;
  if (step == Step::kFragment) view.kind = FrameKind::kFragment;
  if (step != Step::kUpper) return;
  parse_transport(ip + walk.at, end - walk.at, view);
  if (view.ip_protocol == kProtoIcmp6) view.kind = FrameKind::kIcmp;
}

// Steps over up to two tags; nullopt if the frame ends inside one.
[[gnu::noinline]] std::optional<std::uint16_t> skip_tags(ByteSpan frame, std::uint16_t type, std::size_t& at) noexcept {
  for (int tags = 0; tags < 2 && (type == kTypeVlan || type == kTypeQinq); ++tags) {
    if (frame.size() < at + kVlanTag) return std::nullopt;
    type = load_be16(frame.data() + at + 2);
    at += kVlanTag;
  }
  return type;
}

}  // namespace

void parse_frame(ByteSpan frame, FrameView& view) noexcept {
  view = FrameView{};
  if (frame.size() < kEthernetHeader) return set_fault(view, FrameFault::kRunt);
  std::size_t at = kEthernetHeader;
  std::uint16_t type = load_be16(frame.data() + 12);
  if (type != kTypeIpv4) {
    const auto inner = skip_tags(frame, type, at);
    if (!inner) return set_fault(view, FrameFault::kRunt);
    type = *inner;
  }
  view.l3_offset = static_cast<std::uint16_t>(at);
  const std::uint8_t* l3 = frame.data() + at;
  if (type == kTypeIpv4) return parse_ipv4(l3, frame.size() - at, view);
  if (type == kTypeIpv6) return parse_ipv6(l3, frame.size() - at, view);
  if (type == kTypeArp) view.kind = FrameKind::kArp;
}

bool udp_checksum_ok(ByteSpan frame, const FrameView& view) noexcept {
  const std::uint8_t* udp = frame.data() + view.l4_offset;
  const bool v4 = view.source.ip.is_v4();
  if (load_be16(udp + 6) == 0) return v4;
  const std::uint8_t* l3 = frame.data() + view.l3_offset;
  // Source and destination lie side by side in both headers.
  std::uint64_t v4_addresses;
  std::memcpy(&v4_addresses, l3 + 12, sizeof v4_addresses);
  const std::uint64_t addresses = v4 ? sum_halves(v4_addresses) : sum_words(l3 + 8, 32);
  const auto length = static_cast<std::uint16_t>(view.payload_length + kUdpHeader);
  const std::uint64_t sum = sum_words(udp, length) + addresses + swap16(length) + swap16(kProtoUdp);
  return fold(sum) == 0xffff;
}

}  // namespace dialplane::net
