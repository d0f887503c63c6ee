// SPDX-License-Identifier: Apache-2.0
// The file header and one record header per frame.
#include "pcap_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace dialplane::gen {
namespace {
constexpr std::uint32_t kMagicMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kSnapLength = 65535;
constexpr std::uint32_t kLinkTypeEthernet = 1;
}  // namespace

PcapFile::PcapFile() {
  add_u32(kMagicMicroseconds);
  add_u16(2);
  add_u16(4);
  add_u32(0);
  add_u32(0);
  add_u32(kSnapLength);
  add_u32(kLinkTypeEthernet);
}

void PcapFile::add_u32(std::uint32_t value) {
  add_u16(static_cast<std::uint16_t>(value));
  add_u16(static_cast<std::uint16_t>(value >> 16));
}

void PcapFile::add_u16(std::uint16_t value) {
  bytes_.push_back(static_cast<std::uint8_t>(value));
  bytes_.push_back(static_cast<std::uint8_t>(value >> 8));
}

void PcapFile::add(ByteSpan frame) {
  add_u32(frames_ / 1000000);
  add_u32(frames_ % 1000000);
  add_u32(static_cast<std::uint32_t>(frame.size()));
  add_u32(static_cast<std::uint32_t>(frame.size()));
  bytes_.insert(bytes_.end(), frame.begin(), frame.end());
  ++frames_;
}

Result<void> PcapFile::save(const std::string& path) const {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
  file.close();
  if (!file) return fail(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return {};
}

}  // namespace dialplane::gen
