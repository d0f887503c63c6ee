// SPDX-License-Identifier: Apache-2.0
// A plain client of a Unix stream socket, and a folder of its own for the socket.
#pragma once

#include "unique_fd.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace dialplane::control {

/// A folder under the system's temporary one, removed at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dp-control-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

class SocketClient {
 public:
  explicit SocketClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    is_connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  [[nodiscard]] bool is_connected() const { return is_connected_; }
  void send(const std::string& text) const { ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
  void end_sending() const { ::shutdown(fd_.get(), SHUT_WR); }
  /// What waits now; "(closed)" at the end of the stream, "" if nothing waits.
  [[nodiscard]] std::string take() const {
    std::string bytes(1 << 20, '\0');
    const auto length = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (length == 0 || (length < 0 && errno == ECONNRESET)) return "(closed)";
    return length < 0 ? std::string() : bytes.substr(0, static_cast<std::size_t>(length));
  }

 private:
  UniqueFd fd_;
  bool is_connected_ = false;
};

}  // namespace dialplane::control
