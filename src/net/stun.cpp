// SPDX-License-Identifier: Apache-2.0
// STUN Binding requests and their answers. Any thread; no allocation.
#include "dialplane/net/stun.hpp"

#include <algorithm>
#include <array>

namespace dialplane::net {
namespace {

constexpr std::size_t kHeader = 20;
constexpr std::size_t kAttributeHeader = 4;
constexpr std::size_t kCookieOffset = 4;
constexpr std::uint32_t kMagicCookie = 0x2112a442;

constexpr std::uint16_t kBindingRequest = 0x0001;
constexpr std::uint16_t kBindingIndication = 0x0011;
constexpr std::uint16_t kBindingSuccess = 0x0101;
constexpr std::uint16_t kBindingError = 0x0111;

constexpr std::uint16_t kErrorCode = 0x0009;
constexpr std::uint16_t kUnknownAttributes = 0x000a;
constexpr std::uint16_t kXorMappedAddress = 0x0020;
constexpr std::uint16_t kMessageIntegrity = 0x0008;
constexpr std::uint16_t kMessageIntegritySha256 = 0x001c;
/// From here on attributes may be ignored by whoever does not know them.
constexpr std::uint16_t kFirstOptional = 0x8000;

constexpr std::uint8_t kFamilyV4 = 1;
constexpr std::uint8_t kFamilyV6 = 2;

/// Attributes of RFC 8489 that must be understood. Where they mean nothing they are ignored (§6.3.1).
constexpr std::array<std::uint16_t, 11> kUnderstood{
    0x0001, 0x0006, kMessageIntegrity, kErrorCode, kUnknownAttributes, 0x0014, 0x0015, kMessageIntegritySha256,
    0x001d, 0x001e, kXorMappedAddress};

bool is_unknown(std::uint16_t type) noexcept {
  return type < kFirstOptional && std::ranges::find(kUnderstood, type) == kUnderstood.end();
}

constexpr std::size_t padded(std::size_t length) noexcept { return (length + 3) & ~std::size_t{3}; }

/// Calls `take` with the type of each attribute up to the message integrity, behind which nothing counts.
/// Errors: false if an attribute does not fit.
template <class Take>
bool for_each_attribute(ByteSpan message, Take&& take) noexcept {
  bool counts = true;
  std::size_t at = kHeader;
  while (at < message.size()) {
    if (message.size() - at < kAttributeHeader) return false;
    const auto type = load_be16(&message[at]);
    const auto taken = kAttributeHeader + padded(load_be16(&message[at + 2]));
    if (taken > message.size() - at) return false;
    if (counts) take(type);
    counts = counts && type != kMessageIntegrity && type != kMessageIntegritySha256;
    at += taken;
  }
  return true;
}

/// XOR-MAPPED-ADDRESS: the address under the cookie and the transaction id, so that no NAT on the way rewrites it.
std::size_t put_source(std::uint8_t* out, const std::uint8_t* header, const Endpoint& source) noexcept {
  const std::size_t length = source.ip.is_v4() ? 4 : 16;
  store_be16(out, kXorMappedAddress);
  store_be16(out + 2, static_cast<std::uint16_t>(4 + length));
  out[4] = 0;
  out[5] = source.ip.is_v4() ? kFamilyV4 : kFamilyV6;
  store_be16(out + 6, static_cast<std::uint16_t>(source.port ^ (kMagicCookie >> 16)));
  for (std::size_t i = 0; i < length; ++i) {
    out[8 + i] = static_cast<std::uint8_t>(source.ip.bytes()[i] ^ header[kCookieOffset + i]);
  }
  return 8 + length;
}

/// ERROR-CODE 420 without a phrase, which would make the answer outgrow its request, and UNKNOWN-ATTRIBUTES.
std::size_t put_unknown(std::uint8_t* out, ByteSpan request) noexcept {
  store_be16(out, kErrorCode);
  store_be16(out + 2, 4);
  store_be16(out + 4, 0);
  out[6] = 4;
  out[7] = 20;
  std::size_t at = 8 + kAttributeHeader;
  for_each_attribute(request, [&](std::uint16_t type) {
    if (!is_unknown(type)) return;
    store_be16(out + at, type);
    at += 2;
  });
  const auto listed = at - 8 - kAttributeHeader;
  store_be16(out + 8, kUnknownAttributes);
  store_be16(out + 10, static_cast<std::uint16_t>(listed));
  for (; at % 4 != 0; ++at) out[at] = 0;
  return at;
}

}  // namespace

StunKind classify_stun(ByteSpan datagram) noexcept {
  if (datagram.empty() || datagram[0] > 1) return StunKind::kNone;
  if (datagram.size() < kHeader || load_be32(&datagram[kCookieOffset]) != kMagicCookie) return StunKind::kMalformed;
  const std::size_t length = load_be16(&datagram[2]);
  if (length != datagram.size() - kHeader || length % 4 != 0) return StunKind::kMalformed;
  bool any_unknown = false;
  if (!for_each_attribute(datagram, [&](std::uint16_t type) { any_unknown = any_unknown || is_unknown(type); })) {
    return StunKind::kMalformed;
  }
  const auto type = load_be16(datagram.data());
  if (type == kBindingIndication) return StunKind::kIndication;
  if (type != kBindingRequest) return StunKind::kMalformed;
  return any_unknown ? StunKind::kUnknownAttribute : StunKind::kBinding;
}

std::size_t write_stun_answer(MutableBytes out, ByteSpan request, const Endpoint& source) noexcept {
  if (out.size() < request.size() + kStunGrowth) return 0;
  const bool success = classify_stun(request) == StunKind::kBinding;
  std::copy_n(request.begin(), kHeader, out.begin());
  const auto body = success ? put_source(&out[kHeader], request.data(), source) : put_unknown(&out[kHeader], request);
  store_be16(out.data(), success ? kBindingSuccess : kBindingError);
  store_be16(&out[2], static_cast<std::uint16_t>(body));
  return kHeader + body;
}

}  // namespace dialplane::net
