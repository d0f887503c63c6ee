// SPDX-License-Identifier: Apache-2.0
// Probes as text, their answers, and ICMP errors as bytes.
#include "health/probe.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dialplane::control {
namespace {

const Endpoint kSource = *Endpoint::parse("10.0.0.2:5059");
const Endpoint kTarget = *Endpoint::parse("10.0.0.11:5060");

std::string answer_to(const ProbeId& id, const std::string& status_line) {
  return status_line + "\r\nVia: SIP/2.0/UDP 10.0.0.2:5059;branch=" + id.branch +
         ";rport=5059;received=10.0.0.2\r\nFrom: <sip:lb1@10.0.0.2:5059>;tag=" + id.tag +
         "\r\nTo: <sip:10.0.0.11:5060>;tag=x\r\nCall-ID: " + id.call_id +
         "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
}

TEST(Probe, IsAnOptionsWithAllThatIsRequired) {
  EXPECT_EQ(write_probe(make_probe_id("lb1", 1, 2, 3), "lb1", kSource, kTarget),
            "OPTIONS sip:10.0.0.11:5060 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 10.0.0.2:5059;branch=z9hG4bK-lb1-0000000000000001;rport\r\n"
            "Max-Forwards: 70\r\n"
            "From: <sip:lb1@10.0.0.2:5059>;tag=0000000000000003\r\n"
            "To: <sip:10.0.0.11:5060>\r\n"
            "Call-ID: 0000000000000002@lb1\r\n"
            "CSeq: 1 OPTIONS\r\n"
            "Contact: <sip:10.0.0.2:5059>\r\n"
            "Accept: application/sdp\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(Probe, NodesAndNumbersMakeDifferentOnes) {
  const auto one = make_probe_id("lb1", 1, 2, 3);
  EXPECT_NE(one.branch, make_probe_id("lb2", 1, 2, 3).branch);
  EXPECT_NE(one.call_id, make_probe_id("lb2", 1, 2, 3).call_id);
  EXPECT_NE(one.branch, make_probe_id("lb1", 4, 2, 3).branch);
}

TEST(Probe, ReadsAnAnswer) {
  const auto id = make_probe_id("lb1", 1, 2, 3);
  const auto text = answer_to(id, "SIP/2.0 404 Not Found");
  ProbeReader reader;
  const auto answer = reader.read(text);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->branch, id.branch);
  EXPECT_EQ(answer->call_id, id.call_id);
  EXPECT_EQ(answer->tag, id.tag);
}

TEST(Probe, RefusesWhatIsNoAnswerToIt) {
  const auto id = make_probe_id("lb1", 1, 2, 3);
  ProbeReader reader;
  EXPECT_FALSE(reader.read("").has_value());
  EXPECT_FALSE(reader.read(write_probe(id, "lb1", kSource, kTarget)).has_value()) << "a request";
  auto second_via = answer_to(id, "SIP/2.0 200 OK");
  second_via.insert(second_via.find("From:"), "Via: SIP/2.0/UDP 192.0.2.1\r\n");
  EXPECT_FALSE(reader.read(second_via).has_value());
  auto other_method = answer_to(id, "SIP/2.0 200 OK");
  other_method.replace(other_method.find("1 OPTIONS"), 9, "1 INVITE");
  EXPECT_FALSE(reader.read(other_method).has_value());
}

/// ICMP header and the quoted IPv4 and UDP headers.
std::vector<std::uint8_t> icmp4(std::uint8_t type, std::uint8_t code) {
  return {type, code, 0,    0,    0, 0,  0, 0,                                           // ICMP
          0x45, 0,    0,    60,   0, 1,  0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 11,  // IPv4
          0x13, 0xc3, 0x13, 0xc4, 0, 40, 0, 0};                                          // UDP
}

TEST(Unreachable, TellsWhichDatagram) {
  const auto quoted = read_unreachable(icmp4(3, 3), 0, false);
  ASSERT_TRUE(quoted.has_value());
  EXPECT_EQ(quoted->source.to_string(), "10.0.0.2:5059");
  EXPECT_EQ(quoted->destination.to_string(), "10.0.0.11:5060");
}

TEST(Unreachable, IgnoresOtherErrors) {
  EXPECT_FALSE(read_unreachable(icmp4(11, 0), 0, false).has_value()) << "time exceeded";
  EXPECT_FALSE(read_unreachable(icmp4(3, 4), 0, false).has_value()) << "fragmentation needed";
  EXPECT_FALSE(read_unreachable(icmp4(3, 3), 0, true).has_value()) << "not ICMPv6";
}

TEST(Unreachable, IgnoresWhatIsNoUdpDatagram) {
  auto tcp = icmp4(3, 3);
  tcp[8 + 9] = 6;
  EXPECT_FALSE(read_unreachable(tcp, 0, false).has_value());
  auto fragment = icmp4(3, 3);
  fragment[8 + 7] = 1;
  EXPECT_FALSE(read_unreachable(fragment, 0, false).has_value());
}

TEST(Unreachable, NeverReadsPastTheFrame) {
  const auto whole = icmp4(3, 3);
  for (std::size_t length = 0; length < 8 + 20 + 4; ++length) {
    // On the heap, so that a sanitizer sees one byte too far.
    const std::vector<std::uint8_t> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(read_unreachable(part, 0, false).has_value()) << length;
    EXPECT_FALSE(read_unreachable(part, 0, true).has_value()) << length;
  }
}

TEST(Unreachable, ReadsIpv6) {
  std::vector<std::uint8_t> bytes = {1, 4, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 8, 17, 64};
  for (const std::uint8_t last : {2, 11}) {
    bytes.insert(bytes.end(), {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    bytes.push_back(last);
  }
  bytes.insert(bytes.end(), {0x13, 0xc3, 0x13, 0xc4, 0, 8, 0, 0});
  const auto quoted = read_unreachable(bytes, 0, true);
  ASSERT_TRUE(quoted.has_value());
  EXPECT_EQ(quoted->source.to_string(), "[2001:db8::2]:5059");
  EXPECT_EQ(quoted->destination.to_string(), "[2001:db8::b]:5060");
}

}  // namespace
}  // namespace dialplane::control
