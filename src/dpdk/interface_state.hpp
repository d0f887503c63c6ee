// SPDX-License-Identifier: Apache-2.0
// Whether a kernel interface that a driver is to borrow can be borrowed. Control thread.
#pragma once

#include "dialplane/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace dialplane::dpdk {

/// Errors: the interface is missing in this network namespace or is down, and the command that mends it.
/// On success the interface's MTU.
Result<std::uint16_t> check_interface(const std::string& name);

/// True if the interface is up and its wire carries; false, too, if it is gone.
bool has_link(const std::string& name);

/// Makes the interface take every multicast frame, or no longer. True: it was not so before.
/// Errors: nullopt if it cannot be changed. Precondition: check_interface() succeeded.
std::optional<bool> set_all_multicast(const std::string& name, bool wanted);

/// Receive queues the interface has; 0: it does not say. Precondition: check_interface() succeeded.
std::uint32_t receive_queues(const std::string& name);

}  // namespace dialplane::dpdk
