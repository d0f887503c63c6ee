// SPDX-License-Identifier: Apache-2.0
// Building and reading rtnetlink messages with libmnl. Any thread.
#include "netlink_messages.hpp"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace dialplane::control::netlink {

namespace {

std::uint8_t family_of(const IpAddress& address) noexcept {
  return static_cast<std::uint8_t>(address.is_v6() ? AF_INET6 : AF_INET);
}
std::size_t bytes_of(const IpAddress& address) noexcept { return address.is_v6() ? 16 : 4; }

void put_ip(nlmsghdr* header, std::uint16_t type, const IpAddress& address) {
  mnl_attr_put(header, type, bytes_of(address), address.bytes().data());
}

template <class Body>
Body& put_body(Message& message) noexcept {
  return *static_cast<Body*>(mnl_nlmsg_put_extra_header(message.header(), sizeof(Body)));
}

/// Calls `visit` with each attribute of a stretch of them. (libmnl's own loop macros do not compile as C++.)
template <class Visit>
void for_each_attribute(const void* first, std::size_t length, Visit visit) noexcept {
  const auto* attribute = static_cast<const nlattr*>(first);
  const auto* end = static_cast<const char*>(first) + length;
  while (mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)))) {
    visit(attribute);
    attribute = mnl_attr_next(attribute);
  }
}

/// The attributes of a message by type, up to kMax; of duplicates the last.
template <std::size_t kMax>
struct Attributes {
  std::array<const nlattr*, kMax + 1> at{};

  Attributes(const nlmsghdr* message, std::size_t body_bytes) noexcept {
    const auto offset = MNL_ALIGN(body_bytes);
    const auto length = mnl_nlmsg_get_payload_len(message);
    if (length < offset) return;
    const auto* first = static_cast<const char*>(mnl_nlmsg_get_payload(message)) + offset;
    for_each_attribute(first, length - offset, [this](const nlattr* attribute) {
      const auto type = mnl_attr_get_type(attribute);
      if (type <= kMax) at[type] = attribute;
    });
  }
  [[nodiscard]] const nlattr* operator[](std::size_t type) const noexcept { return at[type]; }
};

std::uint32_t read_u32(const nlattr* attribute, std::uint32_t otherwise) noexcept {
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < 4) return otherwise;
  return mnl_attr_get_u32(attribute);
}

IpAddress read_ip(const std::uint8_t* bytes, std::size_t length, std::uint8_t family) noexcept {
  if (family == AF_INET && length == 4) {
    return IpAddress::v4((std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) |
                         (std::uint32_t{bytes[2]} << 8) | bytes[3]);
  }
  if (family == AF_INET6 && length == 16) {
    std::array<std::uint8_t, 16> copy{};
    std::memcpy(copy.data(), bytes, copy.size());
    return IpAddress::v6(copy);
  }
  return {};
}

IpAddress read_ip(const nlattr* attribute, std::uint8_t family) noexcept {
  if (attribute == nullptr) return {};
  const auto* bytes = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
  return read_ip(bytes, mnl_attr_get_payload_len(attribute), family);
}

Message new_neighbor(int ifindex, const IpAddress& address) {
  Message message(RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE);
  auto& body = put_body<ndmsg>(message);
  body.ndm_family = family_of(address);
  body.ndm_ifindex = ifindex;
  body.ndm_state = NUD_NONE;
  body.ndm_flags = NTF_USE;
  put_ip(message.header(), NDA_DST, address);
  return message;
}

Message address_message(std::uint16_t type, std::uint16_t flags, int ifindex, const Prefix& address) {
  Message message(type, flags);
  auto& body = put_body<ifaddrmsg>(message);
  body.ifa_family = family_of(address.ip);
  body.ifa_prefixlen = address.length;
  body.ifa_index = static_cast<std::uint32_t>(ifindex);
  body.ifa_scope = RT_SCOPE_UNIVERSE;
  if (address.ip.is_v6()) body.ifa_flags = IFA_F_NODAD;
  put_ip(message.header(), IFA_LOCAL, address.ip);
  put_ip(message.header(), IFA_ADDRESS, address.ip);
  return message;
}

/// The gateway in RTA_VIA: a family of its own, then the address.
IpAddress read_via(const nlattr* attribute) noexcept {
  if (mnl_attr_get_payload_len(attribute) < sizeof(rtvia)) return {};
  const auto* via = static_cast<const rtvia*>(mnl_attr_get_payload(attribute));
  const auto length = mnl_attr_get_payload_len(attribute) - sizeof(rtvia);
  return read_ip(reinterpret_cast<const std::uint8_t*>(via + 1), length, static_cast<std::uint8_t>(via->rtvia_family));
}

