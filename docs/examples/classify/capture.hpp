// SPDX-License-Identifier: Apache-2.0
// The UDP datagrams of a capture file: pcap or pcapng; Ethernet with VLANs, Linux cooked or raw IP. One thread.
#pragma once

#include <dialplane/base/address.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace classify {

struct Datagram {
  dialplane::Endpoint source;
  dialplane::Endpoint destination;
  std::string_view payload;
};

struct CaptureSummary {
  std::size_t frames = 0;
  std::size_t datagrams = 0;
  std::size_t fragments = 0;  ///< left out: a fragment alone is no message
  std::size_t others = 0;     ///< left out: not UDP, cut short by the capture, or of an unknown link type
  bool complete = true;       ///< false if the file ends in the middle of a record
};

/// Calls `take` for every UDP datagram of the capture in `file`, in order.
/// Errors: nullopt if `file` does not start like a pcap or pcapng file. Lifetime: payloads point into `file`.
std::optional<CaptureSummary> read_capture(std::string_view file, const std::function<void(const Datagram&)>& take);

}  // namespace classify
