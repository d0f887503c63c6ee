// SPDX-License-Identifier: Apache-2.0
// Writes frames into a capture file that net_pcap, tcpdump and Wireshark read. Cold; one thread.
#pragma once

#include "dialplane/base/bytes.hpp"
#include "dialplane/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace dialplane::gen {

/// Collects frames of link type Ethernet, one microsecond apart, and writes the file in one go.
/// Source: the classic pcap format, version 2.4, little endian.
class PcapFile {
 public:
  PcapFile();
  void add(ByteSpan frame);
  /// Errors: the file cannot be written completely.
  [[nodiscard]] Result<void> save(const std::string& path) const;
  [[nodiscard]] ByteSpan bytes() const noexcept { return bytes_; }

 private:
  void add_u32(std::uint32_t value);
  void add_u16(std::uint16_t value);

  std::vector<std::uint8_t> bytes_;
  std::uint32_t frames_ = 0;
};

}  // namespace dialplane::gen
