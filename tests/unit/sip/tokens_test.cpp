// SPDX-License-Identifier: Apache-2.0
// Branch, dps, dp, To tag and ids: the worked example of docs/wire-formats.md and what each token must refuse.
// Test thread.
#include "dialplane/sip/tokens.hpp"

#include "messages.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <numeric>
#include <set>

namespace dialplane::sip {
namespace {

Secret secret_from(std::uint8_t first) {
  Secret secret;
  std::iota(secret.begin(), secret.end(), first);
  return secret;
}

/// The keys of the worked example: placement secret 00…1f, token secret 20…3f.
Keyring example_keys() { return Keyring::derive(secret_from(0x00), std::array<Secret, 1>{secret_from(0x20)}); }

std::string example_request() {
  auto text = with(invite(), "192.0.2.77:5070;branch=z9hG4bKabc;rport", "10.1.1.5:5060;branch=z9hG4bKabc;rport");
  return with(text, "7f3@192.0.2.77", "7f3@10.1.1.5");
}

std::string upper(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::toupper(c));
  return text;
}

std::string branch_of(const Keyring& keys, const Parsed& p) {
  std::array<char, kBranchLength> out;
  write_branch(out.data(), keys, p.message, p.facts);
  return {out.data(), out.size()};
}
std::string branch_of(std::string_view datagram) { return branch_of(example_keys(), Parsed(datagram)); }

std::string to_tag_of(const Keyring& keys, const Parsed& p) {
  std::array<char, kToTagLength> out;
  write_to_tag(out.data(), keys, p.facts);
  return {out.data(), out.size()};
}

std::string dp_of(const Keyring& keys, const RouteToken& token, std::string_view call_id) {
  std::array<char, kMaxRouteTokenText> out;
  return {out.data(), write_route_token(out.data(), keys, token, call_id)};
}

RouteToken example_rr() {
  RouteToken token;
  token.pair = true;
  token.has_backend = true;
  token.backend = make_backend_id("10.0.0.11:5060");
  token.flow = Flow{.client = *Endpoint::parse("192.0.2.77:40000"),
                    .listener = make_listener_id("udp:198.51.100.10:5060"),
                    .transport = 0};
  return token;
}

RouteToken example_path() {
  auto token = example_rr();
  token.type = RouteToken::Type::kPath;
  token.pair = false;
  token.flow->client = *Endpoint::parse("[2001:db8::9]:5070");
  token.bound_to = token.flow->listener;
  token.issued_at = 0x00680000;
  return token;
}

ResponseRoute example_route() {
  return {
      .sent_by_host = "10.1.1.5", .sent_by_port = 5060, .received = *IpAddress::parse("192.0.2.77"), .rport = 40000};
}

std::string dps_of(const Keyring& keys, std::string_view branch, const ResponseRoute& route) {
  std::array<char, kMaxDpsText> out;
  return {out.data(), write_dps(out.data(), keys, make_node_id("lb1"), make_listener_id("udp:198.51.100.10:5060"),
                                branch, "7f3@10.1.1.5", route)};
}

constexpr std::string_view kExampleBranch = "z9hG4bKdf1daf379cf185512";

TEST(KnownAnswers, Keys) {
  const auto keys = example_keys();
  EXPECT_EQ(keys.call_id, (SipKey{0xcdf490a4d096794d, 0x940cda646c2934e8}));
  EXPECT_EQ(keys.slots, (SipKey{0x83d17c2025e1f5b3, 0x6b4e35702d9af95d}));
  EXPECT_EQ(keys.branch, (SipKey{0x52139cf5a54fc478, 0xfaa48d5314b0b663}));
  ASSERT_EQ(keys.token_count, 1U);
  EXPECT_EQ(keys.tokens[0].id, 0x42);
  EXPECT_EQ(keys.tokens[0].mac, (SipKey{0x8d50447f238006d3, 0xee2ca8fdba7dc948}));
  EXPECT_EQ(keys.tokens[0].cipher, (SipKey{0xa096f10347ad4a1c, 0xe2d9472159d0b1bb}));
  EXPECT_EQ(keys.tokens[0].call_id, (SipKey{0x3682b8c4fe2d674b, 0xf874bb0dcd2bc2c6}));
}

TEST(KnownAnswers, Ids) {
  EXPECT_EQ(make_backend_id("10.0.0.11:5060").value, 0xdbcc7de1);
  EXPECT_EQ(make_listener_id("UDP:198.51.100.10:5060").value, 0x59dd5b91U);
  EXPECT_EQ(make_node_id("LB1").value, 0x088d);
}

TEST(KnownAnswers, Branch) {
  EXPECT_EQ(branch_of(example_request()), kExampleBranch);
  EXPECT_EQ(branch_of(with(example_request(), ";branch=z9hG4bKabc;rport", "")), "z9hG4bKd5f17133904d57aa2");
}

TEST(KnownAnswers, Dps) {
  EXPECT_EQ(dps_of(example_keys(), kExampleBranch, example_route()), "242088d59dd5b91edfdf0fa77b7151f");
}

TEST(KnownAnswers, ToTag) { EXPECT_EQ(to_tag_of(example_keys(), Parsed(example_request())), "d2424f1c8fc2c2ef277a"); }

TEST(KnownAnswers, RouteTokens) {
  const auto keys = example_keys();
  EXPECT_EQ(dp_of(keys, example_rr(), "7f3@10.1.1.5"), "efbpa6zm4szffhc2jxkd4tl6nf4slcbsbcrrdmfeam");
  EXPECT_EQ(dp_of(keys, example_path(), ""),
            "ejbpkzjorab5n7m3jytzik7a3qk2ixb3pdq6fkvopjqbc52mov37cuieou5siak6t4k57qnyge");
  RouteToken backend_only;
  backend_only.has_backend = true;
  backend_only.backend = make_backend_id("10.0.0.11:5060");
  EXPECT_EQ(dp_of(keys, backend_only, "7f3@10.1.1.5"), "efbpvqj23t347hci4ps4pyiz");
}

TEST(Keys, EveryDerivedKeyDependsOnBothHalves) {
  auto changed = secret_from(0x00);
  changed[31] ^= 1;
  const auto a = Keyring::derive(secret_from(0x00), {});
  const auto b = Keyring::derive(changed, {});
  EXPECT_NE(a.call_id, b.call_id);
  EXPECT_NE(a.slots, b.slots);
  EXPECT_NE(a.branch, b.branch);
  EXPECT_NE(a.call_id, a.slots);
  EXPECT_NE(a.call_id, a.branch);
}

TEST(Keys, EqualHalvesDoNotCancel) {
  Secret repeated{};
  repeated.fill(0x5a);
  const auto keys = Keyring::derive(repeated, {});
  EXPECT_NE(keys.call_id, SipKey{});
  EXPECT_NE(keys.call_id, Keyring::derive(Secret{}, {}).call_id);
}

TEST(Branch, IsEqualInRetransmissionCancelAndAck) {
  const auto cancel = with(with(example_request(), "INVITE sip", "CANCEL sip"), "1 INVITE", "1 CANCEL");
  const auto ack = with(with(with(example_request(), "INVITE sip", "ACK sip"), "1 INVITE", "1 ACK"),
                        "To: <sip:bob@example.com>", "To: <sip:bob@example.com>;tag=other");
  const auto rebound = with(example_request(), ";rport", ";rport=40001;received=192.0.2.78");
  for (const auto& base : {std::string_view{}, std::string_view{";branch=z9hG4bKabc"}}) {
    const auto strip = [&](const std::string& text) { return base.empty() ? text : with(text, base, ""); };
    const auto branch = branch_of(strip(example_request()));
    EXPECT_EQ(branch_of(strip(cancel)), branch);
    EXPECT_EQ(branch_of(strip(ack)), branch);
  }
  EXPECT_EQ(branch_of(rebound), kExampleBranch);
}

TEST(Branch, WithoutMagicIgnoresReceivedAndRportWhereverTheyStand) {
  const auto plain = with(example_request(), ";branch=z9hG4bKabc;rport", ";ttl=1;x=y");
  const auto branch = branch_of(plain);
  EXPECT_EQ(branch_of(with(plain, ";ttl=1;x=y", ";received=192.0.2.1;ttl=1;rport=7;x=y")), branch);
  EXPECT_EQ(branch_of(with(plain, ";ttl=1;x=y", ";ttl=1;rport;x=y;received=192.0.2.1")), branch);
  EXPECT_NE(branch_of(with(plain, ";ttl=1;x=y", ";ttl=2;x=y")), branch);
}

TEST(Branch, DiffersByEveryFieldThatTellsTransactionsApart) {
  std::set<std::string> branches{branch_of(example_request())};
  for (const auto& [from, to] : {std::pair{"z9hG4bKabc", "z9hG4bKabd"}, std::pair{"10.1.1.5:5060;", "10.1.1.6:5060;"},
                                 std::pair{"5060;", "5061;"}, std::pair{"7f3@", "7F3@"}, std::pair{"tag=a1", "tag=a2"},
                                 std::pair{"1 INVITE", "2 INVITE"}}) {
    EXPECT_TRUE(branches.insert(branch_of(with(example_request(), from, to))).second) << to;
  }
}

TEST(Branch, FoldsTheCaseOfTokens) {
  EXPECT_EQ(branch_of(with(example_request(), "z9hG4bKabc", "Z9HG4BKABC")), kExampleBranch);
}

TEST(Dps, ReadsWhatWasWrittenInAnyCase) {
  const auto keys = example_keys();
  const auto text = dps_of(keys, kExampleBranch, example_route());
  for (const auto& spelled : {text, upper(text)}) {
    const auto dps = read_dps(spelled, keys, upper(std::string(kExampleBranch)), "7f3@10.1.1.5", example_route());
    ASSERT_TRUE(dps);
    EXPECT_EQ(dps->node, make_node_id("lb1"));
    EXPECT_EQ(dps->came_to, make_listener_id("udp:198.51.100.10:5060"));
  }
}

TEST(Dps, RefusesEveryOtherRoute) {
  const auto keys = example_keys();
  const auto text = dps_of(keys, kExampleBranch, example_route());
  const auto reads = [&](const ResponseRoute& route) {
    return read_dps(text, keys, kExampleBranch, "7f3@10.1.1.5", route).has_value();
  };
  auto route = example_route();
  route.sent_by_host = "10.1.1.6";
  EXPECT_FALSE(reads(route));
  route.sent_by_host = "ten.example";
  EXPECT_FALSE(reads(route));
  route = example_route();
  route.sent_by_port = 5061;
  EXPECT_FALSE(reads(route));
  route = example_route();
  route.received = *IpAddress::parse("192.0.2.78");
  EXPECT_FALSE(reads(route));
  route.received = IpAddress{};
  EXPECT_FALSE(reads(route));
  route = example_route();
  route.rport = 0;
  EXPECT_FALSE(reads(route));
  route = example_route();
  route.sent_by_port = 0;
  EXPECT_TRUE(reads(route));
}

TEST(Dps, NamesHaveNoCaseAndAddressesNoSpelling) {
  const auto keys = example_keys();
  auto route = example_route();
  route.sent_by_host = "Host1.Example.com";
  auto text = dps_of(keys, kExampleBranch, route);
  route.sent_by_host = "host1.example.com";
  EXPECT_TRUE(read_dps(text, keys, kExampleBranch, "7f3@10.1.1.5", route));
  route.sent_by_host = "[2001:DB8:0::1]";
  text = dps_of(keys, kExampleBranch, route);
  route.sent_by_host = "[2001:db8::1]";
  EXPECT_TRUE(read_dps(text, keys, kExampleBranch, "7f3@10.1.1.5", route));
}

TEST(Dps, RefusesOtherBranchCallIdAndEveryChangedCharacter) {
  const auto keys = example_keys();
  const auto text = dps_of(keys, kExampleBranch, example_route());
  EXPECT_FALSE(read_dps(text, keys, "z9hG4bKdf1daf379cf185513", "7f3@10.1.1.5", example_route()));
  EXPECT_FALSE(read_dps(text, keys, kExampleBranch, "7F3@10.1.1.5", example_route()));
  EXPECT_FALSE(read_dps(text.substr(1), keys, kExampleBranch, "7f3@10.1.1.5", example_route()));
  EXPECT_FALSE(read_dps(text + "0", keys, kExampleBranch, "7f3@10.1.1.5", example_route()));
  EXPECT_FALSE(read_dps("", keys, kExampleBranch, "7f3@10.1.1.5", example_route()));
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto forged = text;
    forged[i] = forged[i] == '3' ? '4' : '3';
    EXPECT_FALSE(read_dps(forged, keys, kExampleBranch, "7f3@10.1.1.5", example_route())) << i;
  }
}

