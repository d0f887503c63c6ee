// SPDX-License-Identifier: Apache-2.0
// Network addresses as values: IP, endpoint, MAC, prefix. Any thread; never allocates except to print.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dialplane {

/// An IPv4 or IPv6 address; IPv4 occupies the first four bytes, the rest is zero.
class IpAddress {
 public:
  enum class Family : std::uint8_t { kNone, kV4, kV6 };

  constexpr IpAddress() = default;

  /// Makes an IPv4 address from its value in host byte order (0x7f000001 is 127.0.0.1).
  static constexpr IpAddress v4(std::uint32_t host_order) noexcept {
    IpAddress a;
    a.family_ = Family::kV4;
    a.bytes_[0] = static_cast<std::uint8_t>(host_order >> 24);
    a.bytes_[1] = static_cast<std::uint8_t>(host_order >> 16);
    a.bytes_[2] = static_cast<std::uint8_t>(host_order >> 8);
    a.bytes_[3] = static_cast<std::uint8_t>(host_order);
    return a;
  }

  /// Becomes the IPv4 address of four bytes in network order. Cost: written in place; assigning a temporary costs a
  /// failed store forwarding on the packet path.
  constexpr void set_v4(const std::uint8_t* four) noexcept {
    bytes_ = {four[0], four[1], four[2], four[3]};
    family_ = Family::kV4;
  }

  /// Makes an IPv6 address from 16 bytes; an IPv4-mapped one becomes IPv4.
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes) noexcept;

  /// Reads a numeric address: dotted quad (strict, no octal), or IPv6 with or without brackets.
  /// Errors: nullopt for anything else, a name included. Cost: no allocation.
  static std::optional<IpAddress> parse(std::string_view text) noexcept;

  [[nodiscard]] constexpr Family family() const noexcept { return family_; }
  [[nodiscard]] constexpr bool is_v4() const noexcept { return family_ == Family::kV4; }
  [[nodiscard]] constexpr bool is_v6() const noexcept { return family_ == Family::kV6; }
  [[nodiscard]] constexpr bool is_none() const noexcept { return family_ == Family::kNone; }
  [[nodiscard]] constexpr const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }

  using Words = std::array<std::uint64_t, 2>;
  /// The 16 bytes as they lie in memory.
  [[nodiscard]] constexpr Words words() const noexcept { return std::bit_cast<Words>(bytes_); }

  /// The IPv4 value in host byte order; 0 for IPv6.
  [[nodiscard]] constexpr std::uint32_t v4_value() const noexcept {
    if (!is_v4()) return 0;
    return (std::uint32_t{bytes_[0]} << 24) | (std::uint32_t{bytes_[1]} << 16) | (std::uint32_t{bytes_[2]} << 8) |
           bytes_[3];
  }

  /// True for an address a SIP message may be sent to: unicast, neither loopback nor unspecified, broadcast or
  /// multicast. Source: RFC 3261 §16.11, RFC 4475 §3.3.10.
  [[nodiscard]] bool is_routable_unicast() const noexcept;

  /// Writes the text form (IPv6 per RFC 5952, without brackets) and returns its length. Units: at least 46 bytes at
  /// `out`.
  std::size_t write(char* out) const noexcept;
  [[nodiscard]] std::string to_string() const {
    std::array<char, 46> text;
    return {text.data(), write(text.data())};
  }

  // By words: the packet path compares addresses often, and a library call for 16 bytes costs more than they do.
  friend constexpr bool operator==(const IpAddress& a, const IpAddress& b) noexcept {
    const Words x = a.words();
    const Words y = b.words();
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0 && a.family_ == b.family_;
  }
  friend constexpr std::strong_ordering operator<=>(const IpAddress& a, const IpAddress& b) noexcept {
    const Words x = a.words();
    const Words y = b.words();
    if (x[0] != y[0]) return __builtin_bswap64(x[0]) <=> __builtin_bswap64(y[0]);
    if (x[1] != y[1]) return __builtin_bswap64(x[1]) <=> __builtin_bswap64(y[1]);
    return a.family_ <=> b.family_;
  }

 private:
  static_assert(std::endian::native == std::endian::little, "words are swapped to compare in the order of bytes");
  std::array<std::uint8_t, 16> bytes_{};
  Family family_ = Family::kNone;
};

/// An IP address and a UDP or TCP port (host byte order).
struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;

  /// Reads `10.0.0.1:5060` or `[2001:db8::1]:5060`; the port is `default_port` if absent (0: a port is required).
  static std::optional<Endpoint> parse(std::string_view text, std::uint16_t default_port = 0) noexcept;

  /// Writes `10.0.0.1:5060` or `[2001:db8::1]:5060` and returns its length. Units: at least 56 bytes at `out`.
  std::size_t write(char* out) const noexcept;
  [[nodiscard]] std::string to_string() const {
    std::array<char, 56> text;
    return {text.data(), write(text.data())};
  }

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// An Ethernet address.
struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  static std::optional<MacAddress> parse(std::string_view text) noexcept;
  [[nodiscard]] std::string to_string() const;
  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

/// An address with a prefix length, `198.51.100.0/24`; a bare address is a host prefix.
struct Prefix {
  IpAddress ip;
  std::uint8_t length = 0;

  static std::optional<Prefix> parse(std::string_view text) noexcept;
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] std::string to_string() const;
  friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;
};

}  // namespace dialplane
