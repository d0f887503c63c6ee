// SPDX-License-Identifier: Apache-2.0
// Ids of backends, listeners and nodes: unkeyed digests of configured text, equal on every node. Any thread.
#include "digest.hpp"

#include "dialplane/sip/tokens.hpp"

namespace dialplane::sip {
namespace {

std::uint64_t id_digest(std::string_view kind, std::string_view text) noexcept {
  // The 16 ASCII bytes "dialplane-ids-v1": public, so the ids tell nodes and backends apart but protect nothing.
  constexpr SipKey kIdKey{.k0 = 0x6e616c706c616964, .k1 = 0x31762d7364692d65};
  return FieldHash(kIdKey).field(kind).folded_field(text).digest();
}

}  // namespace

BackendId make_backend_id(std::string_view address_or_id) noexcept {
  return BackendId{static_cast<std::uint32_t>(id_digest("backend", address_or_id))};
}
ListenerId make_listener_id(std::string_view address) noexcept {
  return ListenerId{static_cast<std::uint32_t>(id_digest("listener", address))};
}
NodeId make_node_id(std::string_view name) noexcept {
  return NodeId{static_cast<std::uint16_t>(id_digest("node", name))};
}

}  // namespace dialplane::sip
