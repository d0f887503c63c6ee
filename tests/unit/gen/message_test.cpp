// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <tuple>

namespace dialplane::gen {
namespace {

using sip::Method;

MessageSpec spec_of(Method method, std::uint16_t status = 0) {
  MessageSpec spec;
  spec.method = method;
  spec.status = status;
  spec.client = *Endpoint::parse("192.0.2.7:5060");
  spec.service = *Endpoint::parse("198.51.100.10:5060");
  return spec;
}

sip::Fault judge(const std::string& text) {
  const auto message = std::make_unique<sip::Message>();
  if (const auto fault = sip::scan(text, *message); fault != sip::Fault::kNone) return fault;
  sip::Facts facts;
  return sip::validate(*message, facts);
}

class EveryMethod : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(EveryMethod, PassesTheChecksOfAProxyFromEverySender) {
  const auto [method, status] = GetParam();
  Prng random(7);
  std::set<std::string_view> agents;
  for (int round = 0; round < 400; ++round) {
    const auto& dialect = pick_dialect(random);
    agents.insert(dialect.agent);
    auto spec = spec_of(static_cast<Method>(method), static_cast<std::uint16_t>(status));
    spec.in_dialog = round % 2 == 0;
    const auto text = render_message(spec, dialect, random).text;
    const auto fault = judge(text);
    ASSERT_EQ(fault, sip::Fault::kNone) << sip::fault_name(fault) << "\n" << text;
  }
  EXPECT_EQ(agents.size(), 7U);
}

INSTANTIATE_TEST_SUITE_P(RequestsAndResponses, EveryMethod,
                         testing::Combine(testing::Range(0, static_cast<int>(Method::kOther)),
                                          testing::Values(0, 100, 183, 200, 401, 503)));

TEST(Message, HasExactlyTheBytesAskedFor) {
  Prng random(1);
  for (std::size_t bytes = 840; bytes < 900; ++bytes) {
    auto spec = spec_of(Method::kInvite);
    spec.bytes = bytes;
    auto dialect = pick_dialect(random);
    dialect.vias = 1;
    EXPECT_EQ(render_message(spec, dialect, random).text.size(), bytes);
  }
}

TEST(Message, SlotsStandWhereTheirDigitsAre) {
  Prng random(3);
  for (int round = 0; round < 50; ++round) {
    const auto message = render_message(spec_of(Method::kInvite), pick_dialect(random), random);
    ASSERT_EQ(message.slots.size(), 3U);
    for (const auto& slot : message.slots) {
      const auto before = std::string_view(message.text).substr(0, slot.offset);
      const std::string_view marker = slot.kind == SlotKind::kStamp ? kStampMarker
                                      : slot.kind == SlotKind::kTag ? ";tag=dg"
                                                                    : ": dg";
      EXPECT_TRUE(before.ends_with(marker)) << message.text;
    }
  }
}

TEST(Message, CompactSenderWritesOneLetterNames) {
  Prng random(1);
  const auto text =
      render_message(spec_of(Method::kOptions), {.agent = "a", .order = "vfsitm", .compact = true}, random).text;
  EXPECT_NE(text.find("\r\nv: SIP/2.0/UDP"), std::string::npos);
  EXPECT_EQ(text.find("Via"), std::string::npos);
}

TEST(Message, InDialogRequestHasToTagAndRoute) {
  Prng random(1);
  auto spec = spec_of(Method::kBye);
  spec.in_dialog = true;
  Dialect dialect{.agent = "a", .order = "vrmftiscuexpoyl"};
  const auto text = render_message(spec, dialect, random).text;
  EXPECT_NE(text.find("\r\nRoute: <sip:198.51.100.10:5060;lr>\r\n"), std::string::npos);
  EXPECT_NE(text.find(">;tag=", text.find("\r\nTo:")), std::string::npos);
}

}  // namespace
}  // namespace dialplane::gen
