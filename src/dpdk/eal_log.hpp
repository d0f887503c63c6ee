// SPDX-License-Identifier: Apache-2.0
// Where DPDK's own log goes: to stderr, one prefixed line each, with the first error kept for our own messages.
// Any thread.
#pragma once

#include <string>

namespace dialplane::dpdk {

/// Sends DPDK's log through us. Call before EAL starts. Errors: none; without memory the log stays on stderr.
void redirect_eal_log();
/// Keeps what libxdp and libbpf print off stderr, but the last warning for our own messages. Call after EAL started.
void redirect_xdp_log();
/// Forgets the kept lines.
void clear_eal_error();
/// `text` and in brackets what DPDK and libxdp complained of since clear_eal_error(), if they did.
std::string with_eal_error(std::string text);

}  // namespace dialplane::dpdk
