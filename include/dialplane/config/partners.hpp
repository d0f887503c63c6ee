// SPDX-License-Identifier: Apache-2.0
// Which listener is the source towards the other side, for each address family. Build or control thread.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/config/config.hpp"

namespace dialplane::config {

/// The listener whose address is the source towards backends of `family`, for requests that came to `listener`; nullptr
/// if none can be. Precondition: the configuration comes from the loader, which completes `inner` and `outer`.
const Listener* inner_of(const Config& config, const Listener& listener, IpAddress::Family family) noexcept;
/// The same towards callers.
const Listener* outer_of(const Config& config, const Listener& listener, IpAddress::Family family) noexcept;

/// "outside", "inside" or "both": as in the file.
std::string_view side_name(Side side) noexcept;
/// "IPv4" or "IPv6".
std::string_view family_name(IpAddress::Family family) noexcept;

}  // namespace dialplane::config
