// SPDX-License-Identifier: Apache-2.0
// rtnetlink events as Linux 6.18 sent them for interface 2, in hex.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dialplane::control::netlink {

// ip neigh add 10.9.0.7 lladdr 02:00:00:00:00:07 nud permanent
inline constexpr std::string_view kNeighborAdded =
    "4c0000001c000000000000002450000002000000020000008000000108000100"
    "0a0900070a000200020000000007000008000400000000001400030000000000"
    "000000000000000001000000";
// ip neigh del 10.9.0.7: first the state, then the removal
inline constexpr std::string_view kNeighborFailed =
    "400000001c000000000000002f50000002000000020000002000000108000100"
    "0a0900070800040000000000140003001f0000001f0000001f00000001000000";
inline constexpr std::string_view kNeighborRemoved =
    "400000001d000000000000000000000002000000020000002000000108000100"
    "0a0900070800040000000000140003001f0000001f0000001f00000000000000";
// ip route add 192.0.2.0/24 via 10.9.0.9 metric 50
inline constexpr std::string_view kRouteAdded =
    "440000001800000614ea006b3150000002180000fe0300011000000008000f00"
    "fe00000008000100c00002000800060032000000080005000a09000908000400"
    "02000000";
inline constexpr std::string_view kRouteRemoved =
    "440000001900000015ea006b3950000002180000fe0300011000000008000f00"
    "fe00000008000100c00002000800060032000000080005000a09000908000400"
    "02000000";
inline constexpr std::string_view kDefaultRoute =
    "340000001800000615ea006b3350000002000000fe0300011000000008000f00"
    "fe000000080005000a0900090800040002000000";
// ip route add 198.51.100.0/24 nexthop via 10.9.0.8 nexthop via 10.9.0.9
inline constexpr std::string_view kMultipathRoute =
    "500000001800000615ea006b3550000002180000fe0300011000000008000f00"
    "fe00000008000100c6336400240009001000100002000000080005000a090008"
    "1000100002000000080005000a090009";
// ip route add 203.0.113.0/24 dev t0 table 77
inline constexpr std::string_view kRouteOfTable77 =
    "340000001800000615ea006b37500000021800004d03fd011000000008000f00"
    "4d00000008000100cb0071000800040002000000";

/// The bytes behind one of the strings, aligned as a message must be.
class Recorded {
 public:
  explicit Recorded(std::string_view hex) : words_(hex.size() / 8 + 1) {
    auto* bytes = reinterpret_cast<std::uint8_t*>(words_.data());
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes[i / 2] = static_cast<std::uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1]));
    }
  }
  nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(words_.data()); }

 private:
  static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }
  std::vector<std::uint32_t> words_;
};

}  // namespace dialplane::control::netlink
