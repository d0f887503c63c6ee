// SPDX-License-Identifier: Apache-2.0
// Device strings, taken apart by hand so that mistakes are named before EAL sees them. Control thread.
#include "device_string.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace dialplane::dpdk {
namespace {

/// Longest device name EAL keeps, its terminating zero excluded.
constexpr std::size_t kMaxName = 63;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// True if `text` has the form of `pattern`, in which x stands for a hexadecimal digit.
bool has_form(std::string_view text, std::string_view pattern) {
  return std::equal(text.begin(), text.end(), pattern.begin(), pattern.end(), [](char c, char p) {
    return p == 'x' ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : c == p;
  });
}

/// The full form of a PCI address; empty if `name` is none.
std::string pci_address(std::string_view name) {
  std::string full;
  if (has_form(name, "xx:xx.x")) full = "0000:";
  if (full.empty() && !has_form(name, "xxxx:xx:xx.x")) return {};
  full += name;
  std::transform(full.begin(), full.end(), full.begin(), [](unsigned char c) { return std::tolower(c); });
  return full;
}

/// The value of `key=` in a comma-separated argument list; empty if it is not there.
std::string_view argument(std::string_view list, std::string_view key) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto item = list.substr(0, comma);
    if (item.size() > key.size() && item.substr(0, key.size()) == key && item[key.size()] == '=')
      return item.substr(key.size() + 1);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return {};
}

/// Drivers that need the named kernel interface to exist and be up when they start.
bool borrows_interface(std::string_view name) {
  constexpr std::array<std::string_view, 2> kDrivers = {"net_af_xdp", "net_af_packet"};
  return std::any_of(kDrivers.begin(), kDrivers.end(),
                     [&](std::string_view driver) { return name.substr(0, driver.size()) == driver; });
}

}  // namespace

Result<Device> parse_device(std::string_view text) {
  text = trimmed(text);
  const auto comma = std::min(text.find(','), text.size());
  const auto name = trimmed(text.substr(0, comma));
  const auto arguments = text.substr(std::min(comma + 1, text.size()));
  if (name.empty())
    return fail(
        "the device has no name; write a PCI address such as 0000:3b:00.0 or a vdev such as net_af_xdp0,iface=eth1");
  if (name.size() > kMaxName)
    return fail(fmt::format("the device name '{}' is longer than {} characters", name, kMaxName));
  if (name.find_first_of(" \t=") != std::string_view::npos)
    return fail(
        fmt::format("'{}' is no device name; write a PCI address such as 0000:3b:00.0 or a vdev such as "
                    "net_af_xdp0,iface=eth1",
                    name));
  Device device;
  device.name = pci_address(name);
  device.pci = !device.name.empty();
  if (!device.pci) device.name = name;
  device.devargs = device.name;
  if (!arguments.empty()) device.devargs += fmt::format(",{}", arguments);
  if (borrows_interface(device.name)) {
    device.interface = argument(arguments, "iface");
    if (device.interface.empty())
      return fail(fmt::format("{} needs the kernel interface it takes over: {},iface=NAME", device.name, device.name));
  }
  return device;
}

}  // namespace dialplane::dpdk
