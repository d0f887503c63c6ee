// SPDX-License-Identifier: Apache-2.0
// Reading and writing against a deadline. Helper threads.
#include "http_stream.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace dialplane::control {

namespace {
/// How late a stop is noticed.
constexpr std::chrono::milliseconds kSlice{50};
}  // namespace

HttpStream::HttpStream(int socket, std::size_t max_request_bytes, std::chrono::milliseconds patience,
                       const std::atomic<bool>& is_stopping)
    : socket_(socket),
      bytes_left_(max_request_bytes),
      patience_(patience),
      is_stopping_(is_stopping),
      deadline_(Clock::now() + patience) {}

bool HttpStream::wait(short events) const {
  while (!is_stopping_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) return false;
    pollfd entry{socket_, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min(left, kSlice).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

bool HttpStream::is_readable() const { return begin_ < end_ || wait(POLLIN); }
bool HttpStream::is_writable() const { return wait(POLLOUT); }

ssize_t HttpStream::read(char* out, std::size_t size) {
  if (begin_ == end_) {
    if (bytes_left_ == 0 || !wait(POLLIN)) return -1;
    const auto length = ::recv(socket_, buffer_.data(), std::min(buffer_.size(), bytes_left_), MSG_DONTWAIT);
    if (length <= 0) return length;
    begin_ = 0;
    end_ = static_cast<std::size_t>(length);
    bytes_left_ -= end_;
  }
  const auto taken = std::min(size, end_ - begin_);
  std::memcpy(out, buffer_.data() + begin_, taken);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t HttpStream::write(const char* bytes, std::size_t size) {
  if (!is_answering_) deadline_ = Clock::now() + patience_;
  is_answering_ = true;
  std::size_t written = 0;
  while (written < size) {
    if (!wait(POLLOUT)) return -1;
    const auto length = ::send(socket_, bytes + written, size - written, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (length < 0 && errno != EAGAIN && errno != EINTR) return -1;
    if (length > 0) written += static_cast<std::size_t>(length);
  }
  return static_cast<ssize_t>(size);
}

// Nothing here shows or logs who asks.
void HttpStream::get_remote_ip_and_port(std::string&, int&) const {}
void HttpStream::get_local_ip_and_port(std::string&, int&) const {}

}  // namespace dialplane::control
