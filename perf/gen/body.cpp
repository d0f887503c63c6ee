// SPDX-License-Identifier: Apache-2.0
// SDP, XML and text bodies of the sizes met in the field, and headers around them.
#include "body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace dialplane::gen {
namespace {

using sip::Method;

std::string make_sdp(const IpAddress& host, Prng& random) {
  static constexpr std::array<std::string_view, 7> kCodecs{
      "8 PCMA/8000", "0 PCMU/8000", "9 G722/8000", "18 G729/8000", "97 iLBC/8000", "96 opus/48000/2", "100 speex/16000",
  };
  const auto codecs = random.between(1, kCodecs.size());
  const auto first = random.below(kCodecs.size());
  std::string list;
  std::string lines;
  for (std::uint32_t i = 0; i < codecs; ++i) {
    const auto codec = kCodecs[(first + i) % kCodecs.size()];
    list += fmt::format(" {}", codec.substr(0, codec.find(' ')));
    lines += fmt::format("a=rtpmap:{}\r\n", codec);
  }
  const auto address = host.to_string();
  return fmt::format(
      "v=0\r\no=- {} 1 IN IP4 {}\r\ns=-\r\nc=IN IP4 {}\r\nt=0 0\r\nm=audio {} RTP/AVP{} 101\r\n{}"
      "a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n",
      random.next() >> 33, address, address, 2 * random.between(5000, 32000), list, lines);
}

std::string make_presence(const std::string& host, Prng& random) {
  return fmt::format(
      "<?xml version=\"1.0\"?>\r\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:u{}@{}\">"
      "<tuple id=\"t{}\"><status><basic>{}</basic></status></tuple></presence>\r\n",
      random.below(100000), host, random.below(1000), random.chance(50) ? "open" : "closed");
}

std::string make_words(Prng& random) {
  static constexpr std::array<std::string_view, 8> kWords{"on",   "my",   "way",     "please",
                                                          "call", "back", "tonight", "thanks"};
  std::string text;
  for (auto left = random.between(3, 20); left > 0; --left) {
    text += kWords[random.below(kWords.size())];
    text += left > 1 ? " " : "\r\n";
  }
  return text;
}

}  // namespace

Body make_body(Method method, bool is_success_response, const IpAddress& host, Prng& random) {
  const auto name = host.to_string();
  if (is_success_response) {
    if (method == Method::kInvite || method == Method::kUpdate) return {"application/sdp", make_sdp(host, random)};
    return {};
  }
  switch (method) {
    case Method::kInvite:
      return {"application/sdp", make_sdp(host, random)};
    case Method::kUpdate:
    case Method::kPrack:
      if (random.chance(40)) return {"application/sdp", make_sdp(host, random)};
      return {};
    case Method::kInfo:
      return {"application/dtmf-relay", fmt::format("Signal={}\r\nDuration=160\r\n", random.below(10))};
    case Method::kNotify:
      if (random.chance(50)) return {"application/pidf+xml", make_presence(name, random)};
      return {"message/sipfrag;version=2.0", "SIP/2.0 200 OK\r\n"};
    case Method::kPublish:
      return {"application/pidf+xml", make_presence(name, random)};
    case Method::kMessage:
      return {"text/plain;charset=UTF-8", make_words(random)};
    default:
      return {};
  }
}

std::vector<NameValue> method_headers(Method method, std::uint32_t cseq, const std::string& host, Prng& random) {
  switch (method) {
    case Method::kRegister: {
      std::vector<NameValue> headers{{"Expires", std::to_string(random.chance(50) ? 3600 : 300)}};
      if (random.chance(60)) {
        headers.emplace_back(
            "Authorization",
            fmt::format("Digest username=\"u{}\", realm=\"{}\", nonce=\"{:016x}\", uri=\"sip:{}\", "
                        "response=\"{:016x}{:016x}\", algorithm=MD5",
                        random.below(100000), host, random.next(), host, random.next(), random.next()));
      }
      return headers;
    }
    case Method::kSubscribe:
      return {{"Event", random.chance(50) ? "presence" : "message-summary"}, {"Expires", "600"}};
    case Method::kNotify:
      return {{"Event", "presence"}, {"Subscription-State", fmt::format("active;expires={}", random.between(30, 600))}};
    case Method::kPublish:
      return {{"Event", "presence"}, {"Expires", "3600"}};
    case Method::kRefer:
      return {{"Refer-To", fmt::format("<sip:+4940{:07}@{}>", random.below(10000000), host)}};
    case Method::kPrack:
      return {{"RAck", fmt::format("{} {} INVITE", random.between(1, 9000), cseq)}};
    default:
      return {};
  }
}

std::vector<NameValue> optional_headers(const std::string& user, const std::string& host, Prng& random) {
  std::vector<NameValue> headers{
      {"Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, REFER, NOTIFY, MESSAGE"},
      {"Supported", "100rel, timer, replaces"},
      {"Session-Expires", "1800;refresher=uac"},
      {"Min-SE", "90"},
      {"P-Asserted-Identity", fmt::format("<sip:{}@{};user=phone>", user, host)},
      {"Privacy", "none"},
      {"P-Charging-Vector", fmt::format("icid-value={:016x};orig-ioi={}", random.next(), host)},
      {"Accept", "application/sdp, application/dtmf-relay"},
      {"Allow-Events", "presence, dialog, message-summary"},
      {"Date", "Sat, 13 Jun 2026 10:00:00 GMT"},
      {"P-Early-Media", "supported"},
      {"Accept-Language", "de, en;q=0.8"},
      {"Organization", "Example Telecom"},
      {"Diversion", fmt::format("<sip:+4930{:07}@{}>;reason=no-answer;counter=1", random.below(10000000), host)},
  };
  for (std::size_t left = headers.size(); left > 1; --left) {
    std::swap(headers[left - 1], headers[random.below(static_cast<std::uint32_t>(left))]);
  }
  return headers;
}

}  // namespace dialplane::gen
