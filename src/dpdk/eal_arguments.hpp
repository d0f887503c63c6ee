// SPDX-License-Identifier: Apache-2.0
// Config → the argument list of EAL. Control thread; pure text.
#pragma once

#include "dialplane/config/config.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dialplane::dpdk {

/// The largest MTU of any port.
std::uint16_t largest_mtu(const config::Config& config);
/// Memory EAL needs for the packet pool, its rings and its own records. Units: MiB.
std::size_t memory_mib(const config::Config& config);
/// The arguments of EAL, program name first, `extra` last. An extra argument replaces ours of the same meaning.
std::vector<std::string> eal_arguments(const config::Config& config, std::span<const std::string> extra);

}  // namespace dialplane::dpdk