TEST(RouteToken, ReadsWhatWasWrittenInAnyCase) {
  const auto keys = example_keys();
  const auto text = dp_of(keys, example_rr(), "c1");
  for (const auto& spelled : {text, upper(text)}) {
    const auto token = read_route_token(spelled, keys, "c1");
    ASSERT_TRUE(token);
    EXPECT_EQ(token->type, RouteToken::Type::kRecordRoute);
    EXPECT_TRUE(token->pair);
    EXPECT_TRUE(token->has_backend);
    EXPECT_EQ(token->backend, example_rr().backend);
    ASSERT_TRUE(token->flow);
    EXPECT_EQ(token->flow->client, example_rr().flow->client);
    EXPECT_EQ(token->flow->listener, example_rr().flow->listener);
  }
}

TEST(RouteToken, PathCarriesListenerAndTimeAndNoCallId) {
  const auto keys = example_keys();
  const auto text = dp_of(keys, example_path(), "one");
  EXPECT_EQ(text, dp_of(keys, example_path(), "another"));
  const auto token = read_route_token(text, keys, "a third");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->type, RouteToken::Type::kPath);
  EXPECT_EQ(token->bound_to, example_path().bound_to);
  EXPECT_EQ(token->issued_at, 0x00680000U);
  ASSERT_TRUE(token->flow);
  EXPECT_EQ(token->flow->client, example_path().flow->client);
}

