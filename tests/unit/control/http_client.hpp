// SPDX-License-Identifier: Apache-2.0
// A plain HTTP client that sends what the test writes. Test thread.
#pragma once

#include "unique_fd.hpp"

#include "dialplane/base/address.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

namespace dialplane::control {

class HttpClient {
 public:
  explicit HttpClient(const Endpoint& to) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    address.sin_addr.s_addr = htonl(to.ip.v4_value());
    is_connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  [[nodiscard]] bool is_connected() const { return is_connected_; }
  void send(std::string_view text) const { ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
  /// Everything up to the end of the connection.
  [[nodiscard]] std::string read_all() const {
    std::string all;
    std::array<char, 4096> block{};
    for (;;) {
      const auto length = ::recv(fd_.get(), block.data(), block.size(), 0);
      if (length <= 0) return all;
      all.append(block.data(), static_cast<std::size_t>(length));
    }
  }
  /// True once the other side has closed the connection without an answer.
  [[nodiscard]] bool is_closed() const {
    char byte = 0;
    const auto length = ::recv(fd_.get(), &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    return length == 0 || (length < 0 && errno != EAGAIN);
  }

 private:
  UniqueFd fd_;
  bool is_connected_ = false;
};

/// Status line, headers and body of one request.
inline std::string http_request(const Endpoint& to, std::string_view method, std::string_view path,
                                std::string_view more_headers = "") {
  const HttpClient client(to);
  client.send(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" +
              std::string(more_headers) + "\r\n");
  return client.read_all();
}

}  // namespace dialplane::control
