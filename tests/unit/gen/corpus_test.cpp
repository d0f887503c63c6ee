// SPDX-License-Identifier: Apache-2.0
#include "corpus.hpp"

#include "dialplane/net/frame.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace dialplane::gen {
namespace {

CorpusOptions options_of(Profile profile) {
  CorpusOptions options;
  options.profile = profile;
  options.messages = 300;
  options.service = *Endpoint::parse("198.51.100.10:5060");
  options.sources = *Prefix::parse("192.0.2.0/24");
  options.source_mac = *MacAddress::parse("02:00:00:00:00:01");
  options.destination_mac = *MacAddress::parse("02:00:00:00:00:02");
  return options;
}

std::vector<std::uint8_t> bytes_of(const Corpus& corpus) {
  std::vector<std::uint8_t> all;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    const auto frame = corpus.frame(i).bytes;
    all.insert(all.end(), frame.begin(), frame.end());
  }
  return all;
}

std::string_view payload_of(ByteSpan frame, const net::FrameView& view) {
  return {reinterpret_cast<const char*>(frame.data()) + view.payload_offset, view.payload_length};
}

TEST(Corpus, SameSeedGivesTheSameBytes) {
  for (const auto profile : {Profile::kInvite, Profile::kOptions, Profile::kMixed, Profile::kMalformed,
                             Profile::kFragments, Profile::kFragmentFlood}) {
    EXPECT_EQ(bytes_of(*Corpus::build(options_of(profile))), bytes_of(*Corpus::build(options_of(profile))))
        << profile_name(profile);
  }
}

TEST(Corpus, AnotherSeedGivesOtherBytes) {
  auto other = options_of(Profile::kMixed);
  other.seed = 2;
  EXPECT_NE(bytes_of(*Corpus::build(options_of(Profile::kMixed))), bytes_of(*Corpus::build(other)));
}

TEST(Corpus, InviteProfileHas860BytesInEveryMessage) {
  const auto corpus = *Corpus::build(options_of(Profile::kInvite));
  for (std::size_t i = 0; i < corpus.size(); ++i) EXPECT_EQ(corpus.frame(i).bytes.size(), 860U + 42U);
}

TEST(Corpus, MixedMessagesPassEveryCheckAndStayWithinBounds) {
  auto options = options_of(Profile::kMixed);
  options.response_percent = 30;
  options.messages = 2000;
  const auto corpus = *Corpus::build(options);
  std::map<sip::Method, int> methods;
  std::size_t smallest = 9999;
  std::size_t largest = 0;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    const auto frame = corpus.frame(i).bytes;
    net::FrameView view;
    net::parse_frame(frame, view);
    ASSERT_EQ(view.kind, net::FrameKind::kUdp);
    ASSERT_TRUE(net::udp_checksum_ok(frame, view));
    ASSERT_TRUE(Prefix::parse("192.0.2.0/24")->contains(view.source.ip));
    const auto text = payload_of(frame, view);
    const auto message = std::make_unique<sip::Message>();
    sip::Facts facts;
    ASSERT_EQ(sip::scan(text, *message), sip::Fault::kNone) << text;
    ASSERT_EQ(sip::validate(*message, facts), sip::Fault::kNone) << text;
    ++methods[message->method];
    smallest = std::min(smallest, text.size());
    largest = std::max(largest, text.size());
  }
  EXPECT_EQ(methods.size(), 14U);
  EXPECT_GE(smallest, 300U);
  EXPECT_LE(largest, 1400U);
  // 20 of 100 are registrations.
  EXPECT_NEAR(methods[sip::Method::kRegister], 400, 80);
}

TEST(Corpus, WeightsChooseTheMethods) {
  auto options = options_of(Profile::kMixed);
  options.weights = *parse_weights("BYE=3,MESSAGE=1");
  const auto corpus = *Corpus::build(options);
  int byes = 0;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    const auto frame = corpus.frame(i).bytes;
    const std::string_view text(reinterpret_cast<const char*>(frame.data()) + 42, 8);
    EXPECT_TRUE(text.starts_with("BYE ") || text.starts_with("MESSAGE "));
    byes += text.starts_with("BYE ") ? 1 : 0;
  }
  EXPECT_NEAR(byes, 225, 40);
}

