// SPDX-License-Identifier: Apache-2.0
// The rtnetlink socket and its request-answer exchange. Control thread.
#include "netlink_socket.hpp"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace dialplane::control::netlink {

Result<UniqueFd> open_route_socket(std::uint32_t groups) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (!fd.is_open() || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail(fmt::format("cannot open an rtnetlink socket: {}", std::strerror(errno)));
  }
  return fd;
}

Result<RequestSocket> RequestSocket::open() {
  auto fd = open_route_socket(0);
  if (!fd) return tl::unexpected(fd.error());
  const timeval limit{1, 0};
  ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return RequestSocket(std::move(*fd));
}

int RequestSocket::request(Message& message) noexcept {
  auto* header = message.header();
  header->nlmsg_seq = ++sequence_;
  if (::send(fd_.get(), header, header->nlmsg_len, 0) < 0) return errno;
  alignas(nlmsghdr) std::array<char, 8192> answer;
  for (;;) {
    const auto length = ::recv(fd_.get(), answer.data(), answer.size(), 0);
    if (length < 0) return errno;
    const auto* got = reinterpret_cast<const nlmsghdr*>(answer.data());
    if (!mnl_nlmsg_ok(got, static_cast<int>(length))) return EBADMSG;
    // The answer to a request that timed out earlier.
    if (got->nlmsg_seq != sequence_) continue;
    if (got->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(got) < sizeof(nlmsgerr)) return EBADMSG;
    return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(got))->error;
  }
}

std::string explain_errno(int error) {
  switch (error) {
    case EPERM:
      return "not permitted; run as root or with CAP_NET_ADMIN";
    case EEXIST:
      return "it exists already; it stands twice in the configuration or another program made it";
    case ENETUNREACH:
      return "its gateway is on no network of the interface; add an address of that network to `addresses`";
    default:
      return std::strerror(error);
  }
}

}  // namespace dialplane::control::netlink
