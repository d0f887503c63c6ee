// SPDX-License-Identifier: Apache-2.0
// dp, the encrypted and authenticated parameter of our Record-Route and Path URIs. Any thread; no allocation.
#include "digest.hpp"

#include "dialplane/base/bytes.hpp"
#include "dialplane/base/text.hpp"
#include "dialplane/sip/token_digests.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <span>

namespace dialplane::sip {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kMacAt = 2;
constexpr std::size_t kPlainAt = 10;
constexpr std::size_t kMaxPlain = 1 + 4 + (1 + 4 + 2 + 16) + (4 + 4);
constexpr std::size_t kMaxToken = kPlainAt + kMaxPlain;
static_assert((kMaxToken + 4) / 5 * 8 <= kMaxRouteTokenText);

constexpr std::uint8_t kPair = 0x01;
constexpr std::uint8_t kHasBackend = 0x02;
constexpr std::uint8_t kHasFlow = 0x04;
constexpr std::uint8_t kFlowIsV6 = 0x08;
constexpr std::uint8_t kAllFlags = kPair | kHasBackend | kHasFlow | kFlowIsV6;

/// The body length that the flags and the type ask for; 0 for flags that no writer sets.
std::size_t plain_length(RouteToken::Type type, std::uint8_t flags) noexcept {
  const bool flow = (flags & kHasFlow) != 0;
  const bool v6 = (flags & kFlowIsV6) != 0;
  if ((flags & ~kAllFlags) != 0 || (v6 && !flow)) return 0;
  return 1U + ((flags & kHasBackend) != 0 ? 4U : 0U) + (flow ? 7U + (v6 ? 16U : 4U) : 0U) +
         (type == RouteToken::Type::kPath ? 8U : 0U);
}

/// Appends big-endian numbers and bytes.
class Writer {
 public:
  explicit Writer(std::uint8_t* out) noexcept : at_(out) {}
  void u8(std::uint8_t v) noexcept { *at_++ = v; }
  void u16(std::uint16_t v) noexcept {
    store_be16(at_, v);
    at_ += 2;
  }
  void u32(std::uint32_t v) noexcept {
    store_be32(at_, v);
    at_ += 4;
  }
  void bytes(const std::uint8_t* data, std::size_t size) noexcept { at_ = std::copy_n(data, size, at_); }
  [[nodiscard]] std::uint8_t* at() const noexcept { return at_; }

 private:
  std::uint8_t* at_;
};

std::uint8_t flags_of(const RouteToken& token) noexcept {
  const bool v6 = token.flow && token.flow->client.ip.is_v6();
  return static_cast<std::uint8_t>((token.pair ? kPair : 0) | (token.has_backend ? kHasBackend : 0) |
                                   (token.flow ? kHasFlow : 0) | (v6 ? kFlowIsV6 : 0));
}

std::size_t write_plain(std::uint8_t* out, const RouteToken& token) noexcept {
  Writer writer(out);
  const auto flags = flags_of(token);
  const bool v6 = (flags & kFlowIsV6) != 0;
  writer.u8(flags);
  if (token.has_backend) writer.u32(token.backend.value);
  if (token.flow) {
    writer.u8(token.flow->transport);
    writer.u32(token.flow->listener.value);
    writer.u16(token.flow->client.port);
    writer.bytes(token.flow->client.ip.bytes().data(), v6 ? 16 : 4);
  }
  if (token.type == RouteToken::Type::kPath) {
    writer.u32(token.bound_to.value);
    writer.u32(token.issued_at);
  }
  return static_cast<std::size_t>(writer.at() - out);
}

RouteToken read_plain(RouteToken::Type type, const std::uint8_t* in) noexcept {
  RouteToken token;
  const auto flags = *in++;
  token.type = type;
  token.pair = (flags & kPair) != 0;
  token.has_backend = (flags & kHasBackend) != 0;
  if (token.has_backend) {
    token.backend = BackendId{load_be32(in)};
    in += 4;
  }
  if ((flags & kHasFlow) != 0) {
    Flow flow;
    flow.transport = in[0];
    flow.listener = ListenerId{load_be32(in + 1)};
    flow.client.port = load_be16(in + 5);
    in += 7;
    if ((flags & kFlowIsV6) != 0) {
      std::array<std::uint8_t, 16> bytes;
      std::copy_n(in, bytes.size(), bytes.begin());
      flow.client.ip = IpAddress::v6(bytes);
      in += bytes.size();
    } else {
      flow.client.ip = IpAddress::v4(load_be32(in));
      in += 4;
    }
    token.flow = flow;
  }
  if (type == RouteToken::Type::kPath) {
    token.bound_to = ListenerId{load_be32(in)};
    token.issued_at = load_be32(in + 4);
  }
  return token;
}

}  // namespace

void RouteTokenSeal::begin(const RouteToken& token) noexcept {
  static_assert(kMaxPlain <= sizeof body_);
  body_ = {};
  head_ = static_cast<std::uint8_t>((kVersion << 4) | static_cast<std::uint8_t>(token.type));
  if (!token.flow && token.type == RouteToken::Type::kRecordRoute) [[likely]] {
    // As one word: it is read as one soon, and bytes stored one by one would have to reach the cache before.
    body_[0] = flags_of(token);
    if (token.has_backend) body_[0] |= std::uint64_t{__builtin_bswap32(token.backend.value)} << 8;
    length_ = token.has_backend ? 5 : 1;
    return;
  }
  length_ = static_cast<std::uint8_t>(write_plain(reinterpret_cast<std::uint8_t*>(body_.data()), token));
}

