// SPDX-License-Identifier: Apache-2.0
// One HTTP connection with an end: so many bytes of request, so long for it, so long for the answer. Helper threads.
#pragma once

#include <httplib.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>

namespace dialplane::control {

class HttpStream final : public httplib::Stream {
 public:
  /// `is_stopping` ends every wait soon after it turns true. Lifetime: it and the socket must outlive this.
  HttpStream(int socket, std::size_t max_request_bytes, std::chrono::milliseconds patience,
             const std::atomic<bool>& is_stopping);

  [[nodiscard]] bool is_readable() const override;
  [[nodiscard]] bool is_writable() const override;
  /// Errors: -1 when the time or the bytes of the request are used up; 0 at its end.
  ssize_t read(char* out, std::size_t size) override;
  /// Writes everything. Errors: -1 when the time for the answer is used up.
  ssize_t write(const char* bytes, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  [[nodiscard]] int socket() const override { return socket_; }

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] bool wait(short events) const;

  int socket_;
  std::size_t bytes_left_;
  std::chrono::milliseconds patience_;
  const std::atomic<bool>& is_stopping_;
  Clock::time_point deadline_;
  bool is_answering_ = false;
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace dialplane::control