/// The next hops of a multipath route.
void read_hops(const nlattr* multipath, std::uint8_t family, std::vector<RouteHop>& hops) {
  const auto* at = static_cast<const char*>(mnl_attr_get_payload(multipath));
  std::size_t left = mnl_attr_get_payload_len(multipath);
  while (left >= sizeof(rtnexthop)) {
    const auto* hop = reinterpret_cast<const rtnexthop*>(at);
    if (hop->rtnh_len < sizeof(rtnexthop) || hop->rtnh_len > left) return;
    RouteHop read{hop->rtnh_ifindex, {}};
    for_each_attribute(at + sizeof(rtnexthop), hop->rtnh_len - sizeof(rtnexthop), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == RTA_GATEWAY) read.gateway = read_ip(attribute, family);
      if (mnl_attr_get_type(attribute) == RTA_VIA) read.gateway = read_via(attribute);
    });
    hops.push_back(read);
    const std::size_t taken = std::min<std::size_t>(left, RTNH_ALIGN(hop->rtnh_len));
    at += taken;
    left -= taken;
  }
}

bool is_refusing(std::uint8_t type) noexcept {
  return type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT;
}

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags) noexcept {
  auto* put = mnl_nlmsg_put_header(bytes_.data());
  put->nlmsg_type = type;
  put->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

Message set_link(int ifindex, const MacAddress& mac, std::uint32_t mtu) {
  Message message(RTM_NEWLINK, NLM_F_ACK);
  auto& body = put_body<ifinfomsg>(message);
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = ifindex;
  mnl_attr_put(message.header(), IFLA_ADDRESS, mac.bytes.size(), mac.bytes.data());
  mnl_attr_put_u32(message.header(), IFLA_MTU, mtu);
  return message;
}

Message set_link_up(int ifindex) {
  Message message(RTM_NEWLINK, NLM_F_ACK);
  auto& body = put_body<ifinfomsg>(message);
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = ifindex;
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  return message;
}

Message set_no_link_local(int ifindex) {
  Message message(RTM_NEWLINK, NLM_F_ACK);
  auto& body = put_body<ifinfomsg>(message);
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = ifindex;
  auto* spec = mnl_attr_nest_start(message.header(), IFLA_AF_SPEC);
  auto* inet6 = mnl_attr_nest_start(message.header(), AF_INET6);
  mnl_attr_put_u8(message.header(), IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
  mnl_attr_nest_end(message.header(), inet6);
  mnl_attr_nest_end(message.header(), spec);
  return message;
}

Message add_address(int ifindex, const Prefix& address) {
  return address_message(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, ifindex, address);
}

Message delete_address(int ifindex, const Prefix& address) {
  return address_message(RTM_DELADDR, NLM_F_ACK, ifindex, address);
}

Message add_route(int ifindex, const Prefix& destination, const IpAddress& gateway) {
  Message message(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  auto& body = put_body<rtmsg>(message);
  body.rtm_family = family_of(destination.ip);
  body.rtm_dst_len = destination.length;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = gateway.is_none() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  body.rtm_type = RTN_UNICAST;
  if (destination.length > 0) put_ip(message.header(), RTA_DST, destination.ip);
  if (!gateway.is_none()) put_ip(message.header(), RTA_GATEWAY, gateway);
  mnl_attr_put_u32(message.header(), RTA_OIF, static_cast<std::uint32_t>(ifindex));
  return message;
}

Message use_neighbor(int ifindex, const IpAddress& address) { return new_neighbor(ifindex, address); }

Message manage_neighbor(int ifindex, const IpAddress& address) {
  auto message = new_neighbor(ifindex, address);
  mnl_attr_put_u32(message.header(), NDA_FLAGS_EXT, NTF_EXT_MANAGED);
  return message;
}

Message dump_routes(std::uint8_t family) {
  Message message(RTM_GETROUTE, NLM_F_DUMP);
  put_body<rtmsg>(message).rtm_family = family;
  return message;
}

Message dump_neighbors(std::uint8_t family) {
  Message message(RTM_GETNEIGH, NLM_F_DUMP);
  put_body<ndmsg>(message).ndm_family = family;
  return message;
}

std::optional<NeighborEvent> parse_neighbor(const nlmsghdr* message) noexcept {
  if (message->nlmsg_type != RTM_NEWNEIGH && message->nlmsg_type != RTM_DELNEIGH) return std::nullopt;
  if (mnl_nlmsg_get_payload_len(message) < sizeof(ndmsg)) return std::nullopt;
  const auto* body = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(message));
  const Attributes<NDA_LLADDR> attributes(message, sizeof(ndmsg));
  NeighborEvent event;
  event.removed = message->nlmsg_type == RTM_DELNEIGH;
  event.ifindex = body->ndm_ifindex;
  event.state = body->ndm_state;
  event.address = read_ip(attributes[NDA_DST], body->ndm_family);
  if (event.address.is_none()) return std::nullopt;
  const auto* mac = attributes[NDA_LLADDR];
  if (mac != nullptr && mnl_attr_get_payload_len(mac) == event.mac.bytes.size()) {
    std::memcpy(event.mac.bytes.data(), mnl_attr_get_payload(mac), event.mac.bytes.size());
  }
  return event;
}

bool is_usable_neighbor_state(std::uint16_t state) noexcept {
  return (state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)) != 0;
}

std::string_view neighbor_state_name(std::uint16_t state) noexcept {
  struct Name {
    std::uint16_t bit;
    std::string_view text;
  };
  static constexpr std::array<Name, 8> kNames{{{NUD_INCOMPLETE, "incomplete"},
                                               {NUD_REACHABLE, "reachable"},
                                               {NUD_STALE, "stale"},
                                               {NUD_DELAY, "delay"},
                                               {NUD_PROBE, "probe"},
                                               {NUD_FAILED, "failed"},
                                               {NUD_NOARP, "noarp"},
                                               {NUD_PERMANENT, "permanent"}}};
  const auto* found = std::find_if(kNames.begin(), kNames.end(), [&](const Name& n) { return (state & n.bit) != 0; });
  return found == kNames.end() ? "none" : found->text;
}

std::optional<RouteEvent> parse_route(const nlmsghdr* message) {
  if (message->nlmsg_type != RTM_NEWROUTE && message->nlmsg_type != RTM_DELROUTE) return std::nullopt;
  if (mnl_nlmsg_get_payload_len(message) < sizeof(rtmsg)) return std::nullopt;
  const auto* body = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
  if (body->rtm_family != AF_INET && body->rtm_family != AF_INET6) return std::nullopt;
  const bool refuses = is_refusing(body->rtm_type);
  if ((body->rtm_type != RTN_UNICAST && !refuses) || (body->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  const Attributes<RTA_VIA> attributes(message, sizeof(rtmsg));
  if (read_u32(attributes[RTA_TABLE], body->rtm_table) != RT_TABLE_MAIN) return std::nullopt;
  RouteEvent event;
  event.removed = message->nlmsg_type == RTM_DELROUTE;
  event.replaces = (message->nlmsg_flags & NLM_F_REPLACE) != 0;
  event.metric = read_u32(attributes[RTA_PRIORITY], 0);
  event.prefix.length = body->rtm_dst_len;
  event.prefix.ip = read_ip(attributes[RTA_DST], body->rtm_family);
  if (event.prefix.ip.is_none()) {
    event.prefix.ip = body->rtm_family == AF_INET ? IpAddress::v4(0) : IpAddress::v6({});
  }
  // Mapped addresses would stand among those of IPv4, with a length that none of these has.
  if (event.prefix.ip.is_v4() != (body->rtm_family == AF_INET)) return std::nullopt;
  if (refuses) return event;
  if (attributes[RTA_MULTIPATH] != nullptr) {
    read_hops(attributes[RTA_MULTIPATH], body->rtm_family, event.hops);
    return event.hops.empty() ? std::nullopt : std::optional(event);
  }
  const auto* via = attributes[RTA_VIA];
  event.hops.push_back({static_cast<int>(read_u32(attributes[RTA_OIF], 0)),
                        via != nullptr ? read_via(via) : read_ip(attributes[RTA_GATEWAY], body->rtm_family)});
  return event;
}

std::optional<LinkEvent> parse_link(const nlmsghdr* message) noexcept {
  if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) return std::nullopt;
  if (mnl_nlmsg_get_payload_len(message) < sizeof(ifinfomsg)) return std::nullopt;
  const auto* body = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  return LinkEvent{message->nlmsg_type == RTM_DELLINK, (body->ifi_flags & IFF_UP) != 0, body->ifi_index};
}

}  // namespace dialplane::control::netlink
