// SPDX-License-Identifier: Apache-2.0
// Address text forms: what is read, what is refused, what is written. Test thread.
#include "dialplane/base/address.hpp"

#include "guarded_buffer.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace dialplane {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(IpAddress, ReadsDottedQuad) {
  const auto a = IpAddress::parse("192.0.2.255");
  ASSERT_TRUE(a);
  EXPECT_TRUE(a->is_v4());
  EXPECT_EQ(a->v4_value(), 0xc00002ffU);
  EXPECT_EQ(*a, IpAddress::v4(0xc00002ff));
}

TEST(IpAddress, SetV4ReplacesEveryByte) {
  IpAddress a = ip("2001:db8:1:2:3:4:5:6");
  const std::array<std::uint8_t, 4> four = {192, 0, 2, 255};
  a.set_v4(four.data());
  EXPECT_EQ(a, ip("192.0.2.255"));
}

TEST(IpAddress, RefusesLooseDottedQuads) {
  for (const char* text :
       {"",         ".",         "1",         "1.2.3",     "1.2.3.",       "1.2.3.4.",    ".1.2.3.4",    "1.2.3.4.5",
        "1..3.4",   "256.1.1.1", "1.1.1.999", "010.0.0.1", "10.0.0.01",    "00.0.0.0",    "0x10.0.0.1",  "1.2.3.4 ",
        " 1.2.3.4", "+1.2.3.4",  "1.2.3.-4",  "[1.2.3.4]", "1.2.3.4:5060", "example.org", "1.2.3.4%eth0"}) {
    EXPECT_EQ(IpAddress::parse(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(IpAddress, WritesIpv6AsRfc5952) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"},
      {"2001:DB8::A", "2001:db8::a"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"0:0:0:0:0:0:0:0", "::"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"0:0:1::", "0:0:1::"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
      {"[2001:db8::9]", "2001:db8::9"},
      {"fff:ff:f:0:1000:100:10:1", "fff:ff:f:0:1000:100:10:1"}};
  for (const auto& [text, expected] : cases) {
    const auto a = IpAddress::parse(text);
    ASSERT_TRUE(a) << text;
    EXPECT_TRUE(a->is_v6()) << text;
    EXPECT_EQ(a->to_string(), expected);
    EXPECT_EQ(IpAddress::parse(a->to_string()), a) << text;
  }
}

/// The C library reads the same quads, and no byte beside the text is touched.
TEST(IpAddress, ReadsQuadsAsTheSystemDoes) {
  unsigned seed = 1;
  const auto draw = [&seed](unsigned bound) { return (seed = seed * 1103515245 + 12345) / 65536 % bound; };
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    if (draw(2) == 0) {
      for (int i = 0; i < 4; ++i) text += (i > 0 ? "." : "") + std::to_string(draw(300));
    } else {
      for (auto left = draw(17); left > 0; --left) text += draw(3) == 0 ? '.' : static_cast<char>('0' + draw(10));
    }
    in_addr expected{};
    const bool is_quad = inet_pton(AF_INET, text.c_str(), &expected) == 1;
    accepted += is_quad ? 1 : 0;
    for (const auto guard : {test::Guard::kAfter, test::Guard::kBefore}) {
      const test::GuardedBuffer buffer(text, guard);
      const auto actual = IpAddress::parse(buffer.text());
      ASSERT_EQ(actual.has_value(), is_quad) << text;
      if (!is_quad) continue;
      ASSERT_EQ(actual->v4_value(), ntohl(expected.s_addr)) << text;
    }
  }
  EXPECT_GT(accepted, 2000);
}

TEST(IpAddress, LongestTextFitsItsBuffer) {
  const std::string longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  EXPECT_EQ(ip(longest).to_string(), longest);
}

TEST(IpAddress, MappedAddressBecomesIpv4) {
  for (const char* text : {"::ffff:1.2.3.4", "::FFFF:102:304", "0:0:0:0:0:ffff:1.2.3.4", "[::ffff:1.2.3.4]"}) {
    const auto a = IpAddress::parse(text);
    ASSERT_TRUE(a) << text;
    EXPECT_EQ(*a, IpAddress::v4(0x01020304)) << text;
    EXPECT_EQ(a->to_string(), "1.2.3.4");
  }
  EXPECT_TRUE(ip("::1.2.3.4").is_v6());
}

TEST(IpAddress, RefusesMalformedIpv6) {
  for (const char* text : {":",
                           ":::",
                           "1:::2",
                           "2001:db8:::192.0.2.1",
                           "1::2::3",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "::1:2:3:4:5:6:7:8",
                           "1:2:3:4::5:6:7:8",
                           ":1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:",
                           "12345::",
                           "00000::",
                           "g::",
                           "::1%eth0",
                           "::1.2.3",
                           "::1.2.3.4.5",
                           "::01.2.3.4",
                           "1.2.3.4::",
                           "::1.2.3.4:5",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "1::2:3:4:5:6:1.2.3.4",
                           "[::1",
                           "::1]",
                           "[[::1]]",
                           "[]",
                           "::1 ",
                           "0x1::"}) {
    EXPECT_EQ(IpAddress::parse(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(IpAddress, DefaultIsNoAddress) {
  const IpAddress a;
  EXPECT_TRUE(a.is_none());
  EXPECT_EQ(a.to_string(), "");
  EXPECT_NE(a, ip("0.0.0.0"));
  EXPECT_FALSE(a.is_routable_unicast());
}

TEST(IpAddress, EqualBytesOfOtherFamiliesDiffer) {
  EXPECT_NE(ip("32.1.13.184"), ip("2001:db8::"));
  EXPECT_EQ(ip("2001:db8::").v4_value(), 0U);
}

TEST(IpAddress, TellsRoutableUnicast) {
  for (const char* text : {"1.0.0.1", "10.0.0.1", "126.255.255.255", "128.0.0.1", "223.255.255.255", "2001:db8::1",
                           "::2", "100::", "fd00::1"}) {
    EXPECT_TRUE(ip(text).is_routable_unicast()) << text;
  }
  for (const char* text : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "224.0.1.75", "239.1.1.1", "240.0.0.1",
                           "255.255.255.255", "::", "::1", "ff02::1", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(ip(text).is_routable_unicast()) << text;
  }
}

TEST(Endpoint, ReadsAndWritesBothFamilies) {
  for (const char* text : {"10.0.0.1:5060", "[2001:db8::1]:5060", "0.0.0.0:1", "[::]:65535"}) {
    const auto e = Endpoint::parse(text);
    ASSERT_TRUE(e) << text;
    EXPECT_EQ(e->to_string(), text);
  }
  EXPECT_EQ(Endpoint::parse("[::ffff:10.0.0.1]:5060")->to_string(), "10.0.0.1:5060");
}

TEST(Endpoint, LongestTextFitsItsBuffer) {
  const std::string longest = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535";
  EXPECT_EQ(Endpoint::parse(longest)->to_string(), longest);
}

TEST(Endpoint, TakesDefaultPortOnlyIfGiven) {
  EXPECT_EQ(Endpoint::parse("10.0.0.1", 5060)->port, 5060);
  EXPECT_EQ(Endpoint::parse("[::1]", 5061)->port, 5061);
  EXPECT_EQ(Endpoint::parse("10.0.0.1:7000", 5060)->port, 7000);
  EXPECT_EQ(Endpoint::parse("10.0.0.1"), std::nullopt);
  EXPECT_EQ(Endpoint::parse("[::1]"), std::nullopt);
}

TEST(Endpoint, RefusesMalformedText) {
  for (const char* text : {"",
                           ":",
                           ":5060",
                           "10.0.0.1:",
                           "10.0.0.1:0",
                           "10.0.0.1:65536",
                           "10.0.0.1:05060",
                           "10.0.0.1:5060:",
                           "10.0.0.1:+1",
                           "10.0.0.1 :1",
                           "[::1]5060",
                           "[::1]:",
                           "[::1]:0",
                           "[::1",
                           "::1:5060",
                           "2001:db8::1",
                           "[10.0.0.1]:5060",
                           "example.org:5060",
                           "[]:1",
                           "]:1"}) {
    EXPECT_EQ(Endpoint::parse(text, 5060), std::nullopt) << '"' << text << '"';
  }
}

TEST(MacAddress, ReadsAndWritesSixPairs) {
  const auto mac = MacAddress::parse("02:Ab:0C:ff:00:7e");
  ASSERT_TRUE(mac);
  EXPECT_EQ(mac->bytes, (std::array<std::uint8_t, 6>{0x02, 0xab, 0x0c, 0xff, 0x00, 0x7e}));
  EXPECT_EQ(mac->to_string(), "02:ab:0c:ff:00:7e");
}

TEST(MacAddress, RefusesOtherForms) {
  for (const char* text : {"", "02:ab:0c:ff:00", "02:ab:0c:ff:00:7", "02:ab:0c:ff:00:7e:", "02:ab:0c:ff:00:7g",
                           "02-ab-0c-ff-00-7e", "2:ab:0c:ff:00:7e0", "02ab:0c:ff:00:7e:", "02:ab:0c:ff:00: e"}) {
    EXPECT_EQ(MacAddress::parse(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(Prefix, KeepsHostBitsOfTheAddress) {
  const auto p = Prefix::parse("198.51.100.2/24");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->ip, ip("198.51.100.2"));
  EXPECT_EQ(p->to_string(), "198.51.100.2/24");
}

TEST(Prefix, BareAddressIsHostPrefix) {
  EXPECT_EQ(Prefix::parse("10.0.0.1")->length, 32);
  EXPECT_EQ(Prefix::parse("2001:db8::1")->length, 128);
}

TEST(Prefix, MappedPrefixBecomesIpv4) {
  EXPECT_EQ(Prefix::parse("::ffff:10.0.0.0/104")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(Prefix::parse("::ffff:10.0.0.1")->to_string(), "10.0.0.1/32");
  EXPECT_EQ(Prefix::parse("::ffff:10.0.0.0/95"), std::nullopt);
}

TEST(Prefix, RefusesMalformedText) {
  for (const char* text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "10.0/8"}) {
    EXPECT_EQ(Prefix::parse(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(Prefix, ContainsAddressesAtEveryLength) {
  const IpAddress inside = ip("172.16.170.85");
  for (std::uint8_t length = 0; length <= 32; ++length) {
    const Prefix p{inside, length};
    EXPECT_TRUE(p.contains(inside)) << int{length};
    for (int bit = 0; bit < 32; ++bit) {
      const IpAddress other = IpAddress::v4(inside.v4_value() ^ (0x80000000U >> bit));
      EXPECT_EQ(p.contains(other), bit >= length) << int{length} << " bit " << bit;
    }
  }
}

TEST(Prefix, ContainsIpv6AddressesAtEveryLength) {
  const auto bytes = ip("2001:db8:a5a5:5a5a:ff00:ff:8001:7ffe").bytes();
  for (std::uint8_t length = 0; length <= 128; ++length) {
    const Prefix p{IpAddress::v6(bytes), length};
    EXPECT_TRUE(p.contains(IpAddress::v6(bytes))) << int{length};
    for (std::size_t bit = 0; bit < 128; ++bit) {
      auto other = bytes;
      other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ 0x80U >> bit % 8);
      EXPECT_EQ(p.contains(IpAddress::v6(other)), bit >= length) << int{length} << " bit " << bit;
    }
  }
}

TEST(Prefix, ContainsOnlyItsFamily) {
  EXPECT_TRUE(Prefix::parse("2001:db8::/33")->contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(Prefix::parse("2001:db8::/33")->contains(ip("2001:db8:8000::1")));
  EXPECT_FALSE(Prefix::parse("::/0")->contains(ip("10.0.0.1")));
  EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->contains(ip("::1")));
  EXPECT_FALSE(Prefix{}.contains(IpAddress{}));
}

TEST(IpAddress, ReadsEveryOctetInEveryPlaceOfAQuad) {
  for (int place = 0; place < 4; ++place) {
    for (int value = 0; value < 1100; ++value) {
      std::array<std::string, 4> octets{"7", "77", "177", "7"};
      octets[static_cast<std::size_t>(place)] = std::to_string(value);
      const auto text = octets[0] + "." + octets[1] + "." + octets[2] + "." + octets[3];
      const auto address = IpAddress::parse(text);
      ASSERT_EQ(address.has_value(), value < 256) << text;
      if (address) {
        EXPECT_EQ(address->to_string(), text);
        EXPECT_EQ(address->bytes()[static_cast<std::size_t>(place)], value);
      }
    }
  }
}

TEST(IpAddress, RefusesAQuadWithAnyOtherCharacterInIt) {
  for (const std::string good : {"1.2.3.4", "10.20.30.40", "198.51.100.254"}) {
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (unsigned c = 0; c < 256; ++c) {
        if (c >= '0' && c <= '9') continue;
        auto text = good;
        text[at] = static_cast<char>(c);
        EXPECT_EQ(IpAddress::parse(text).has_value(), text == good) << text;
      }
    }
  }
}

TEST(IpAddress, RefusesLeadingZerosAndMissingOrSurplusOctets) {
  for (const auto* text : {"01.2.3.4", "1.02.3.4", "1.2.003.4", "1.2.3.00", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3",
                           "1.2.3.4.", "1.2.3.4.5", "1.2.3.4567", "111.222.111.2222", "1.2.3.4 "}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, ReadsAQuadAtTheEndOfAPage) {
  for (const std::string text : {"1.2.3.4", "10.2.3.4", "10.20.30.4", "198.51.100.254"}) {
    test::GuardedBuffer buffer(text.size(), test::Guard::kAfter);
    std::copy(text.begin(), text.end(), buffer.data());
    const auto address = IpAddress::parse({reinterpret_cast<const char*>(buffer.data()), text.size()});
    ASSERT_TRUE(address);
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(IpAddress, OrdersByBytesAndThenByFamily) {
  std::vector<IpAddress> sorted;
  for (const auto* text : {"::2", "0.0.1.0", "1.0.0.0", "1.0.0.255", "1.255.0.0", "255.0.0.1", "2001:db8::1",
                           "2001:db8::100", "2001:db8:0:1::", "ff02::1"}) {
    sorted.push_back(*IpAddress::parse(text));
  }
  std::sort(sorted.begin(), sorted.end(), [](const IpAddress& a, const IpAddress& b) {
    return a.bytes() != b.bytes() ? a.bytes() < b.bytes() : a.family() < b.family();
  });
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      EXPECT_EQ(sorted[i] <=> sorted[j], i <=> j) << sorted[i].to_string() << ' ' << sorted[j].to_string();
      EXPECT_EQ(sorted[i] == sorted[j], i == j);
    }
  }
}

}  // namespace
}  // namespace dialplane
