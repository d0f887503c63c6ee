// SPDX-License-Identifier: Apache-2.0
// Asks the kernel about an interface by name. Control thread.
#include "interface_state.hpp"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dialplane::dpdk {
namespace {

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

int open_socket() { return ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); }

}  // namespace

Result<std::uint16_t> check_interface(const std::string& name) {
  if (name.size() >= IFNAMSIZ) return fail(fmt::format("the interface name '{}' is too long", name));
  const int socket = open_socket();
  if (socket < 0) return fail(fmt::format("no socket to ask about interface {}: {}", name, std::strerror(errno)));
  ifreq request = request_for(name);
  const int asked = ::ioctl(socket, SIOCGIFFLAGS, &request);
  const int error = errno;
  ifreq mtu = request_for(name);
  if (asked == 0) ::ioctl(socket, SIOCGIFMTU, &mtu);
  ::close(socket);
  if (asked != 0 && error == ENODEV)
    return fail(
        fmt::format("there is no interface {} in this network namespace; `ip link` lists those there are", name));
  if (asked != 0) return fail(fmt::format("cannot ask about interface {}: {}", name, std::strerror(error)));
  if ((request.ifr_flags & IFF_UP) == 0)
    return fail(fmt::format("interface {} is down; run `ip link set {} up`", name, name));
  return static_cast<std::uint16_t>(mtu.ifr_mtu);
}

bool has_link(const std::string& name) {
  const int socket = open_socket();
  if (socket < 0) return false;
  ifreq request = request_for(name);
  const bool asked = ::ioctl(socket, SIOCGIFFLAGS, &request) == 0;
  ::close(socket);
  return asked && (request.ifr_flags & IFF_UP) != 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

std::optional<bool> set_all_multicast(const std::string& name, bool wanted) {
  const int socket = open_socket();
  if (socket < 0) return std::nullopt;
  ifreq request = request_for(name);
  bool done = ::ioctl(socket, SIOCGIFFLAGS, &request) == 0;
  const bool is_so = (request.ifr_flags & IFF_ALLMULTI) != 0;
  if (done && is_so != wanted) {
    request.ifr_flags = static_cast<short>(request.ifr_flags ^ IFF_ALLMULTI);
    done = ::ioctl(socket, SIOCSIFFLAGS, &request) == 0;
  }
  ::close(socket);
  return done ? std::optional(is_so != wanted) : std::nullopt;
}

std::uint32_t receive_queues(const std::string& name) {
  const int socket = open_socket();
  if (socket < 0) return 0;
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  ifreq request = request_for(name);
  request.ifr_data = reinterpret_cast<char*>(&channels);
  const int asked = ::ioctl(socket, SIOCETHTOOL, &request);
  ::close(socket);
  return asked == 0 ? channels.rx_count + channels.combined_count : 0;
}

}  // namespace dialplane::dpdk
