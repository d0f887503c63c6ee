// SPDX-License-Identifier: Apache-2.0
// tel and urn URIs on literal text. Test thread.
#include "dialplane/sip/uri_parts.hpp"

#include "guarded_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace dialplane::sip {
namespace {

TEST(Tel, GlobalNumbersKeepTheirSeparators) {
  const auto tel = parse_tel("TEL:+1-(201)-555.0123;isub=1411;ext=22");
  ASSERT_TRUE(tel);
  EXPECT_EQ(tel->number, "+1-(201)-555.0123");
  EXPECT_TRUE(tel->global);
  EXPECT_EQ(tel->parameters, ";isub=1411;ext=22");
}

TEST(Tel, LocalNumbersNeedAContext) {
  const auto tel = parse_tel("tel:*31#7042;phone-context=example.com");
  ASSERT_TRUE(tel);
  EXPECT_FALSE(tel->global);
  EXPECT_EQ(tel->number, "*31#7042");
  EXPECT_EQ(tel->phone_context, "example.com");
  EXPECT_EQ(parse_tel("tel:863-1234;phone-context=+1-914-555")->phone_context, "+1-914-555");
  EXPECT_FALSE(parse_tel("tel:7042"));
}

TEST(Tel, RefusesWhatIsNoNumber) {
  for (const auto* bad : {"", "tel:", "tel:+", "tel:+-", "tel:+12a", "tel:x;phone-context=h", "tel:-;phone-context=h",
                          "sip:+12015550123@h", "tel:+1 2", "+12015550123"}) {
    EXPECT_FALSE(parse_tel(bad)) << bad;
  }
}

TEST(Urn, SplitsNamespaceAndName) {
  const auto urn = parse_urn("URN:Service:sos.police");
  ASSERT_TRUE(urn);
  EXPECT_EQ(urn->nid, "Service");
  EXPECT_EQ(urn->nss, "sos.police");
  EXPECT_EQ(parse_urn("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6")->nss, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(parse_urn("urn:example:a:b?+r#f")->nss, "a:b");
  EXPECT_EQ(parse_urn("urn:example:a?b?=q")->nss, "a?b");
}

TEST(Urn, RefusesWhatIsOutsideTheGrammar) {
  for (const auto* bad : {"urn:", "urn:service", "urn:service:", "urn::sos", "urn:s:sos", "urn:-ab:c", "urn:ab-:c",
                          "urn:a_b:c", "urn:service:#f", "sip:service:sos", "service:sos"}) {
    EXPECT_FALSE(parse_urn(bad)) << bad;
  }
  EXPECT_TRUE(parse_urn("urn:" + std::string(32, 'a') + ":x"));
  EXPECT_FALSE(parse_urn("urn:" + std::string(33, 'a') + ":x"));
}

TEST(Urn, KnowsEmergencyCalls) {
  EXPECT_TRUE(is_emergency_urn("urn:service:sos"));
  EXPECT_TRUE(is_emergency_urn("urn:service:SOS.fire"));
  EXPECT_FALSE(is_emergency_urn("urn:service:sosx"));
  EXPECT_FALSE(is_emergency_urn("urn:service:counseling"));
  EXPECT_FALSE(is_emergency_urn("urn:other:sos"));
}

TEST(UriParts, NoPrefixReadsPastItsEnd) {
  for (const std::string_view good : {"tel:+1-201-5550123;ext=22", "tel:7042;phone-context=example.com",
                                      "urn:service:sos.police", "urn:example:a?+r#f"}) {
    test::GuardedBuffer buffer(good.size());
    bool taken = false;
    for (std::size_t length = 0; length <= good.size(); ++length) {
      const auto room = buffer.last(length);
      std::copy_n(good.begin(), length, room.begin());
      const std::string_view text(reinterpret_cast<const char*>(room.data()), length);
      is_emergency_urn(text);
      taken = parse_tel(text) || parse_urn(text);
    }
    EXPECT_TRUE(taken) << good;
  }
}

}  // namespace
}  // namespace dialplane::sip
