// SPDX-License-Identifier: Apache-2.0
// Trying the addresses of `[control]`: a socket that is bound and closed again, a look at a folder. Build thread.
#include "listen_check.hpp"

#include "unique_fd.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

namespace dialplane::control {

namespace {

/// 0, or why no TCP socket can have this address and port.
int bind_error(const Endpoint& at) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(at.port);
  address.sin_addr.s_addr = htonl(at.ip.v4_value());
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

std::optional<std::string> metrics_trouble(const std::optional<Endpoint>& own, const Endpoint& wanted) {
  // Where only the address changes, our own listener may have the port until it makes way.
  const bool keeps_port = own && own->port == wanted.port;
  const int error = bind_error({wanted.ip, keeps_port ? std::uint16_t{0} : wanted.port});
  if (error == 0) return std::nullopt;
  return fmt::format("[control] metrics: cannot listen on {}: {}; give an address of this host and a free port",
                     wanted.to_string(), std::strerror(error));
}

bool answers(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

/// 0, or why no file can be made at `path`, whose missing folders would be made as well.
int make_error(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path();
  struct stat found {};
  while (::stat(folder.c_str(), &found) != 0) {
    if (errno != ENOENT) return errno;
    folder = folder.parent_path();
  }
  if (!S_ISDIR(found.st_mode)) return ENOTDIR;
  return ::access(folder.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
}

std::optional<std::string> socket_trouble(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode)) {
    return fmt::format("[control] socket: a file that is no socket lies at {}; move it away or give another path",
                       path);
  }
  if (answers(path)) {
    return fmt::format("[control] socket: another process answers on {}; stop it or give another path", path);
  }
  const int error = make_error(path);
  if (error == 0) return std::nullopt;
  return fmt::format("[control] socket: cannot make {}: {}; give a path in a folder that this process may write to",
                     path, std::strerror(error));
}

}  // namespace

std::vector<std::string> unusable_addresses(const config::Control& own, const config::Control& wanted) {
  std::vector<std::string> troubles;
  if (wanted.metrics && wanted.metrics != own.metrics) {
    if (auto trouble = metrics_trouble(own.metrics, *wanted.metrics)) troubles.push_back(std::move(*trouble));
  }
  if (wanted.socket != own.socket) {
    if (auto trouble = socket_trouble(wanted.socket)) troubles.push_back(std::move(*trouble));
  }
  return troubles;
}

}  // namespace dialplane::control
