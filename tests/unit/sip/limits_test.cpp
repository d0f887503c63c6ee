// SPDX-License-Identifier: Apache-2.0
// The configured limits, each at its edge and one beyond. Test thread.
#include "dialplane/sip/limits.hpp"

#include "messages.hpp"

#include <gtest/gtest.h>

namespace dialplane::sip {
namespace {

constexpr std::string_view kShortVia = "SIP/2.0/UDP a";

Fault judge(const std::string& text, const Limits& limits) {
  const Parsed p(text);
  EXPECT_EQ(p.scan_fault, Fault::kNone);
  return check_limits(p.message, limits);
}

/// Rows of one Via value each.
std::string via_rows(std::size_t count) {
  std::string rows;
  for (std::size_t i = 0; i < count; ++i) rows += "v: " + std::string(kShortVia) + "\r\n";
  return rows;
}

/// One row of several Via values.
std::string via_list(std::size_t count) {
  std::string row = "Via: " + std::string(kShortVia);
  for (std::size_t i = 1; i < count; ++i) row += "," + std::string(kShortVia);
  return row + "\r\n";
}

TEST(Limits, AUsualRequestIsWithinTheDefaults) { EXPECT_EQ(judge(invite(), Limits{}), Fault::kNone); }

TEST(Limits, DefaultsAdmit128ViasIn16KiBOfHeaders) {
  const auto filler = "X: " + std::string(14000, 'x') + "\r\n";
  const auto text = invite(via_rows(127) + filler);
  EXPECT_GT(text.size(), 16384U);
  EXPECT_EQ(judge(text, Limits{}), Fault::kNone);
}

TEST(Limits, HeaderBytesCountFromTheStartLineToTheLastRow) {
  const auto text = invite();
  const auto section = static_cast<std::uint16_t>(text.size() - 2);
  EXPECT_EQ(judge(text, {.header_bytes = section}), Fault::kNone);
  EXPECT_EQ(judge(text, {.header_bytes = static_cast<std::uint16_t>(section - 1)}), Fault::kTooLarge);
}

TEST(Limits, TheBodyIsNoHeader) {
  const auto text = with(invite(), "Content-Length: 0\r\n\r\n", "Content-Length: 400\r\n\r\n" + std::string(400, 'b'));
  EXPECT_EQ(judge(text, {.header_bytes = 300}), Fault::kNone);
}

TEST(Limits, CountsHeaderRows) {
  EXPECT_EQ(judge(invite(), {.header_rows = 7}), Fault::kNone);
  EXPECT_EQ(judge(invite("X: 1\r\n"), {.header_rows = 7}), Fault::kTooLarge);
}

TEST(Limits, CountsViaRows) {
  EXPECT_EQ(judge(invite(via_rows(9)), {.vias = 10}), Fault::kNone);
  EXPECT_EQ(judge(invite(via_rows(10)), {.vias = 10}), Fault::kTooLarge);
}

TEST(Limits, CountsViaValuesInOneRow) {
  EXPECT_EQ(judge(invite(via_list(9)), {.vias = 10}), Fault::kNone);
  EXPECT_EQ(judge(invite(via_list(10)), {.vias = 10}), Fault::kTooLarge);
}

TEST(Limits, CountsTheShortestViaValuesToo) {
  std::string row = "Via: a/b/c d";
  for (int i = 1; i < 10; ++i) row += ",a/b/c d";
  EXPECT_EQ(judge(invite(row + "\r\n"), {.vias = 11}), Fault::kNone);
  EXPECT_EQ(judge(invite(row + "\r\n"), {.vias = 10}), Fault::kTooLarge);
}

TEST(Limits, ACommaInAQuotedParameterSeparatesNothing) {
  const std::string row = "Via: " + std::string(kShortVia) + R"(;x="a,b,\",c,d,e,f,g")" + "\r\n";
  EXPECT_EQ(judge(invite(row), {.vias = 2}), Fault::kNone);
  EXPECT_EQ(judge(invite(row + "v: SIP/2.0/UDP a\r\n"), {.vias = 2}), Fault::kTooLarge);
}

TEST(Limits, MeasuresTheCallId) {
  const auto text = with(invite(), "7f3@192.0.2.77", std::string(64, 'c'));
  EXPECT_EQ(judge(text, {.call_id_bytes = 64}), Fault::kNone);
  EXPECT_EQ(judge(text, {.call_id_bytes = 63}), Fault::kTooLarge);
}

TEST(Limits, AMessageWithoutCallIdOrViaIsNotOverThem) {
  const auto text = with(with(invite(), "Call-ID: 7f3@192.0.2.77\r\n", ""),
                         "Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKabc;rport\r\n", "");
  EXPECT_EQ(judge(text, Limits{}), Fault::kNone);
}

}  // namespace
}  // namespace dialplane::sip
