// SPDX-License-Identifier: Apache-2.0
// The messages every micro benchmark reads: rendered from a seed, checked, and laid out in memory as packets lie in a
// pool. Built by one thread; read-only after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace dialplane::micro {

enum class CorpusKind : std::uint8_t {
  kHot,     ///< 4 096 messages of 300 to 1 400 bytes: 14 methods, requests and responses
  kCold,    ///< 65 536 messages of the same mix: more bytes than a last-level cache holds for one core
  kInvite,  ///< 4 096 INVITEs of 860 bytes each, with SDP
  kSame,    ///< one of them 4 096 times: no more than instructions
  kNear,    ///< 64 of them in an order of 4 096 that nothing foretells: instructions and branches
  kAlike,   ///< 4 096 copies of one of them: instructions and memory
};

/// Bytes before each message in its packet buffer: a packet's header and headroom, then Ethernet, IPv4 and UDP. They
/// and the room behind a message up to kPacketStride may be read.
inline constexpr std::size_t kHeadroom = 128 + 128 + 42;
/// From one packet buffer to the next, as in a DPDK pool of 2 KiB packets: an odd number of cache lines, so that equal
/// offsets of two packets do not compete for one cache set.
inline constexpr std::size_t kPacketStride = std::size_t{37} * 64;

/// What a corpus is made of, for the report.
struct CorpusFigures {
  std::size_t messages = 0;
  std::size_t responses = 0;
  std::size_t methods = 0;  ///< distinct, of requests and of the CSeq of responses
  double mean_bytes = 0;
  double mean_rows = 0;
  std::size_t max_vias = 0;
};

/// Gives a mapping back to the system.
struct Unmap {
  std::size_t bytes = 0;
  void operator()(char* start) const noexcept;
};

class Corpus {
 public:
  /// Renders it anew; equal kinds give equal bytes. Errors: throws std::runtime_error if a message fails
  /// sip::scan() or sip::validate(), is not of the size it should be, or stands there twice.
  explicit Corpus(CorpusKind kind);

  [[nodiscard]] std::size_t size() const noexcept { return messages_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t index) const noexcept { return messages_[index]; }
  [[nodiscard]] std::size_t total_bytes() const noexcept { return total_bytes_; }
  [[nodiscard]] const CorpusFigures& figures() const noexcept { return figures_; }

 private:
  /// Makes a corpus of messages of the INVITEs.
  void derive(CorpusKind kind);
  void lay_out(const std::vector<std::string_view>& texts);

  std::unique_ptr<char, Unmap> arena_;
  std::vector<std::string_view> messages_;
  std::size_t total_bytes_ = 0;
  CorpusFigures figures_;
};

/// The corpus of this kind, rendered when first asked for.
const Corpus& shared_corpus(CorpusKind kind);
std::string_view corpus_name(CorpusKind kind) noexcept;

}  // namespace dialplane::micro
