// SPDX-License-Identifier: Apache-2.0
// epoll behind EventLoop. Control thread.
#include "event_loop.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace dialplane::control {

namespace {
/// Most events taken in one turn; the rest waits for the next one, so that a turn stays short.
constexpr int kMaxEvents = 64;
}  // namespace

EventLoop::EventLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

Result<void> EventLoop::add(int fd, std::uint32_t events, Handler handler) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail(fmt::format("cannot watch descriptor {}: {}", fd, std::strerror(errno)));
  }
  handlers_[fd] = std::make_shared<Handler>(std::move(handler));
  return {};
}

void EventLoop::modify(int fd, std::uint32_t events) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::remove(int fd) noexcept {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  handlers_.erase(fd);
}

std::chrono::steady_clock::time_point EventLoop::turn(int timeout_ms) {
  std::array<epoll_event, kMaxEvents> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), kMaxEvents, timeout_ms);
  const auto woke = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto found = handlers_.find(events[at].data.fd);
    if (found == handlers_.end()) continue;
    // A handler may remove itself: the copy keeps its captures alive until it returns.
    const auto handler = found->second;
    (*handler)(events[at].events);
  }
  return woke;
}

}  // namespace dialplane::control
