// SPDX-License-Identifier: Apache-2.0
// Parameters of a Via on demand. Test thread.
#include "dialplane/sip/via_parameter.hpp"

#include "guarded_buffer.hpp"
#include "messages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace dialplane::sip {
namespace {

std::unique_ptr<Parsed> with_via(std::string_view value) {
  return std::make_unique<Parsed>(with(invite(), "SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKabc;rport", value));
}

TEST(ViaParameter, WalksKnownAndUnknownOnesInOrder) {
  const auto p = with_via("SIP / 2.0 / UDP h : 5070 ; branch=z9hG4bKa ;\r\n keep;hidden = \"a;b=\\\"c\" ;rport");
  ASSERT_TRUE(p->facts.has_via);
  ViaParameterCursor cursor(p->message, p->facts.via);
  std::vector<std::string> seen;
  for (ViaParameterView parameter; cursor.next(parameter);) {
    seen.push_back(std::string(parameter.name) + (parameter.has_value ? "=" : "") + std::string(parameter.value));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"branch=z9hG4bKa", "keep", "hidden=a;b=\\\"c", "rport"}));
}

TEST(ViaParameter, FindsByNameInAnyCase) {
  const auto p = with_via("SIP/2.0/UDP h;branch=z9hG4bKa;Alias;oc=20");
  EXPECT_EQ(find_via_parameter(p->message, p->facts.via, "alias"), "");
  EXPECT_EQ(find_via_parameter(p->message, p->facts.via, "OC"), "20");
  EXPECT_FALSE(find_via_parameter(p->message, p->facts.via, "o"));
}

TEST(ViaParameter, StopsAtTheCommaOfItsValue) {
  const auto p = with_via("SIP/2.0/UDP h;branch=z9hG4bKa, SIP/2.0/UDP i;maddr=224.2.0.1;ttl=16");
  EXPECT_FALSE(via_maddr(p->message, p->facts.via));
  ViaView below;
  ASSERT_TRUE(next_via(p->message, p->facts.via, below));
  EXPECT_EQ(via_maddr(p->message, below), "224.2.0.1");
  EXPECT_EQ(via_ttl(p->message, below), 16);
}

TEST(ViaParameter, AViaWithoutAnyHasNone) {
  const auto p = with_via("SIP/2.0/UDP h");
  ViaParameterCursor cursor(p->message, p->facts.via);
  ViaParameterView parameter;
  EXPECT_FALSE(cursor.next(parameter));
}

TEST(ViaParameter, MaddrIsAHost) {
  const auto maddr = [](std::string_view value) {
    const auto p = with_via("SIP/2.0/UDP h;branch=z9hG4bKa;maddr=" + std::string(value));
    const auto found = via_maddr(p->message, p->facts.via);
    return std::string(found.value_or("(none)"));
  };
  EXPECT_EQ(maddr("mcast.example.com"), "mcast.example.com");
  EXPECT_EQ(maddr("[ff02::1]"), "[ff02::1]");
  EXPECT_EQ(maddr("a/b"), "(none)");
  EXPECT_EQ(maddr("\"\""), "(none)");
}

TEST(ViaParameter, TtlIsOneByte) {
  const auto ttl = [](std::string_view value) {
    const auto p = with_via("SIP/2.0/UDP h;branch=z9hG4bKa;ttl=" + std::string(value));
    return static_cast<int>(via_ttl(p->message, p->facts.via).value_or(0xee));
  };
  EXPECT_EQ(ttl("0"), 0);
  EXPECT_EQ(ttl("255"), 255);
  EXPECT_EQ(ttl("256"), 0xee);
  EXPECT_EQ(ttl("1x"), 0xee);
}

TEST(ViaParameter, NoPrefixReadsPastItsEnd) {
  const std::string head = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h:5060";
  const std::string value = ";branch=z9hG4bKa;maddr=[ff02::1];ttl=16;x=\"a\\\"\"";
  const auto message = std::make_unique<Message>();
  for (std::size_t length = 0; length <= value.size(); ++length) {
    // The empty line is given up so that the value ends flush with the buffer.
    const test::GuardedBuffer buffer(head + value.substr(0, length));
    scan(buffer.text(), *message);
    message->rows[0] = HeaderRow{.offset = 23,
                                 .end = static_cast<std::uint16_t>(buffer.size()),
                                 .value_offset = 28,
                                 .value_end = static_cast<std::uint16_t>(buffer.size()),
                                 .name_length = 3,
                                 .id = HeaderId::kVia};
    ViaView via;
    if (!parse_via(*message, 0, 28, via)) continue;
    EXPECT_EQ(via_ttl(*message, via).has_value(), length >= value.find("=16") + 2) << length;
    via_maddr(*message, via);
    EXPECT_FALSE(find_via_parameter(*message, via, "absent"));
  }
}

}  // namespace
}  // namespace dialplane::sip
