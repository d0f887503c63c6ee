// SPDX-License-Identifier: Apache-2.0
// Pieces that branch, dps, dp and To tag share: folded fields, addresses, constant-time compare. Any thread.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/siphash.hpp"
#include "dialplane/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::sip {

inline constexpr std::size_t kDigestDigits = 16;
inline constexpr char kTokenVersion = '1';

/// Adds text with A–Z folded to lower case, without a length.
inline void add_folded(SipHash24& hash, std::string_view text) noexcept {
  std::array<char, 64> folded;
  while (!text.empty()) {
    const auto size = std::min(text.size(), folded.size());
    std::transform(text.begin(), text.begin() + size, folded.begin(), ascii_lower);
    hash.bytes(folded.data(), size);
    text.remove_prefix(size);
  }
}

/// As SipHasher::field, folded to lower case.
inline void add_folded_field(SipHash24& hash, std::string_view text) noexcept {
  hash.u32(static_cast<std::uint32_t>(text.size()));
  add_folded(hash, text);
}

/// Adds the number of address bytes (0, 4 or 16) and the bytes.
inline void add_address(SipHash24& hash, const IpAddress& address) noexcept {
  const std::uint8_t size = address.is_v4() ? 4 : address.is_v6() ? 16 : 0;
  hash.u8(size).bytes(address.bytes().data(), size);
}

/// Compares without an early exit: the time does not tell how many bits agree.
inline bool same_digest(std::uint64_t a, std::uint64_t b) noexcept {
  const volatile std::uint64_t difference = a ^ b;
  return difference == 0;
}

}  // namespace dialplane::sip
