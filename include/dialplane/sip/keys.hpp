// SPDX-License-Identifier: Apache-2.0
// The keys behind placement and tokens. Immutable once built; shared by all workers through the snapshot.
#pragma once

#include "dialplane/base/siphash.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace dialplane::sip {

/// Bytes of secret in one key file (64 hex digits).
inline constexpr std::size_t kSecretBytes = 32;
using Secret = std::array<std::uint8_t, kSecretBytes>;

/// One token key, as derived from a secret (docs/wire-formats.md, "Keys").
struct TokenKey {
  std::uint8_t id = 0;  ///< derived from the secret: the same on every node, whatever the order of the list
  SipKey mac;           ///< authenticates dp and dps and makes To tags
  SipKey cipher;        ///< encrypts dp
  SipKey call_id;       ///< Call-ID → seal, which binds dp, dps and To tags to it
  static TokenKey derive(const Secret& secret) noexcept;
};

/// Everything derived from `[keys]`.
struct Keyring {
  static constexpr std::size_t kMaxTokenKeys = 8;
  SipKey call_id;  ///< Call-ID → slot
  SipKey slots;    ///< slot table
  SipKey branch;   ///< branch digests
  std::array<TokenKey, kMaxTokenKeys> tokens{};
  std::size_t token_count = 0;  ///< the first signs, all verify

  /// Derives all keys. `token_secrets` has 1 to kMaxTokenKeys entries; ids must differ (config refuses others).
  static Keyring derive(const Secret& placement, std::span<const Secret> token_secrets) noexcept;
  /// The token key with this id, nullptr if there is none.
  [[nodiscard]] const TokenKey* find_token_key(std::uint8_t id) const noexcept;
};

}  // namespace dialplane::sip
