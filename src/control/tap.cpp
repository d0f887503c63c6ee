// SPDX-License-Identifier: Apache-2.0
// TAP interfaces through /dev/net/tun. Control thread.
#include "tap.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

namespace dialplane::control {

namespace {

std::string explain(const std::string& name, int error) {
  switch (error) {
    case EBUSY:
    case EEXIST:
    case EINVAL:
      return fmt::format(
          "an interface of that name exists; remove it (`ip link del {}`), stop the program that holds "
          "it, or choose another name",
          name);
    case EPERM:
    case EACCES:
      return "not permitted; run as root or with CAP_NET_ADMIN";
    default:
      return std::strerror(error);
  }
}

}  // namespace

Result<Tap> Tap::create(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return fail(fmt::format("exception interface `{}`: a name has 1 to {} characters", name, IFNAMSIZ - 1));
  }
  UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) {
    return fail(fmt::format("exception interface `{}`: cannot open /dev/net/tun: {}; {}", name, std::strerror(errno),
                            errno == ENOENT ? "load the kernel module `tun`" : "run as root and allow the device"));
  }
  ifreq request{};
  // Without IFF_TUN_EXCL an existing persistent TAP of somebody else would be taken over silently.
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL);
  std::memcpy(request.ifr_name, name.data(), name.size());
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    return fail(fmt::format("exception interface `{}`: cannot be made: {}", name, explain(name, errno)));
  }
  const auto ifindex = static_cast<int>(::if_nametoindex(name.c_str()));
  if (ifindex == 0) {
    return fail(fmt::format("exception interface `{}`: has no index: {}", name, std::strerror(errno)));
  }
  return Tap(std::move(fd), ifindex);
}

bool Tap::write(ByteSpan frame) noexcept {
  return ::write(fd_.get(), frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
}

std::size_t Tap::read(MutableBytes buffer) noexcept {
  const auto length = ::read(fd_.get(), buffer.data(), buffer.size());
  return length < 0 ? 0 : static_cast<std::size_t>(length);
}

}  // namespace dialplane::control