TEST(RouteToken, RefusesAnotherCallId) {
  const auto keys = example_keys();
  EXPECT_FALSE(read_route_token(dp_of(keys, example_rr(), "c1"), keys, "C1"));
}

TEST(RouteToken, RefusesEveryChangedCharacterAndLength) {
  const auto keys = example_keys();
  for (const auto& token : {example_rr(), example_path(), RouteToken{}}) {
    const auto text = dp_of(keys, token, "c1");
    ASSERT_TRUE(read_route_token(text, keys, "c1"));
    for (std::size_t i = 0; i < text.size(); ++i) {
      auto forged = text;
      forged[i] = forged[i] == 'b' ? 'c' : 'b';
      EXPECT_FALSE(read_route_token(forged, keys, "c1")) << i;
      EXPECT_FALSE(read_route_token(std::string_view(text).substr(0, i), keys, "c1")) << i;
    }
    EXPECT_FALSE(read_route_token(text + "a", keys, "c1"));
    EXPECT_FALSE(read_route_token(text + "aaaaaaaa", keys, "c1"));
  }
  EXPECT_FALSE(read_route_token(std::string(500, 'a'), keys, "c1"));
}

TEST(RouteToken, HidesTheBackend) {
  const auto keys = example_keys();
  auto other = example_rr();
  other.backend = make_backend_id("10.0.0.12:5060");
  const auto a = dp_of(keys, example_rr(), "c1");
  const auto b = dp_of(keys, other, "c1");
  EXPECT_EQ(a.size(), b.size());
  EXPECT_NE(a.substr(4, 12), b.substr(4, 12));
  EXPECT_NE(a.substr(16), b.substr(16));
}

