// SPDX-License-Identifier: Apache-2.0
// Address prefixes: strict reading and matching. Any thread; reading never allocates.
#include "dialplane/base/address.hpp"
#include "dialplane/base/text.hpp"

namespace dialplane {

namespace {

// A mapped prefix ::ffff:0:0/96 counts these bits before the IPv4 ones.
constexpr std::uint8_t kMappedBits = 96;

}  // namespace

std::optional<Prefix> Prefix::parse(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const auto ip = IpAddress::parse(address);
  if (!ip) return std::nullopt;
  const std::uint8_t host_length = ip->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return Prefix{*ip, host_length};
  const bool mapped = ip->is_v4() && address.find(':') != std::string_view::npos;
  const std::uint8_t extra = mapped ? kMappedBits : 0;
  const auto digits = cut(text, slash + 1);
  // No leading zero, as in addresses.
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  const auto length = parse_decimal(digits, std::uint64_t{host_length} + extra);
  if (!length || *length < extra) return std::nullopt;
  return Prefix{*ip, static_cast<std::uint8_t>(*length - extra)};
}

bool Prefix::contains(const IpAddress& address) const noexcept {
  if (address.family() != ip.family() || ip.is_none()) return false;
  constexpr unsigned kWordBits = 64;
  // The first bit of the prefix is the highest.
  const auto differ = [&](std::size_t word) noexcept {
    return __builtin_bswap64(address.words()[word] ^ ip.words()[word]);
  };
  if (length == 0) return true;
  if (length <= kWordBits) return differ(0) >> (kWordBits - length) == 0;
  return differ(0) == 0 && differ(1) >> (2 * kWordBits - length) == 0;
}

std::string Prefix::to_string() const { return ip.to_string() + "/" + std::to_string(length); }

}  // namespace dialplane
