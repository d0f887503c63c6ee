// SPDX-License-Identifier: Apache-2.0
// rtnetlink requests that are answered at once: links, addresses, routes, neighbours. Control thread.
#pragma once

#include "netlink_messages.hpp"
#include "unique_fd.hpp"

#include "dialplane/base/result.hpp"

#include <cstdint>

namespace dialplane::control::netlink {

/// Opens an rtnetlink socket that gets the events of `groups` (a bit mask; 0: none).
Result<UniqueFd> open_route_socket(std::uint32_t groups);

class RequestSocket {
 public:
  static Result<RequestSocket> open();

  /// Sends one request and reads the kernel's answer. The kernel handles rtnetlink inside the send, so this does not
  /// wait. Returns 0 or an errno value.
  [[nodiscard]] int request(Message& message) noexcept;

 private:
  explicit RequestSocket(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
  UniqueFd fd_;
  std::uint32_t sequence_ = 0;
};

/// What to do about an errno value of a request, as the end of a sentence: "…; run it as root or with CAP_NET_ADMIN".
std::string explain_errno(int error);

}  // namespace dialplane::control::netlink
