// SPDX-License-Identifier: Apache-2.0
// Fuzz target: classify_stun() and write_stun_answer(). A reader that cuts the datagram attribute by attribute comes to
// the same kind; an answer keeps the transaction, stays within its bound, names the source or what was unknown, and is
// never answered itself. One thread.
#include "target.hpp"

#include "dialplane/net/stun.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dialplane::fuzz {
namespace {

using net::StunKind;

constexpr std::size_t kHeader = 20;

unsigned number(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]) * 256U + static_cast<unsigned char>(text[at + 1]);
}

struct Attribute {
  unsigned type;
  std::string_view value;
};

/// The attributes behind the header; nullopt if one does not fit.
std::optional<std::vector<Attribute>> attributes_of(std::string_view datagram) {
  std::vector<Attribute> found;
  for (auto rest = datagram.substr(kHeader); !rest.empty();) {
    if (rest.size() < 4) return std::nullopt;
    const std::size_t length = number(rest, 2);
    const auto whole = 4 + (length + 3) / 4 * 4;
    if (rest.size() < whole) return std::nullopt;
    found.push_back({number(rest, 0), rest.substr(4, length)});
    rest.remove_prefix(whole);
  }
  return found;
}

bool is_integrity(unsigned type) { return type == 0x0008 || type == 0x001c; }

/// RFC 8489 §18.3.1, all that must be understood.
bool is_known(unsigned type) {
  constexpr unsigned kKnown[] = {0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x0014,
                                 0x0015, 0x001c, 0x001d, 0x001e, 0x0020};
  return type >= 0x8000 || std::find(std::begin(kKnown), std::end(kKnown), type) != std::end(kKnown);
}

std::vector<unsigned> unknown_of(const std::vector<Attribute>& attributes) {
  std::vector<unsigned> unknown;
  for (const auto& attribute : attributes) {
    if (!is_known(attribute.type)) unknown.push_back(attribute.type);
    if (is_integrity(attribute.type)) break;
  }
  return unknown;
}

StunKind expected_kind(std::string_view datagram) {
  if (datagram.empty() || (datagram[0] != '\0' && datagram[0] != '\x01')) return StunKind::kNone;
  if (datagram.size() < kHeader || datagram.substr(4, 4) != "\x21\x12\xa4\x42") return StunKind::kMalformed;
  if (number(datagram, 2) != datagram.size() - kHeader || datagram.size() % 4 != 0) return StunKind::kMalformed;
  const auto attributes = attributes_of(datagram);
  if (!attributes) return StunKind::kMalformed;
  if (number(datagram, 0) == 0x0011) return StunKind::kIndication;
  if (number(datagram, 0) != 0x0001) return StunKind::kMalformed;
  return unknown_of(*attributes).empty() ? StunKind::kBinding : StunKind::kUnknownAttribute;
}

void check_success(const std::vector<Attribute>& attributes, std::string_view request, const Endpoint& source) {
  require(attributes.size() == 1 && attributes[0].type == 0x0020, "success names an address and no more");
  const auto value = attributes[0].value;
  require(value.size() == (source.ip.is_v4() ? 8U : 20U), "the address has the length of its family");
  require(value[1] == (source.ip.is_v4() ? 1 : 2), "the family is that of the source");
  require((number(value, 2) ^ 0x2112U) == source.port, "the port is that of the source");
  for (std::size_t i = 4; i < value.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(value[i] ^ request[i]);
    require(byte == source.ip.bytes()[i - 4], "the address is that of the source");
  }
}

void check_error(const std::vector<Attribute>& attributes, const std::vector<unsigned>& unknown) {
  require(attributes.size() == 2 && attributes[0].type == 0x0009, "an error code comes first");
  require(attributes[0].value == std::string_view("\0\0\4\24", 4), "the code is 420");
  require(attributes[1].type == 0x000a && attributes[1].value.size() == 2 * unknown.size(), "the unknown are listed");
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    require(number(attributes[1].value, 2 * i) == unknown[i], "every unknown attribute in order");
  }
}

ByteSpan bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

void check_answer(std::string_view request, StunKind kind, const Endpoint& source) {
  const std::string room(request.size() + net::kStunGrowth, '\0');
  ExactText out({room});
  const MutableBytes bytes{reinterpret_cast<std::uint8_t*>(&out[0]), room.size()};
  require(net::write_stun_answer(bytes.first(room.size() - 1), bytes_of(request), source) == 0, "no room, no answer");
  const auto length = net::write_stun_answer(bytes, bytes_of(request), source);
  require(length >= kHeader && length <= room.size(), "an answer stays within its bound");

  const auto answer = out.view().substr(0, length);
  require(answer.substr(4, 16) == request.substr(4, 16), "cookie and transaction id are the request's");
  require(number(answer, 2) == length - kHeader, "the length is that of the answer");
  const auto attributes = attributes_of(answer);
  require(attributes.has_value(), "the answer's attributes fit");
  const bool success = kind == StunKind::kBinding;
  require(number(answer, 0) == (success ? 0x0101U : 0x0111U), "success or error of Binding");
  if (success) {
    check_success(*attributes, request, source);
  } else {
    check_error(*attributes, unknown_of(*attributes_of(request)));
  }
  require(net::classify_stun(bytes_of(answer)) == StunKind::kMalformed, "an answer is never answered");
}

}  // namespace

void fuzz_stun(std::string_view input) {
  const auto kind = net::classify_stun(bytes_of(input));
  require(kind == expected_kind(input), "the kind is what cutting the datagram finds");
  if (kind != StunKind::kBinding && kind != StunKind::kUnknownAttribute) return;
  const auto port = static_cast<std::uint16_t>(digest(input));
  check_answer(input, kind, {*IpAddress::parse("192.0.2.77"), port});
  check_answer(input, kind, {*IpAddress::parse("2001:db8::77"), port});
}

}  // namespace dialplane::fuzz
