// SPDX-License-Identifier: Apache-2.0
#include "malformed.hpp"

#include "message.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace dialplane::gen {
namespace {

class EveryDamage : public testing::TestWithParam<int> {};

TEST_P(EveryDamage, IsRefusedByTheChecks) {
  const auto damage = static_cast<Damage>(GetParam());
  Prng random(11);
  MessageSpec spec;
  spec.client = *Endpoint::parse("192.0.2.7:5060");
  spec.service = *Endpoint::parse("198.51.100.10:5060");
  for (int round = 0; round < 40; ++round) {
    spec.method = round % 2 == 0 ? sip::Method::kInvite : sip::Method::kOptions;
    auto dialect = pick_dialect(random);
    dialect.compact = false;
    const auto text = apply_damage(render_message(spec, dialect, random).text, damage, random);
    const auto message = std::make_unique<sip::Message>();
    auto fault = sip::scan(text, *message);
    sip::Facts facts;
    if (fault == sip::Fault::kNone) fault = sip::validate(*message, facts);
    EXPECT_NE(fault, sip::Fault::kNone) << damage_name(damage) << "\n" << text;
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryDamage, testing::Range(0, static_cast<int>(kDamageCount)));

TEST(Damage, NamesAreUnique) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDamageCount; ++i) names.insert(damage_name(static_cast<Damage>(i)));
  EXPECT_EQ(names.size(), kDamageCount);
  EXPECT_FALSE(names.contains(""));
}

}  // namespace
}  // namespace dialplane::gen
