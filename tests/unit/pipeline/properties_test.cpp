// SPDX-License-Identifier: Apache-2.0
// The properties of a stateless proxy over generated messages through the real packet path. DIALPLANE_LONG=1 judges a
// million messages or transactions for each. Test thread.
#include "disguised_proxy.hpp"
#include "proxy_properties.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace dialplane::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kMessages = 10'000;
#else
constexpr std::size_t kMessages = 50'000;
#endif
constexpr std::size_t kMessagesLong = 1'000'000;
/// Of the messages, for each of the other settings.
constexpr double kShare = 0.2;
/// Most of what is generated must be forwarded, or a property judges next to nothing.
constexpr std::size_t kMostAttemptsPerMessage = 2;

/// `share`: part of the usual number of messages.
template <class Node = RealProxy>
void expect_always(Outcome (ProxyProperties::*property)(), std::uint64_t seed, double share = 1) {
  const auto all = std::getenv("DIALPLANE_LONG") != nullptr ? kMessagesLong : kMessages;
  const auto count = static_cast<std::size_t>(static_cast<double>(all) * share);
  Node node;
  Node other_node;
  ProxyProperties properties(node, other_node, seed);
  std::size_t judged = 0;
  std::size_t attempts = 0;
  for (; judged < count && attempts < count * kMostAttemptsPerMessage; ++attempts) {
    const auto outcome = (properties.*property)();
    judged += outcome.judged ? 1 : 0;
    ASSERT_TRUE(outcome.violation.empty()) << "message " << attempts << " of seed " << seed << "\n"
                                           << outcome.violation;
  }
  EXPECT_EQ(judged, count) << "of " << attempts;
}

TEST(ProxyProperty, P1RetransmissionsLeaveAlike) { expect_always(&ProxyProperties::retransmission, 1); }

TEST(ProxyProperty, P2TransactionsKeepBackendAndBranch) { expect_always(&ProxyProperties::transaction, 2); }

TEST(ProxyProperty, P3OtherBytesStay) { expect_always(&ProxyProperties::rewriting, 3); }

TEST(ProxyProperty, N3ResponsesLoseOneViaValue) { expect_always(&ProxyProperties::response, 4); }

TEST(ProxyProperty, T1StrictRoutersLeaveNoTrace) { expect_always(&ProxyProperties::strict_router, 5, kShare); }

TEST(ProxyPropertyOverIpv6, P1RetransmissionsLeaveAlike) {
  expect_always<Ipv6Proxy>(&ProxyProperties::retransmission, 6, kShare);
}

TEST(ProxyPropertyOverIpv6, P2TransactionsKeepBackendAndBranch) {
  expect_always<Ipv6Proxy>(&ProxyProperties::transaction, 7, kShare);
}

TEST(ProxyPropertyOverIpv6, P3OtherBytesStay) { expect_always<Ipv6Proxy>(&ProxyProperties::rewriting, 8, kShare); }

TEST(ProxyPropertyOverIpv6, N3ResponsesLoseOneViaValue) {
  expect_always<Ipv6Proxy>(&ProxyProperties::response, 9, kShare);
}

TEST(ProxyPropertyWithSourceHeader, P1RetransmissionsLeaveAlike) {
  expect_always<SourceHeaderProxy>(&ProxyProperties::retransmission, 10, kShare);
}

TEST(ProxyPropertyWithSourceHeader, P3OtherBytesStay) {
  expect_always<SourceHeaderProxy>(&ProxyProperties::rewriting, 11, kShare);
}

}  // namespace
}  // namespace dialplane::test
