// SPDX-License-Identifier: Apache-2.0
// dps, the parameter of our own Via that vouches for where a response goes. Any thread; no allocation.
#include "digest.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/token_digests.hpp"

namespace dialplane::sip {
namespace {

constexpr std::size_t kKeyAt = 1;
constexpr std::size_t kNodeAt = 3;
constexpr std::size_t kListenerAt = 7;
constexpr std::size_t kDigestAt = 15;
constexpr std::size_t kDpsLength = kDigestAt + kDigestDigits;
static_assert(kDpsLength <= kMaxDpsText);
constexpr std::uint16_t kSipPort = 5060;

/// A backend may spell an IPv6 sent-by differently or write out the default port: the destination is what counts.
ResponseRoute with_address(ResponseRoute route) noexcept {
  if (route.sent_by_ip.is_none()) route.sent_by_ip = IpAddress::parse(route.sent_by_host).value_or(IpAddress{});
  return route;
}

}  // namespace

void add_dps(SipHash24Lanes& lanes, const TokenKey& key, NodeId node, ListenerId came_to, std::uint64_t branch,
             std::uint64_t seal, const ResponseRoute& route, std::uint64_t& digest) noexcept {
  auto text = lanes.open(key.mac, digest);
  text.word(branch);
  text.word(seal);
  add_hop(text, route.sent_by_ip, route.sent_by_port == 0 ? kSipPort : route.sent_by_port, route.sent_by_host);
  add_hop(text, route.received, route.rport, {});
  const std::uint64_t last =
      static_cast<unsigned char>(kTokenVersion) | std::uint64_t{node.value} << 8 | std::uint64_t{came_to.value} << 24;
  text.close(last, 7);
}

std::size_t write_dps_head(char* out, const TokenKey& key, NodeId node, ListenerId came_to) noexcept {
  out[0] = kTokenVersion;
  write_hex(out + kKeyAt, key.id, kNodeAt - kKeyAt);
  write_hex(out + kNodeAt, node.value, kListenerAt - kNodeAt);
  write_hex(out + kListenerAt, came_to.value, kDigestAt - kListenerAt);
  return kDigestAt;
}

std::size_t write_dps(char* out, const Keyring& keys, NodeId node, ListenerId came_to, std::string_view branch,
                      std::string_view call_id, const ResponseRoute& route) noexcept {
  const auto& key = keys.tokens[0];
  const auto head = write_dps_head(out, key, node, came_to);
  const auto digest = one_digest([&](SipHash24Lanes& lanes, std::uint64_t& into) {
    add_dps(lanes, key, node, came_to, read_branch(branch).value_or(0), seal_call_id(key, call_id), with_address(route),
            into);
  });
  write_hex(out + head, digest, kDigestDigits);
  return kDpsLength;
}

bool DpsClaim::add(SipHash24Lanes& lanes, std::string_view text, const Keyring& keys, std::string_view branch,
                   std::string_view call_id, const ResponseRoute& route, std::optional<std::uint64_t> seal) noexcept {
  if (text.size() != kDpsLength || text[0] != kTokenVersion) return false;
  const auto own_branch = read_branch(branch);
  // Key id, node and listener are fourteen digits in a row.
  const auto head = parse_hex(cut(text, kKeyAt, kDigestAt - kKeyAt));
  const auto digest = parse_hex(cut(text, kDigestAt));
  if (!own_branch || !head || !digest) return false;
  constexpr unsigned kNodeShift = 4 * (kDigestAt - kListenerAt);
  constexpr unsigned kKeyShift = 4 * (kDigestAt - kNodeAt);
  const auto* key = keys.find_token_key(static_cast<std::uint8_t>(*head >> kKeyShift));
  if (key == nullptr) return false;
  dps_ = {.node = NodeId{static_cast<std::uint16_t>(*head >> kNodeShift)},
          .came_to = ListenerId{static_cast<std::uint32_t>(*head)}};
  claimed_ = *digest;
  add_dps(lanes, *key, dps_.node, dps_.came_to, *own_branch, seal_for(keys, *key, call_id, seal), with_address(route),
          wanted_);
  return true;
}

std::optional<Dps> DpsClaim::check() const noexcept {
  if (!same_digest(claimed_, wanted_)) return std::nullopt;
  return dps_;
}

std::optional<Dps> read_dps(std::string_view text, const Keyring& keys, std::string_view branch,
                            std::string_view call_id, const ResponseRoute& route,
                            std::optional<std::uint64_t> seal) noexcept {
  SipHash24Lanes lanes(lanes_kernel<2, 4>(SimdLevel::kFloor));
  DpsClaim claim;
  if (!claim.add(lanes, text, keys, branch, call_id, route, seal)) return std::nullopt;
  lanes.run();
  return claim.check();
}

}  // namespace dialplane::sip
