// SPDX-License-Identifier: Apache-2.0
// The service manager's notification protocol: one datagram to the socket that NOTIFY_SOCKET names.
#pragma once

#include <string_view>

namespace dialplane::control {

/// Sends `state` ("READY=1"); does nothing and returns false where NOTIFY_SOCKET is not set or nobody listens.
/// Source: sd_notify(3).
bool notify_manager(std::string_view state) noexcept;
/// "RELOADING=1" with the monotonic time the protocol asks for.
bool notify_reloading() noexcept;

}  // namespace dialplane::control
