// SPDX-License-Identifier: Apache-2.0
// Whether a kernel interface that a driver is to borrow can be borrowed. Control thread.
#pragma once

#include "dialplane/base/result.hpp"

#include <cstdint>
#include <string>

namespace dialplane::dpdk {

/// Errors: the interface is missing in this network namespace or is down, and the command that mends it.
/// On success the interface's MTU.
Result<std::uint16_t> check_interface(const std::string& name);

/// Receive queues the interface has; 0: it does not say. Precondition: check_interface() succeeded.
std::uint32_t receive_queues(const std::string& name);

}  // namespace dialplane::dpdk
