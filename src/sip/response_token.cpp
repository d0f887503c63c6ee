// SPDX-License-Identifier: Apache-2.0
// dps, the parameter of our own Via that vouches for where a response goes. Any thread; no allocation.
#include "digest.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/tokens.hpp"

namespace dialplane::sip {
namespace {

constexpr std::size_t kKeyAt = 1;
constexpr std::size_t kNodeAt = 3;
constexpr std::size_t kListenerAt = 7;
constexpr std::size_t kDigestAt = 15;
constexpr std::size_t kDpsLength = kDigestAt + kDigestDigits;
static_assert(kDpsLength <= kMaxDpsText);

std::uint64_t dps_digest(const TokenKey& key, std::string_view head, std::string_view branch, std::string_view call_id,
                         const ResponseRoute& route) noexcept {
  constexpr std::uint16_t kDefaultPort = 5060;
  // A backend may spell an IPv6 sent-by differently or write out the default port: the destination is what counts.
  const auto address =
      route.sent_by_ip.is_none() ? IpAddress::parse(route.sent_by_host).value_or(IpAddress{}) : route.sent_by_ip;
  FieldHash hash(key.mac);
  hash.folded(head).folded_field(branch).field(call_id).address(address);
  if (address.is_none()) hash.folded_field(route.sent_by_host);
  hash.u16(route.sent_by_port == 0 ? kDefaultPort : route.sent_by_port).address(route.received).u16(route.rport);
  return hash.digest();
}

}  // namespace

std::size_t write_dps(char* out, const Keyring& keys, NodeId node, ListenerId came_to, std::string_view branch,
                      std::string_view call_id, const ResponseRoute& route) noexcept {
  const auto& key = keys.tokens[0];
  out[0] = kTokenVersion;
  write_hex(out + kKeyAt, key.id, kNodeAt - kKeyAt);
  write_hex(out + kNodeAt, node.value, kListenerAt - kNodeAt);
  write_hex(out + kListenerAt, came_to.value, kDigestAt - kListenerAt);
  write_hex(out + kDigestAt, dps_digest(key, {out, kDigestAt}, branch, call_id, route), kDigestDigits);
  return kDpsLength;
}

std::optional<Dps> read_dps(std::string_view text, const Keyring& keys, std::string_view branch,
                            std::string_view call_id, const ResponseRoute& route) noexcept {
  if (text.size() != kDpsLength || text[0] != kTokenVersion) return std::nullopt;
  const auto id = parse_hex(cut(text, kKeyAt, kNodeAt - kKeyAt));
  const auto node = parse_hex(cut(text, kNodeAt, kListenerAt - kNodeAt));
  const auto listener = parse_hex(cut(text, kListenerAt, kDigestAt - kListenerAt));
  const auto digest = parse_hex(cut(text, kDigestAt));
  if (!id || !node || !listener || !digest) return std::nullopt;
  const auto* key = keys.find_token_key(static_cast<std::uint8_t>(*id));
  if (key == nullptr) return std::nullopt;
  if (!same_digest(*digest, dps_digest(*key, cut(text, 0, kDigestAt), branch, call_id, route))) return std::nullopt;
  return Dps{.node = NodeId{static_cast<std::uint16_t>(*node)},
             .came_to = ListenerId{static_cast<std::uint32_t>(*listener)}};
}

}  // namespace dialplane::sip
