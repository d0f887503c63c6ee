// SPDX-License-Identifier: Apache-2.0
// The messages of tests/support/sip_generator.hpp and sip_mutator.hpp are what they are said to be.
#include "sip_generator.hpp"

#include "sip_mutator.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace dialplane {
namespace {

sip::Fault judge(std::string_view datagram) {
  static sip::Message message;
  sip::Facts facts;
  const auto fault = sip::scan(datagram, message);
  return fault == sip::Fault::kNone ? sip::validate(message, facts) : fault;
}

TEST(SipGenerator, MakesMessagesThatTheEngineAccepts) {
  test::SipGenerator generator(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto text = generator.next();
    ASSERT_EQ(judge(text), sip::Fault::kNone) << sip::fault_name(judge(text)) << " in message " << i << "\n" << text;
  }
}

TEST(SipGenerator, RepeatsItselfForOneSeedOnly) {
  test::SipGenerator first(7);
  test::SipGenerator again(7);
  test::SipGenerator other(8);
  const std::string text(first.next());
  EXPECT_EQ(text, again.next());
  EXPECT_NE(text, other.next());
}

TEST(SipMutator, MeetsEveryFaultOfTheScanner) {
  test::SipGenerator generator(1);
  test::SipMutator mutator(2);
  std::set<sip::Fault> met;
  for (int i = 0; i < 20'000; ++i) met.insert(judge(mutator.mutate(generator.next())));
  for (const auto fault : {sip::Fault::kNone, sip::Fault::kNotSip, sip::Fault::kStartLine, sip::Fault::kVersion,
                           sip::Fault::kBareLineEnd, sip::Fault::kControlByte, sip::Fault::kFoldFirst,
                           sip::Fault::kHeaderName, sip::Fault::kUnterminated, sip::Fault::kDuplicate}) {
    EXPECT_TRUE(met.contains(fault)) << sip::fault_name(fault);
  }
}

TEST(SipMutator, ChangesTheMessageWithEveryMutation) {
  test::SipGenerator generator(3);
  test::SipMutator mutator(4);
  for (std::size_t kind = 0; kind < test::kMutationCount; ++kind) {
    bool changed = false;
    for (int tries = 0; tries < 100 && !changed; ++tries) {
      const std::string text(generator.next());
      changed = mutator.mutate(text, static_cast<test::Mutation>(kind)) != text;
    }
    EXPECT_TRUE(changed) << test::mutation_name(static_cast<test::Mutation>(kind));
  }
}

}  // namespace
}  // namespace dialplane
