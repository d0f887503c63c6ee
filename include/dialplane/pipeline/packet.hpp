// SPDX-License-Identifier: Apache-2.0
// One packet as one contiguous span with room round it, and a burst of them. Owned by one worker at a time.
#pragma once

#include "dialplane/base/bytes.hpp"
#include "dialplane/base/ids.hpp"
#include "dialplane/net/frame.hpp"
#include "dialplane/pipeline/verdict.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace dialplane::pipeline {

/// Headroom and tailroom together that whoever fills a batch guarantees; a packet that changes from IPv4 to IPv6 needs
/// 20 bytes of headroom.
inline constexpr std::size_t kMinRoom = 256;

struct Packet {
  std::uint8_t* data = nullptr;  ///< first byte of the Ethernet frame
  std::uint32_t length = 0;
  std::uint32_t headroom = 0;  ///< free bytes before data
  std::uint32_t tailroom = 0;  ///< free bytes after data + length
  PortIndex port;              ///< arrived on
  net::FrameView frame;        ///< set by parse
  Verdict verdict;
  std::uint16_t joined_slot = kNoIndex;  ///< set: data lies in the fragment table's memory, not in `buffer`
  void* buffer = nullptr;                ///< the owner's handle (an mbuf); the pipeline never looks at it

  [[nodiscard]] ByteSpan bytes() const noexcept { return {data, length}; }
};

/// Most packets that whoever fills a batch puts into it.
inline constexpr std::size_t kBatchSize = 32;
/// Most copies that the pipeline makes of one batch's packets.
inline constexpr std::size_t kMaxClones = 4;

struct Batch {
  std::array<Packet, kBatchSize + kMaxClones> packets;
  std::size_t count = 0;  ///< the pipeline adds its copies behind the last packet
  /// Empty buffers for copies, of the owner's making: `data` and the room round it. The pipeline takes from the end.
  std::array<Packet, kMaxClones> spares;
  std::size_t spare_count = 0;
};

}  // namespace dialplane::pipeline