TEST(Corpus, WrittenCopyCarriesTheStampAndARightChecksum) {
  const auto corpus = *Corpus::build(options_of(Profile::kMixed));
  std::array<std::uint8_t, 2048> out{};
  for (std::uint32_t i = 0; i < corpus.size(); ++i) {
    const auto length = corpus.write(i, {7, 1000 + i, 0x123456789abcdefU + i}, 0, out.data());
    const ByteSpan frame(out.data(), length);
    net::FrameView view;
    net::parse_frame(frame, view);
    ASSERT_TRUE(net::udp_checksum_ok(frame, view)) << i;
    const auto stamp = find_stamp(payload_of(frame, view));
    ASSERT_TRUE(stamp);
    EXPECT_EQ(stamp->run, 7);
    EXPECT_EQ(stamp->sequence, 1000 + i);
    EXPECT_EQ(stamp->tsc, 0x123456789abcdefU + i);
  }
}

TEST(Corpus, CopiesOfOneFrameHaveDifferentCallIds) {
  auto options = options_of(Profile::kInvite);
  options.messages = 1;
  const auto corpus = *Corpus::build(options);
  std::set<std::string> calls;
  std::array<std::uint8_t, 2048> out{};
  for (std::uint32_t sequence = 0; sequence < 1000; ++sequence) {
    const auto length = corpus.write(0, {1, sequence, 0}, 0, out.data());
    const auto message = std::make_unique<sip::Message>();
    const std::string_view text(reinterpret_cast<const char*>(out.data()) + 42, length - 42);
    ASSERT_EQ(sip::scan(text, *message), sip::Fault::kNone);
    calls.insert(std::string(message->value(*message->find(sip::HeaderId::kCallId))));
  }
  EXPECT_EQ(calls.size(), 1000U);
}

TEST(Corpus, LargeInviteIsCutIntoTwoFragmentsWithOneId) {
  auto options = options_of(Profile::kFragments);
  options.messages = 1;
  const auto corpus = *Corpus::build(options);
  ASSERT_EQ(corpus.size(), 2U);
  std::array<std::uint8_t, 2048> first{};
  std::array<std::uint8_t, 2048> second{};
  corpus.write(0, {}, 5, first.data());
  corpus.write(1, {}, 5, second.data());
  EXPECT_EQ(load_be16(&first[18]), load_be16(&second[18]));
  EXPECT_EQ(load_be16(&first[20]), 0x2000);
  EXPECT_EQ(load_be16(&second[20]), 1480 / 8);
}

TEST(Corpus, FragmentsOfTwoRoundsHaveDifferentIdsAndRightHeaderChecksums) {
  const auto corpus = *Corpus::build(options_of(Profile::kFragmentFlood));
  EXPECT_EQ(corpus.size(), 300U);
  std::array<std::uint8_t, 2048> out{};
  std::set<std::uint16_t> ids;
  for (std::uint16_t round = 0; round < 3; ++round) {
    const auto length = corpus.write(0, {}, round, out.data());
    net::FrameView view;
    net::parse_frame(ByteSpan(out.data(), length), view);
    EXPECT_EQ(view.kind, net::FrameKind::kFragment);
    ids.insert(load_be16(&out[18]));
  }
  EXPECT_EQ(ids.size(), 3U);
}

TEST(Corpus, RefusesAnIpv6Service) {
  auto options = options_of(Profile::kInvite);
  options.service = *Endpoint::parse("[2001:db8::1]:5060");
  EXPECT_FALSE(Corpus::build(options));
}

TEST(Weights, RefuseAnUnknownMethod) { EXPECT_FALSE(parse_weights("INVIT=1")); }
TEST(Weights, RefuseASumOfZero) { EXPECT_FALSE(parse_weights("INVITE=0")); }
TEST(Weights, RefuseAMissingNumber) { EXPECT_FALSE(parse_weights("INVITE")); }

}  // namespace
}  // namespace dialplane::gen