void RouteTokenSeal::add_mac(SipHash24Lanes& lanes, const TokenKey& key, std::uint64_t seal) noexcept {
  const bool is_bound = (head_ & 0x0f) == static_cast<std::uint8_t>(RouteToken::Type::kRecordRoute);
  auto text = lanes.open(key.mac, mac_);
  text.word(is_bound ? seal : 0);
  for (std::size_t i = 0; 8 * i < length_; ++i) text.word(body_[i]);
  text.close(std::uint64_t{head_} | std::uint64_t{length_} << 8, 2);
}

// The MAC is also the nonce of the cipher, so that equal tokens are equal bytes and different ones never share a key
// stream.
void RouteTokenSeal::add_stream(SipHash24Lanes& lanes, const TokenKey& key) noexcept {
  for (std::size_t i = 0; 8 * i < length_; ++i) {
    auto text = lanes.open(key.cipher, stream_[i]);
    text.word(mac_);
    text.close(i, 1);
  }
}

std::size_t RouteTokenSeal::write(char* out, const TokenKey& key) const noexcept {
  std::array<std::uint8_t, 64> bytes;
  static_assert(kMaxToken <= 3 * 15 + 1 && (kMaxToken + 14) / 15 * 24 <= kMaxRouteTokenText);
  // The first block by one store, because it is read by one load.
  const auto mac = __builtin_bswap64(mac_);
  const std::size_t in_block = std::min<std::size_t>(length_, 15 - kPlainAt);
  const auto sealed = (body_[0] ^ stream_[0]) & ((std::uint64_t{1} << (8 * in_block)) - 1);
  const auto first = std::uint64_t{head_} | std::uint64_t{key.id} << 8 | mac << 16;
  const __m128i block = _mm_set_epi64x(static_cast<long long>(mac >> 48 | sealed << 16), static_cast<long long>(first));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes.data()), block);
  if (length_ != in_block) {
    for (std::size_t i = 0; 8 * i < length_; ++i) {
      const auto more = body_[i] ^ stream_[i];
      std::memcpy(bytes.data() + kPlainAt + 8 * i, &more, sizeof more);
    }
    // The stream goes on behind the body, where the text needs zeros.
    std::memset(bytes.data() + kPlainAt + length_, 0, 4);
  }
  return write_base32_blocks(out, bytes.data(), kPlainAt + length_);
}

void RouteTokenSeal::take(std::span<const std::uint8_t> bytes) noexcept {
  body_ = {};
  head_ = bytes[0];
  length_ = static_cast<std::uint8_t>(bytes.size() - kPlainAt);
  mac_ = load_be64(bytes.data() + kMacAt);
  std::memcpy(body_.data(), bytes.data() + kPlainAt, length_);
}

void RouteTokenSeal::unmask() noexcept {
  for (std::size_t i = 0; 8 * i < length_; ++i) body_[i] ^= stream_[i];
  // Behind the body the stream has left what must be zero again.
  const std::size_t rest = length_ % 8;
  if (rest != 0) body_[length_ / 8] &= ~std::uint64_t{0} >> (64 - 8 * rest);
}

bool RouteTokenClaim::add_stream(SipHash24Lanes& lanes, std::string_view text, const Keyring& keys) noexcept {
  std::array<std::uint8_t, kMaxToken> bytes;
  const auto length = parse_base32(text, bytes.data(), bytes.size());
  if (!length || *length <= kPlainAt || bytes[0] >> 4 != kVersion) return false;
  const auto type = static_cast<RouteToken::Type>(bytes[0] & 0x0f);
  if (type != RouteToken::Type::kRecordRoute && type != RouteToken::Type::kPath) return false;
  key_ = keys.find_token_key(bytes[1]);
  if (key_ == nullptr) return false;
  sealed_.take(std::span(bytes).first(*length));
  claimed_ = sealed_.mac();
  sealed_.add_stream(lanes, *key_);
  return true;
}

void RouteTokenClaim::add_mac(SipHash24Lanes& lanes, const Keyring& keys, std::string_view call_id,
                              std::optional<std::uint64_t> seal) noexcept {
  sealed_.unmask();
  sealed_.add_mac(lanes, *key_, seal_for(keys, *key_, call_id, seal));
}

std::optional<RouteToken> RouteTokenClaim::check() const noexcept {
  if (!same_digest(claimed_, sealed_.mac())) return std::nullopt;
  const auto plain = sealed_.body();
  const auto type = sealed_.type();
  if (plain.size() != plain_length(type, plain[0])) return std::nullopt;
  return read_plain(type, plain.data());
}

std::size_t write_route_token(char* out, const Keyring& keys, const RouteToken& token,
                              std::string_view call_id) noexcept {
  const auto& key = keys.tokens[0];
  RouteTokenSeal sealed;
  sealed.begin(token);
  SipHash24Lanes lanes(lanes_kernel<2, 4>(SimdLevel::kFloor));
  sealed.add_mac(lanes, key, seal_call_id(key, call_id));
  lanes.run();
  sealed.add_stream(lanes, key);
  lanes.run();
  return sealed.write(out, key);
}

std::optional<RouteToken> read_route_token(std::string_view text, const Keyring& keys, std::string_view call_id,
                                           std::optional<std::uint64_t> seal) noexcept {
  SipHash24Lanes lanes(lanes_kernel<2, 4>(SimdLevel::kFloor));
  RouteTokenClaim claim;
  if (!claim.add_stream(lanes, text, keys)) return std::nullopt;
  lanes.run();
  claim.add_mac(lanes, keys, call_id, seal);
  lanes.run();
  return claim.check();
}

}  // namespace dialplane::sip
