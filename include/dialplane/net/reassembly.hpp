// SPDX-License-Identifier: Apache-2.0
// Joins IPv4 or IPv6 fragments into one linear frame, within fixed memory. One table a worker; all memory is taken when
// it is made.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/bytes.hpp"
#include "dialplane/net/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace dialplane::net {

/// Bounds of a table. Cost: datagrams × (largest_bytes + room) bytes, touched only as they are used.
struct ReassemblyLimits {
  std::size_t datagrams = 64;             ///< being joined or in use at once
  std::size_t largest_bytes = 65535;      ///< IP datagram with its header
  std::uint64_t timeout_ms = 2000;        ///< from the first fragment seen
  std::size_t datagrams_per_source = 16;  ///< of these being joined
};

/// What became of one fragment.
enum class FragmentOutcome : std::uint8_t {
  kHeld,      ///< waits for the others
  kComplete,  ///< was the last one missing: the datagram is ready
  kRepeated,  ///< brings once more what another one brought: only this copy is thrown away
  kOverlap,  ///< covers bytes that another one brought, or is too short to carry a UDP header: the datagram is given up
  kTooLarge,   ///< reaches beyond the largest datagram: it is given up
  kTableFull,  ///< every place is taken by a joined datagram
};

/// A joined datagram as an Ethernet frame in the table's memory.
struct JoinedFrame {
  std::uint8_t* data = nullptr;
  std::uint32_t length = 0;
  std::uint32_t headroom = 0;
  std::uint32_t tailroom = 0;
  std::uint16_t fragments = 0;  ///< how many it was made of
  std::uint16_t slot = 0;       ///< for release()
};

class Reassembler {
 public:
  /// Free bytes before and after a joined frame.
  static constexpr std::size_t kRoomBytes = 512;
  /// Most fragments of one datagram: 65 535 bytes in pieces of 552, the smallest an IPv4 path brings in practice.
  static constexpr std::size_t kMaxFragments = 128;

  explicit Reassembler(const ReassemblyLimits& limits = {});
  ~Reassembler();
  Reassembler(Reassembler&&) noexcept;
  Reassembler& operator=(Reassembler&&) noexcept;

  /// Takes one fragment. Precondition: view.kind == kFragment. A joined IPv6 datagram has no extension headers.
  /// `given_up` is set to the number of held fragments that were thrown away with this one (kOverlap, kTooLarge), or
  /// for its sake (kHeld): a source beyond its share gives up the one of its datagrams that waits longest, and where
  /// all places are taken the one that waits longest of all makes room. Source: RFC 791 §3.2, RFC 1858, RFC 5722, RFC
  /// 8200 §4.5.
  FragmentOutcome add(ByteSpan frame, const FrameView& view, std::uint64_t now_ms, JoinedFrame& joined,
                      std::size_t& given_up) noexcept;
  /// Gives the memory of a joined frame back.
  void release(std::uint16_t slot) noexcept;
  /// Throws away what waits for longer than the limit; returns how many fragments that were.
  std::size_t expire(std::uint64_t now_ms) noexcept;
  /// Fragments waiting now.
  [[nodiscard]] std::size_t held() const noexcept { return held_; }

 private:
  struct Piece {
    std::uint16_t begin = 0;  ///< bytes of the IP payload
    std::uint16_t end = 0;
  };
  struct Slot;
  struct Fields;
  static Fields fields_of(ByteSpan frame, const FrameView& view) noexcept;
  Slot* find(const Fields& fields, const FrameView& view) noexcept;
  Slot* begin(const Fields& fields, const FrameView& view, std::uint64_t now_ms) noexcept;
  /// The datagram that must go before one of this source can begin; nullptr: none must, or none can.
  Slot* in_the_way_of(const IpAddress& newcomer) noexcept;
  std::size_t give_up(Slot& slot) noexcept;
  static bool is_repeated(const Slot& slot, Piece piece, const std::uint8_t* data) noexcept;
  static bool insert(Slot& slot, Piece piece) noexcept;
  void finish(Slot& slot, JoinedFrame& joined) noexcept;

  ReassemblyLimits limits_;
  std::size_t stride_ = 0;
  std::unique_ptr<Slot[]> slots_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t held_ = 0;
  std::size_t in_use_ = 0;
  std::uint64_t begun_ = 0;
};

}  // namespace dialplane::net
