// SPDX-License-Identifier: Apache-2.0
// Arithmetic on prefixes. Any thread.
#pragma once

#include "dialplane/base/address.hpp"

namespace dialplane::snapshot {

/// The address with every bit after the first `length` cleared.
IpAddress masked(const IpAddress& address, std::uint8_t length) noexcept;
/// Without bits beyond the length, so that equal networks compare equal.
inline Prefix normal(const Prefix& prefix) noexcept { return {masked(prefix.ip, prefix.length), prefix.length}; }

}  // namespace dialplane::snapshot
