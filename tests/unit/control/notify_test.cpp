// SPDX-License-Identifier: Apache-2.0
// The service manager's protocol against a real datagram socket.
#include "notify.hpp"

#include "unique_fd.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace dialplane::control {
namespace {

TEST(Notify, SendsTheStateToAnAbstractSocket) {
  const std::string name = "dialplane-notify-test-" + std::to_string(::getpid());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  EXPECT_TRUE(notify_manager("READY=1"));
  ::unsetenv("NOTIFY_SOCKET");
  char got[64];
  const auto length = ::recv(fd.get(), got, sizeof got, 0);
  ASSERT_EQ(length, 7);
  EXPECT_EQ(std::string(got, 7), "READY=1");
}

TEST(Notify, DoesNothingWithoutAManager) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(notify_manager("READY=1"));
}

}  // namespace
}  // namespace dialplane::control
