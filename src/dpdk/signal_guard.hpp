// SPDX-License-Identifier: Apache-2.0
// Keeps signals away from the threads that EAL and its drivers start. Control thread.
#pragma once

#include <pthread.h>

#include <csignal>
#include <initializer_list>

namespace dialplane::dpdk {

/// Blocks every asynchronous signal while it lives. Threads started meanwhile inherit that for good, so that SIGTERM
/// reaches the thread that knows what to do with it and does not end the process from a worker.
class SignalGuard {
 public:
  SignalGuard() noexcept {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&blocked, fault);
    pthread_sigmask(SIG_BLOCK, &blocked, &before_);
  }
  ~SignalGuard() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace dialplane::dpdk
