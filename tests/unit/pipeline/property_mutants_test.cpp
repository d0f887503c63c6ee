// SPDX-License-Identifier: Apache-2.0
// Every seeded mistake must break the property it is listed under, and a harmless change none. Test thread.
#include "faulty_proxy.hpp"
#include "proxy_properties.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace dialplane::test {
namespace {

constexpr std::uint64_t kSeed = 5;
/// Enough for the rarest trigger, a value removed from a row of several.
constexpr std::size_t kAttempts = 5000;

using Property = Outcome (ProxyProperties::*)();

/// The first violation that the property finds on this proxy.
Violation first_violation(const Mutant& mutant, Property property) {
  FaultyProxy node(mutant);
  ProxyProperties properties(node, node, kSeed);
  for (std::size_t i = 0; i < kAttempts; ++i) {
    if (auto outcome = (properties.*property)(); !outcome.violation.empty()) return outcome.violation;
  }
  return {};
}

class PropertyMutant : public testing::TestWithParam<Mutant> {};
class MutantOfP1 : public PropertyMutant {};
class MutantOfP2 : public PropertyMutant {};
class MutantOfP3 : public PropertyMutant {};
class MutantOfN3 : public PropertyMutant {};

TEST_P(MutantOfP1, IsCaught) {
  EXPECT_EQ(first_violation(GetParam(), &ProxyProperties::retransmission).substr(0, 3), "P1:");
}
TEST_P(MutantOfP2, IsCaught) {
  EXPECT_EQ(first_violation(GetParam(), &ProxyProperties::transaction).substr(0, 3), "P2:");
}
TEST_P(MutantOfP3, IsCaught) {
  EXPECT_EQ(first_violation(GetParam(), &ProxyProperties::rewriting).substr(0, 3), "P3:");
}
TEST_P(MutantOfN3, IsCaught) { EXPECT_EQ(first_violation(GetParam(), &ProxyProperties::response).substr(0, 3), "N3:"); }

std::string name_of(const testing::TestParamInfo<Mutant>& info) { return std::string(info.param.name); }

INSTANTIATE_TEST_SUITE_P(Seeded, MutantOfP1, testing::ValuesIn(kMutantsOfP1), name_of);
INSTANTIATE_TEST_SUITE_P(Seeded, MutantOfP2, testing::ValuesIn(kMutantsOfP2), name_of);
INSTANTIATE_TEST_SUITE_P(Seeded, MutantOfP3, testing::ValuesIn(kMutantsOfP3), name_of);
INSTANTIATE_TEST_SUITE_P(Seeded, MutantOfN3, testing::ValuesIn(kMutantsOfN3), name_of);

TEST(PropertyMutants, AnotherDigestOfTheRightInputsBreaksNothing) {
  for (const auto property :
       {&ProxyProperties::retransmission, &ProxyProperties::transaction, &ProxyProperties::rewriting}) {
    const auto violation = first_violation(kHonestBranch, property);
    EXPECT_TRUE(violation.empty()) << violation;
  }
}

}  // namespace
}  // namespace dialplane::test
