// SPDX-License-Identifier: Apache-2.0
// What the control side's threads share: pinning, names, the signals they leave to the loop. Any thread.
#pragma once

#include <signal.h>

#include <cstdint>

namespace dialplane::control {

/// Pins the calling thread to one CPU; false if the kernel refuses (a CPU outside the allowed set).
bool pin_this_thread(std::uint16_t cpu) noexcept;
/// Names the calling thread for `top -H`. Units: at most 15 characters.
void name_this_thread(const char* name) noexcept;
/// The signals the event loop reads: SIGTERM, SIGINT, SIGHUP.
sigset_t loop_signals() noexcept;

}  // namespace dialplane::control
