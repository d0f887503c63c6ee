// SPDX-License-Identifier: Apache-2.0
// Derives every key from the secrets of `[keys]` (docs/wire-formats.md, "Keys"). Any thread; runs at build of a
// snapshot only.
#include "dialplane/sip/keys.hpp"

#include <algorithm>
#include <string_view>

namespace dialplane::sip {
namespace {

/// One 64-bit word for a purpose: the second half of the secret hashes what the first half made of it, so that both
/// count and no two halves cancel each other.
std::uint64_t derive_word(const Secret& secret, std::string_view purpose, std::uint8_t index) noexcept {
  const auto first = SipKey::from_bytes(secret.data());
  const auto second = SipKey::from_bytes(secret.data() + kSecretBytes / 2);
  const auto inner = SipHash24(first).field(purpose).u8(index).digest();
  return SipHash24(second).field(purpose).u8(index).u64(inner).digest();
}

SipKey derive_key(const Secret& secret, std::string_view purpose) noexcept {
  return {.k0 = derive_word(secret, purpose, 0), .k1 = derive_word(secret, purpose, 1)};
}

}  // namespace

TokenKey TokenKey::derive(const Secret& secret) noexcept {
  return {.id = static_cast<std::uint8_t>(derive_word(secret, "token id", 0)),
          .mac = derive_key(secret, "token mac"),
          .cipher = derive_key(secret, "token cipher"),
          .call_id = derive_key(secret, "token call-id")};
}

Keyring Keyring::derive(const Secret& placement, std::span<const Secret> token_secrets) noexcept {
  Keyring keys;
  keys.call_id = derive_key(placement, "call-id");
  keys.slots = derive_key(placement, "slots");
  keys.branch = derive_key(placement, "branch");
  keys.token_count = std::min(token_secrets.size(), kMaxTokenKeys);
  for (std::size_t i = 0; i < keys.token_count; ++i) keys.tokens[i] = TokenKey::derive(token_secrets[i]);
  return keys;
}

const TokenKey* Keyring::find_token_key(std::uint8_t id) const noexcept {
  for (std::size_t i = 0; i < token_count; ++i) {
    if (tokens[i].id == id) return &tokens[i];
  }
  return nullptr;
}

}  // namespace dialplane::sip
