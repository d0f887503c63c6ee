// SPDX-License-Identifier: Apache-2.0
// Exception interface, mirror and neighbour keeper against a real kernel, in a network namespace of the test's own
// thread. Skipped where that is not allowed.
#include "exception_interfaces.hpp"
#include "fake_data_plane.hpp"
#include "neighbor_keeper.hpp"
#include "netlink_mirror.hpp"
#include "next_hops.hpp"

#include "dialplane/net/frame_edit.hpp"

#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <thread>

namespace dialplane::control {
namespace {

config::Config config_with_port() {
  config::Config config;
  config::Port port;
  port.name = "edge0";
  port.exception = "dptest0";
  port.addresses = {*Prefix::parse("10.9.0.2/24")};
  port.routes = {{*Prefix::parse("0.0.0.0/0"), *IpAddress::parse("10.9.0.254")}};
  config.ports.push_back(port);
  config::Listener listener;
  listener.name = "public";
  listener.address = *Endpoint::parse("10.9.0.10:5060");
  config.listeners.push_back(listener);
  config::Pool pool;
  config::Backend backend;
  backend.name = "sbc1";
  backend.address = *Endpoint::parse("10.9.0.7:5060");
  pool.backends.push_back(backend);
  config.pools.push_back(pool);
  return config;
}

/// Runs `body` in a thread with a network namespace of its own; false if the kernel does not allow one.
bool in_namespace(const std::function<void()>& body) {
  bool allowed = false;
  std::thread([&] {
    allowed = ::unshare(CLONE_NEWNET) == 0;
    if (allowed) body();
  }).join();
  return allowed;
}

/// Runs `body` with the parts wired as the controller wires them.
struct Parts {
  FakeDataPlane data_plane;
  config::Config config = config_with_port();
  netlink::RequestSocket requests = *netlink::RequestSocket::open();
  ExceptionInterfaces interfaces{requests, data_plane};
};

std::set<std::string> addresses_of(const std::string& name) {
  std::set<std::string> found;
  ifaddrs* list = nullptr;
  ::getifaddrs(&list);
  for (const auto* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_name != name || at->ifa_addr == nullptr) continue;
    if (at->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, at->ifa_addr, sizeof address);
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
      found.insert(IpAddress::v6(bytes).to_string());
    }
    if (at->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in address{};
    std::memcpy(&address, at->ifa_addr, sizeof address);
    found.insert(IpAddress::v4(ntohl(address.sin_addr.s_addr)).to_string());
  }
  ::freeifaddrs(list);
  return found;
}

/// Waits until `done` or three seconds have passed, reading frames and events.
bool pump_until(Parts& parts, NetlinkMirror& mirror, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  auto& interface = *parts.interfaces.all().front();
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::array<pollfd, 2> waiting{{{interface.tap.fd(), POLLIN, 0}, {mirror.fd(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), 50);
    parts.interfaces.carry_from_kernel(interface);
    parts.interfaces.carry_punted(16);
    mirror.read_events();
  }
  return true;
}

bool is_arp_request_for(const std::vector<std::uint8_t>& frame, const IpAddress& address) {
  return frame.size() >= 42 && load_be16(&frame[12]) == 0x0806 && load_be16(&frame[20]) == 1 &&
         load_be32(&frame[38]) == address.v4_value();
}

/// The answer of a neighbour with MAC 02:00:00:00:00:07 to an ARP request.
std::vector<std::uint8_t> arp_answer(const std::vector<std::uint8_t>& request) {
  static constexpr std::array<std::uint8_t, 6> kMac{2, 0, 0, 0, 0, 7};
  std::vector<std::uint8_t> answer(request.begin(), request.begin() + 42);
  std::copy_n(&request[6], 6, &answer[0]);
  std::ranges::copy(kMac, &answer[6]);
  answer[21] = 2;
  std::ranges::copy(kMac, &answer[22]);
  std::copy_n(&request[38], 4, &answer[28]);
  std::copy_n(&request[22], 10, &answer[32]);
  return answer;
}

TEST(KernelSide, MakesAnInterfaceWithAddressesAndRemovesItAtTheEnd) {
  const bool allowed = in_namespace([] {
    {
      Parts parts;
      const auto made = parts.interfaces.create(parts.config);
      ASSERT_TRUE(made.has_value()) << made.error().text;
      EXPECT_EQ(addresses_of("dptest0"), (std::set<std::string>{"10.9.0.2", "10.9.0.10"}));
    }
    EXPECT_EQ(::if_nametoindex("dptest0"), 0U);
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

TEST(KernelSide, FollowsListenerAddresses) {
  const bool allowed = in_namespace([] {
    Parts parts;
    ASSERT_TRUE(parts.interfaces.create(parts.config).has_value());
    auto changed = parts.config;
    changed.listeners[0].address = *Endpoint::parse("10.9.0.11:5060");
    ASSERT_TRUE(parts.interfaces.add_listener_addresses(changed).has_value());
    EXPECT_EQ(addresses_of("dptest0"), (std::set<std::string>{"10.9.0.2", "10.9.0.10", "10.9.0.11"}));
    parts.interfaces.remove_other_addresses(changed);
    EXPECT_EQ(addresses_of("dptest0"), (std::set<std::string>{"10.9.0.2", "10.9.0.11"}));
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

TEST(KernelSide, RefusesATakenInterfaceName) {
  const bool allowed = in_namespace([] {
    const auto first = Tap::create("dptest0");
    ASSERT_TRUE(first.has_value()) << first.error().text;
    const auto second = Tap::create("dptest0");
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().text.find("ip link del dptest0"), std::string::npos) << second.error().text;
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

TEST(KernelSide, NamesTheRouteThatCannotBeAdded) {
  const bool allowed = in_namespace([] {
    Parts parts;
    parts.config.ports[0].routes[0].via = *IpAddress::parse("192.0.2.1");
    const auto made = parts.interfaces.create(parts.config);
    ASSERT_FALSE(made.has_value());
    EXPECT_NE(made.error().text.find("0.0.0.0/0 via 192.0.2.1"), std::string::npos) << made.error().text;
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

TEST(KernelSide, ResolvesABackendThroughTheInterface) {
  const bool allowed = in_namespace([] {
    Parts parts;
    ASSERT_TRUE(parts.interfaces.create(parts.config).has_value());
    auto& interface = *parts.interfaces.all().front();
    auto mirror = NetlinkMirror::open({{interface.tap.ifindex(), interface.port}});
    ASSERT_TRUE(mirror.has_value()) << mirror.error().text;
    const auto backend = *IpAddress::parse("10.9.0.7");
    const auto before = build_next_hops(parts.config, (*mirror)->tables());
    EXPECT_EQ(before->find(backend).status, snapshot::NextHopTable::Hop::Status::kNoNeighbor);
    EXPECT_EQ(before->find(IpAddress::v4(0xc0000201)).next, *IpAddress::parse("10.9.0.254"));

    NeighborKeeper keeper(parts.requests, parts.interfaces);
    keeper.keep(parts.config, *before, (*mirror)->tables());
    EXPECT_EQ(keeper.managed().size(), 2U);
    auto& frames = parts.data_plane.injected_;
    const auto asks = [&] {
      return std::ranges::find_if(frames, [&](const auto& frame) { return is_arp_request_for(frame, backend); });
    };
    ASSERT_TRUE(pump_until(parts, **mirror, [&] { return asks() != frames.end(); }));
    parts.data_plane.punted_.push_back(arp_answer(*asks()));
    ASSERT_TRUE(pump_until(parts, **mirror, [&] { return !(*mirror)->tables().usable_neighbors().empty(); }));
    const auto hop = build_next_hops(parts.config, (*mirror)->tables())->find(backend);
    EXPECT_EQ(hop.status, snapshot::NextHopTable::Hop::Status::kResolved);
    EXPECT_EQ(hop.mac.to_string(), "02:00:00:00:00:07");
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

TEST(KernelSide, AsksForAnUnknownNeighborOnceASecond) {
  const bool allowed = in_namespace([] {
    Parts parts;
    ASSERT_TRUE(parts.interfaces.create(parts.config).has_value());
    auto& interface = *parts.interfaces.all().front();
    auto mirror = NetlinkMirror::open({{interface.tap.ifindex(), interface.port}});
    ASSERT_TRUE(mirror.has_value());
    NeighborKeeper keeper(parts.requests, parts.interfaces);
    const NeighborKeeper::Key key{PortIndex(0), *IpAddress::parse("10.9.0.99")};
    const auto now = std::chrono::steady_clock::now();
    keeper.resolve({&key, 1}, now);
    keeper.resolve({&key, 1}, now + std::chrono::milliseconds(999));
    auto& frames = parts.data_plane.injected_;
    const auto is_ask = [&](const auto& frame) { return is_arp_request_for(frame, key.second); };
    ASSERT_TRUE(pump_until(parts, **mirror, [&] { return std::ranges::any_of(frames, is_ask); }));
    EXPECT_EQ(std::ranges::count_if(frames, is_ask), 1);
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

TEST(KernelSide, ForgetsTheRoutesOfAnInterfaceThatGoesDown) {
  const bool allowed = in_namespace([] {
    Parts parts;
    ASSERT_TRUE(parts.interfaces.create(parts.config).has_value());
    auto& interface = *parts.interfaces.all().front();
    auto mirror = NetlinkMirror::open({{interface.tap.ifindex(), interface.port}});
    ASSERT_TRUE(mirror.has_value());
    ASSERT_FALSE((*mirror)->tables().routes().empty());
    auto down = netlink::set_link_up(interface.tap.ifindex());
    // ifi_flags is the fourth field of the body: without IFF_UP the same message sets the link down.
    auto* body = reinterpret_cast<ifinfomsg*>(reinterpret_cast<char*>(down.header()) + sizeof(nlmsghdr));
    body->ifi_flags = 0;
    ASSERT_EQ(parts.requests.request(down), 0);
    EXPECT_TRUE(pump_until(parts, **mirror, [&] { return (*mirror)->tables().routes().empty(); }));
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

/// Runs `ip` in the namespace of this thread.
bool run_ip(const std::string& arguments) { return std::system(("ip " + arguments).c_str()) == 0; }

TEST(KernelSide, LosesTheRouteOfADeletedNextHopObject) {
  const bool allowed = in_namespace([] {
    Parts parts;
    ASSERT_TRUE(parts.interfaces.create(parts.config).has_value());
    auto& interface = *parts.interfaces.all().front();
    auto mirror = NetlinkMirror::open({{interface.tap.ifindex(), interface.port}});
    ASSERT_TRUE(mirror.has_value());
    ASSERT_TRUE(run_ip("nexthop add id 5 via 10.9.0.5 dev dptest0"));
    ASSERT_TRUE(run_ip("route add 198.51.100.0/24 nhid 5"));
    const auto target = *IpAddress::parse("198.51.100.7");
    const auto next = [&] { return build_next_hops(parts.config, (*mirror)->tables())->find(target).next.to_string(); };
    ASSERT_TRUE(pump_until(parts, **mirror, [&] { return next() == "10.9.0.5"; }));
    ASSERT_TRUE(run_ip("nexthop del id 5"));
    EXPECT_TRUE(pump_until(parts, **mirror, [&] { return next() == "10.9.0.254"; }));
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

TEST(KernelSide, RefusesWhatABlackholeTakesFromTheDefaultRoute) {
  const bool allowed = in_namespace([] {
    Parts parts;
    ASSERT_TRUE(parts.interfaces.create(parts.config).has_value());
    auto& interface = *parts.interfaces.all().front();
    auto mirror = NetlinkMirror::open({{interface.tap.ifindex(), interface.port}});
    ASSERT_TRUE(mirror.has_value());
    ASSERT_TRUE(run_ip("route add blackhole 198.51.100.0/24"));
    const auto refused = [&](const char* address) {
      const auto hop = build_next_hops(parts.config, (*mirror)->tables())->find(*IpAddress::parse(address));
      return hop.status == snapshot::NextHopTable::Hop::Status::kRefused;
    };
    EXPECT_TRUE(pump_until(parts, **mirror, [&] { return refused("198.51.100.7"); }));
    EXPECT_FALSE(refused("203.0.113.7"));
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

TEST(KernelSide, ManagesAgainWhatWasFlushed) {
  const bool allowed = in_namespace([] {
    Parts parts;
    ASSERT_TRUE(parts.interfaces.create(parts.config).has_value());
    auto& interface = *parts.interfaces.all().front();
    auto mirror = NetlinkMirror::open({{interface.tap.ifindex(), interface.port}});
    ASSERT_TRUE(mirror.has_value());
    NeighborKeeper keeper(parts.requests, parts.interfaces);
    keeper.keep(parts.config, *build_next_hops(parts.config, (*mirror)->tables()), (*mirror)->tables());
    const NeighborKeeper::Key backend{PortIndex(0), *IpAddress::parse("10.9.0.7")};
    const auto is_there = [&] { return (*mirror)->tables().neighbors().contains(backend); };
    ASSERT_TRUE(run_ip("neigh replace 10.9.0.7 lladdr 02:00:00:00:00:07 nud permanent dev dptest0"));
    ASSERT_TRUE(pump_until(parts, **mirror, is_there));
    ASSERT_TRUE(run_ip("neigh del 10.9.0.7 dev dptest0"));
    ASSERT_TRUE(pump_until(parts, **mirror, [&] { return !is_there(); }));
    parts.data_plane.injected_.clear();
    keeper.renew((*mirror)->tables(), std::chrono::steady_clock::now());
    const auto is_ask = [&](const auto& frame) { return is_arp_request_for(frame, backend.second); };
    EXPECT_TRUE(pump_until(parts, **mirror, [&] { return std::ranges::any_of(parts.data_plane.injected_, is_ask); }));
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

/// The same port with IPv6 alone.
config::Config ipv6_config() {
  auto config = config_with_port();
  config.ports[0].addresses = {*Prefix::parse("2001:db8:9::2/64")};
  config.ports[0].routes = {{*Prefix::parse("::/0"), *IpAddress::parse("2001:db8:9::fe")}};
  config.listeners[0].address = *Endpoint::parse("[2001:db8:9::10]:5060");
  config.pools[0].backends[0].address = *Endpoint::parse("[2001:db8:9::7]:5060");
  return config;
}

bool is_solicitation_for(const std::vector<std::uint8_t>& frame, const IpAddress& address) {
  return frame.size() >= 78 && load_be16(&frame[12]) == 0x86dd && frame[20] == 58 && frame[54] == 135 &&
         std::equal(address.bytes().begin(), address.bytes().end(), &frame[62]);
}

/// The advertisement of a neighbour with MAC 02:00:00:00:00:07 that answers a solicitation.
std::vector<std::uint8_t> advertisement(const std::vector<std::uint8_t>& asked) {
  static constexpr std::array<std::uint8_t, 6> kMac{2, 0, 0, 0, 0, 7};
  std::vector<std::uint8_t> answer(86);
  std::copy_n(&asked[6], 6, &answer[0]);
  std::ranges::copy(kMac, &answer[6]);
  store_be16(&answer[12], 0x86dd);
  answer[14] = 0x60;
  store_be16(&answer[18], 32);
  answer[20] = 58;
  answer[21] = 255;
  std::copy_n(&asked[62], 16, &answer[22]);
  std::copy_n(&asked[22], 16, &answer[38]);
  answer[54] = 136;
  answer[58] = 0x60;  // solicited, override
  std::copy_n(&asked[62], 16, &answer[62]);
  answer[78] = 2;
  answer[79] = 1;
  std::ranges::copy(kMac, &answer[80]);
  // Pseudo header: both addresses, length and next header.
  auto sum = net::checksum_add(32 + 58, {&answer[22], 32});
  store_be16(&answer[56], net::checksum_finish(net::checksum_add(sum, {&answer[54], 32})));
  return answer;
}

TEST(KernelSide, SetsIpv6AddressesAndALinkLocalOne) {
  const bool allowed = in_namespace([] {
    Parts parts;
    parts.config = ipv6_config();
    const auto made = parts.interfaces.create(parts.config);
    ASSERT_TRUE(made.has_value()) << made.error().text;
    const auto found = addresses_of("dptest0");
    EXPECT_TRUE(found.contains("2001:db8:9::2"));
    EXPECT_TRUE(found.contains("2001:db8:9::10"));
    EXPECT_EQ(std::ranges::count_if(found, [](const auto& text) { return text.starts_with("fe80::"); }), 1);
    auto changed = parts.config;
    changed.listeners[0].address = *Endpoint::parse("[2001:db8:9::11]:5060");
    ASSERT_TRUE(parts.interfaces.add_listener_addresses(changed).has_value());
    parts.interfaces.remove_other_addresses(changed);
    EXPECT_TRUE(addresses_of("dptest0").contains("2001:db8:9::11"));
    EXPECT_FALSE(addresses_of("dptest0").contains("2001:db8:9::10"));
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

/// A router advertisement with a lifetime of 1800 s and the prefix 2001:db8:bad::/64 for addresses of one's own.
std::vector<std::uint8_t> router_advertisement() {
  std::vector<std::uint8_t> frame(14 + 40 + 16 + 32);
  const auto put = [&](std::size_t at, std::initializer_list<std::uint8_t> bytes) {
    std::ranges::copy(bytes, frame.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, {0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 48, 58, 255});
  put(22, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  put(54, {134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0});
  put(70, {3, 4, 64, 0xc0, 0, 1, 0x51, 0x80, 0, 0, 0x38, 0x40, 0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8, 0x0b, 0xad});
  // The pseudo header: both addresses, the length and the protocol, which are even in place and number.
  auto sum = net::checksum_add(48 + 58, {frame.data() + 22, 32});
  sum = net::checksum_add(sum, {frame.data() + 54, frame.size() - 54});
  store_be16(&frame[56], net::checksum_finish(sum));
  return frame;
}

TEST(KernelSide, TakesNoRouteFromARouterAdvertisement) {
  const bool allowed = in_namespace([] {
    Parts parts;
    parts.config = ipv6_config();
    ASSERT_TRUE(parts.interfaces.create(parts.config).has_value());
    auto& interface = *parts.interfaces.all().front();
    auto mirror = NetlinkMirror::open({{interface.tap.ifindex(), interface.port}});
    ASSERT_TRUE(mirror.has_value()) << mirror.error().text;
    parts.data_plane.punted_.push_back(router_advertisement());
    parts.interfaces.carry_punted(16);
    ASSERT_EQ(interface.to_kernel, 1U);
    // The kernel has judged the frame by the time the write returns; what it did waits among the events.
    (*mirror)->read_events();
    const auto routes = (*mirror)->tables().routes();
    EXPECT_TRUE(
        std::ranges::none_of(routes, [](const auto& route) { return route.gateway == *IpAddress::parse("fe80::9"); }));
    EXPECT_TRUE(std::ranges::none_of(
        routes, [](const auto& route) { return route.prefix.ip == *IpAddress::parse("2001:db8:bad::"); }));
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

TEST(KernelSide, ResolvesAnIpv6BackendThroughTheInterface) {
  const bool allowed = in_namespace([] {
    Parts parts;
    parts.config = ipv6_config();
    ASSERT_TRUE(parts.interfaces.create(parts.config).has_value());
    auto& interface = *parts.interfaces.all().front();
    auto mirror = NetlinkMirror::open({{interface.tap.ifindex(), interface.port}});
    ASSERT_TRUE(mirror.has_value()) << mirror.error().text;
    const auto backend = *IpAddress::parse("2001:db8:9::7");
    const auto before = build_next_hops(parts.config, (*mirror)->tables());
    EXPECT_EQ(before->find(backend).status, snapshot::NextHopTable::Hop::Status::kNoNeighbor);
    EXPECT_EQ(before->find(*IpAddress::parse("2001:db8:77::1")).next, *IpAddress::parse("2001:db8:9::fe"));

    NeighborKeeper keeper(parts.requests, parts.interfaces);
    keeper.keep(parts.config, *before, (*mirror)->tables());
    EXPECT_EQ(keeper.managed().size(), 2U);
    auto& frames = parts.data_plane.injected_;
    const auto asks = [&] {
      return std::ranges::find_if(frames, [&](const auto& frame) { return is_solicitation_for(frame, backend); });
    };
    ASSERT_TRUE(pump_until(parts, **mirror, [&] { return asks() != frames.end(); }));
    parts.data_plane.punted_.push_back(advertisement(*asks()));
    const auto resolved = [&] {
      return build_next_hops(parts.config, (*mirror)->tables())->find(backend).status ==
             snapshot::NextHopTable::Hop::Status::kResolved;
    };
    ASSERT_TRUE(pump_until(parts, **mirror, resolved));
    EXPECT_EQ(build_next_hops(parts.config, (*mirror)->tables())->find(backend).mac.to_string(), "02:00:00:00:00:07");
  });
  if (!allowed) GTEST_SKIP() << "needs a network namespace (root)";
}

}  // namespace
}  // namespace dialplane::control
