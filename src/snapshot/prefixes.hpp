// SPDX-License-Identifier: Apache-2.0
// Arithmetic on addresses and prefixes. Any thread.
#pragma once

#include "dialplane/base/address.hpp"

#include <bit>
#include <cstdint>

namespace dialplane::snapshot {

/// Spreads the addresses of a table that we fill ourselves, so it needs no key: strangers only look up.
inline std::size_t bucket_hash(const IpAddress& address) noexcept {
  const auto words = address.words();
  return static_cast<std::size_t>((words[0] ^ std::rotl(words[1], 29)) * 0x9e3779b97f4a7c15U >> 32);
}

/// The address with every bit after the first `length` cleared.
IpAddress masked(const IpAddress& address, std::uint8_t length) noexcept;
/// Without bits beyond the length, so that equal networks compare equal.
inline Prefix normal(const Prefix& prefix) noexcept { return {masked(prefix.ip, prefix.length), prefix.length}; }

}  // namespace dialplane::snapshot
