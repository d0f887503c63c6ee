// SPDX-License-Identifier: Apache-2.0
// The properties of a stateless proxy over generated messages through the real packet path. DIALPLANE_LONG=1 judges a
// million messages or transactions for each. Test thread.
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
/// Most of what is generated must be forwarded, or a property judges next to nothing.
constexpr std::size_t kMostAttemptsPerMessage = 2;

void expect_always(Outcome (ProxyProperties::*property)(), std::uint64_t seed) {
  const std::size_t count = std::getenv("DIALPLANE_LONG") != nullptr ? kMessagesLong : kMessages;
  RealProxy node;
  RealProxy other_node;
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

}  // namespace
}  // namespace dialplane::test
