// SPDX-License-Identifier: Apache-2.0
// One epoll set and the handlers behind its descriptors. Owned and run by the control thread; starts no thread.
#pragma once

#include "unique_fd.hpp"

#include "dialplane/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace dialplane::control {

class EventLoop {
 public:
  /// Gets the epoll events that are ready.
  using Handler = std::function<void(std::uint32_t events)>;

  EventLoop();

  /// Watches `fd` (level-triggered) until remove(). Errors: the kernel refuses the descriptor.
  Result<void> add(int fd, std::uint32_t events, Handler handler);
  void modify(int fd, std::uint32_t events) noexcept;
  /// Must be called before `fd` is closed; allowed inside a handler, its own included.
  void remove(int fd) noexcept;

  /// Waits at most `timeout_ms` and runs the handlers of what is ready. Returns when the wait ended.
  std::chrono::steady_clock::time_point turn(int timeout_ms);

 private:
  UniqueFd epoll_;
  std::unordered_map<int, std::shared_ptr<Handler>> handlers_;
};

}  // namespace dialplane::control
