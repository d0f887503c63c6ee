// SPDX-License-Identifier: Apache-2.0
// Pinning, naming and signal masks. Any thread.
#include "threads.hpp"

#include "dialplane/control/controller.hpp"

#include <pthread.h>
#include <sched.h>

namespace dialplane::control {

bool pin_this_thread(std::uint16_t cpu) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set) == 0;
}

void name_this_thread(const char* name) noexcept { ::pthread_setname_np(::pthread_self(), name); }

sigset_t loop_signals() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

void block_signals() noexcept {
  const auto set = loop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace dialplane::control
