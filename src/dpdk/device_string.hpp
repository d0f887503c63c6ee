// SPDX-License-Identifier: Apache-2.0
// Reads the device strings of `[[port]]`: a PCI address or a vdev with arguments. Control thread; pure text.
#pragma once

#include "dialplane/base/result.hpp"

#include <string>
#include <string_view>

namespace dialplane::dpdk {

/// One device as DPDK wants to hear of it.
struct Device {
  std::string devargs;    ///< what is probed: "net_af_xdp0,iface=eth1"
  std::string name;       ///< "net_af_xdp0", or a full PCI address
  std::string interface;  ///< kernel interface in `iface=` of a driver that borrows one; empty: none
  bool pci = false;
};

/// Takes a device string apart; a PCI address gets its domain and lower case.
/// Errors: an empty, over-long or half-written string, and what was expected.
Result<Device> parse_device(std::string_view text);

}  // namespace dialplane::dpdk
