// SPDX-License-Identifier: Apache-2.0
// Device strings of `[[port]]`, right and wrong.
#include "device_string.hpp"

#include <gtest/gtest.h>

namespace dialplane::dpdk {
namespace {

TEST(DeviceString, TakesVdevApart) {
  const auto device = parse_device("net_af_xdp0,iface=eth1,start_queue=1");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->name, "net_af_xdp0");
  EXPECT_EQ(device->devargs, "net_af_xdp0,iface=eth1,start_queue=1");
  EXPECT_EQ(device->interface, "eth1");
  EXPECT_FALSE(device->pci);
}

TEST(DeviceString, FindsInterfaceAfterOtherArguments) {
  const auto device = parse_device("net_af_packet3,qpairs=2,iface=ens4f0");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->interface, "ens4f0");
}

TEST(DeviceString, DoesNotTakeTheEndOfAnotherKeyForIface) { EXPECT_FALSE(parse_device("net_af_xdp0,xiface=eth1")); }

TEST(DeviceString, RejectsAfXdpWithoutInterface) {
  const auto device = parse_device("net_af_xdp0");
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().text.find("net_af_xdp0,iface=NAME"), std::string::npos);
}

TEST(DeviceString, BorrowsNoInterfaceForOtherDrivers) {
  const auto device = parse_device("net_tap0,iface=edge0");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->interface, "");
}

TEST(DeviceString, AcceptsFullPciAddress) {
  const auto device = parse_device("0000:3B:00.1");
  ASSERT_TRUE(device);
  EXPECT_TRUE(device->pci);
  EXPECT_EQ(device->name, "0000:3b:00.1");
}

TEST(DeviceString, CompletesShortPciAddress) {
  const auto device = parse_device("3b:00.0,rss=1");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->devargs, "0000:3b:00.0,rss=1");
}

TEST(DeviceString, TrimsBlanks) {
  const auto device = parse_device("  net_null0 \t");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->devargs, "net_null0");
}

TEST(DeviceString, RejectsEmptyText) { EXPECT_FALSE(parse_device(" ")); }

TEST(DeviceString, RejectsArgumentsWithoutName) { EXPECT_FALSE(parse_device(",iface=eth1")); }

TEST(DeviceString, RejectsArgumentWhereNameBelongs) { EXPECT_FALSE(parse_device("iface=eth1")); }

TEST(DeviceString, AcceptsNameOf63Characters) { EXPECT_TRUE(parse_device(std::string(63, 'n'))); }

TEST(DeviceString, RejectsNameOf64Characters) { EXPECT_FALSE(parse_device(std::string(64, 'n'))); }

}  // namespace
}  // namespace dialplane::dpdk