TEST(ToTag, KnowsItsOwnAck) {
  const auto keys = example_keys();
  const auto tag = to_tag_of(keys, Parsed(example_request()));
  const auto ack_with = [](const std::string& to_tag) {
    return with(with(with(example_request(), "INVITE sip", "ACK sip"), "1 INVITE", "1 ACK"),
                "To: <sip:bob@example.com>", "To: <sip:bob@example.com>;tag=" + to_tag);
  };
  EXPECT_TRUE(is_own_to_tag(keys, Parsed(ack_with(tag)).facts));
  EXPECT_TRUE(is_own_to_tag(keys, Parsed(ack_with(upper(tag))).facts));
  for (std::size_t i = 0; i < tag.size(); ++i) {
    auto forged = tag;
    forged[i] = forged[i] == '3' ? '4' : '3';
    EXPECT_FALSE(is_own_to_tag(keys, Parsed(ack_with(forged)).facts)) << i;
  }
  EXPECT_FALSE(is_own_to_tag(keys, Parsed(with(ack_with(tag), "z9hG4bKabc", "z9hG4bKabd")).facts));
  EXPECT_FALSE(is_own_to_tag(keys, Parsed(with(ack_with(tag), "1 ACK", "2 ACK")).facts));
  EXPECT_FALSE(is_own_to_tag(keys, Parsed(example_request()).facts));
}

TEST(KeyRotation, TheFirstKeySignsAndAllVerify) {
  const auto before = Keyring::derive(secret_from(0x00), std::array<Secret, 1>{secret_from(0x20)});
  const auto during = Keyring::derive(secret_from(0x00), std::array{secret_from(0x60), secret_from(0x20)});
  const auto after = Keyring::derive(secret_from(0x00), std::array<Secret, 1>{secret_from(0x60)});
  ASSERT_NE(before.tokens[0].id, after.tokens[0].id);
  const auto old_dp = dp_of(before, example_rr(), "c1");
  const auto old_dps = dps_of(before, kExampleBranch, example_route());
  EXPECT_TRUE(read_route_token(old_dp, during, "c1"));
  EXPECT_TRUE(read_dps(old_dps, during, kExampleBranch, "7f3@10.1.1.5", example_route()));
  EXPECT_FALSE(read_route_token(old_dp, after, "c1"));
  EXPECT_FALSE(read_dps(old_dps, after, kExampleBranch, "7f3@10.1.1.5", example_route()));
  EXPECT_EQ(dp_of(during, example_rr(), "c1"), dp_of(after, example_rr(), "c1"));
  EXPECT_EQ(branch_of(before, Parsed(example_request())), branch_of(after, Parsed(example_request())));
}

TEST(Ids, KindsDoNotShareValues) {
  EXPECT_NE(make_backend_id("10.0.0.1:5060").value, make_listener_id("10.0.0.1:5060").value);
  EXPECT_NE(make_backend_id("10.0.0.1:5060"), make_backend_id("10.0.0.2:5060"));
}

}  // namespace
}  // namespace dialplane::sip
