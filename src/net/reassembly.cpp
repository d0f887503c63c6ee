// SPDX-License-Identifier: Apache-2.0
// The fragment table: a fixed number of datagrams in fixed memory. Thread: its worker. After it is made, no allocation.
#include "dialplane/net/reassembly.hpp"

#include "dialplane/net/frame_edit.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace dialplane::net {
namespace {

constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kOffsetMask = 0x1fff;
constexpr std::uint16_t kMoreFragments6 = 0x0001;
constexpr std::uint16_t kOffsetMask6 = 0xfff8;
constexpr std::size_t kIdOffset = 4;
constexpr std::size_t kFlagsOffset = 6;
constexpr std::size_t kLengthOffset = 2;
constexpr std::size_t kChecksumOffset = 10;
constexpr std::size_t kSourceOffset = 12;
constexpr std::uint8_t kHopLimit = 64;

std::size_t ip_header(const IpAddress& source) noexcept { return source.is_v6() ? kIpv6Header : kIpv4Header; }

void write_ipv4_header(std::uint8_t* ip, const IpAddress& source, const IpAddress& destination, std::uint16_t id,
                       std::uint8_t dscp_ecn, std::uint8_t protocol, std::size_t payload) noexcept {
  std::memset(ip, 0, kIpv4Header);
  ip[0] = 0x45;
  ip[1] = dscp_ecn;
  store_be16(ip + kLengthOffset, static_cast<std::uint16_t>(kIpv4Header + payload));
  store_be16(ip + kIdOffset, id);
  ip[8] = kHopLimit;
  ip[9] = protocol;
  std::memcpy(ip + kSourceOffset, source.bytes().data(), 4);
  std::memcpy(ip + kSourceOffset + 4, destination.bytes().data(), 4);
  store_be16(ip + kChecksumOffset, checksum_finish(checksum_add(0, {ip, kIpv4Header})));
}

void write_ipv6_header(std::uint8_t* ip, const IpAddress& source, const IpAddress& destination, std::uint8_t dscp_ecn,
                       std::uint8_t protocol, std::size_t payload) noexcept {
  store_be32(ip, 0x60000000U | (std::uint32_t{dscp_ecn} << 20));
  store_be16(ip + 4, static_cast<std::uint16_t>(payload));
  ip[6] = protocol;
  ip[7] = kHopLimit;
  std::memcpy(ip + 8, source.bytes().data(), 16);
  std::memcpy(ip + 24, destination.bytes().data(), 16);
}

}  // namespace

/// What the two versions of IP say of a fragment.
struct Reassembler::Fields {
  std::uint32_t id = 0;
  bool last = false;
  std::size_t offset = 0;
  std::size_t length = 0;
};

struct Reassembler::Slot {
  enum class State : std::uint8_t { kFree, kJoining, kJoined } state = State::kFree;
  std::uint8_t protocol = 0;
  std::uint8_t dscp_ecn = 0;  ///< of the first fragment
  std::uint32_t id = 0;
  std::uint16_t index = 0;
  std::uint16_t piece_count = 0;
  std::uint32_t total = 0;  ///< bytes of the IP payload; 0: the last fragment has not come
  IpAddress source;
  IpAddress destination;
  std::uint64_t began_ms = 0;
  std::uint64_t turn = 0;  ///< which datagram of the table this is, in the order they began
  std::array<Piece, kMaxFragments> pieces;
  std::uint8_t* frame = nullptr;  ///< Ethernet header of the joined frame
};

Reassembler::Reassembler(const ReassemblyLimits& limits)
    : limits_(limits),
      stride_(limits.largest_bytes + kEthernetHeader + 2 * kRoomBytes),
      slots_(std::make_unique<Slot[]>(limits.datagrams)),
      memory_(new std::uint8_t[limits.datagrams * stride_]) {
  for (std::size_t i = 0; i < limits_.datagrams; ++i) {
    slots_[i].index = static_cast<std::uint16_t>(i);
    slots_[i].frame = memory_.get() + i * stride_ + kRoomBytes;
  }
}
Reassembler::~Reassembler() = default;
Reassembler::Reassembler(Reassembler&&) noexcept = default;
Reassembler& Reassembler::operator=(Reassembler&&) noexcept = default;

Reassembler::Fields Reassembler::fields_of(ByteSpan frame, const FrameView& view) noexcept {
  const auto* ip = frame.data() + view.l3_offset;
  const auto headers = static_cast<std::size_t>(view.l4_offset - view.l3_offset);
  if (view.source.ip.is_v6()) {
    // The fragment header is the last before the data.
    const auto* header = frame.data() + view.l4_offset - kIpv6FragmentHeader;
    const auto field = load_be16(header + 2);
    return {load_be32(header + 4), (field & kMoreFragments6) == 0, std::size_t{field} & kOffsetMask6,
            kIpv6Header + load_be16(ip + 4) - headers};
  }
  const auto flags = load_be16(ip + kFlagsOffset);
  return {load_be16(ip + kIdOffset), (flags & kMoreFragments) == 0, std::size_t{8} * (flags & kOffsetMask),
          load_be16(ip + kLengthOffset) - headers};
}

Reassembler::Slot* Reassembler::find(const Fields& fields, const FrameView& view) noexcept {
  for (std::size_t i = 0, seen = 0; i < limits_.datagrams && seen < in_use_; ++i) {
    auto& slot = slots_[i];
    if (slot.state == Slot::State::kFree) continue;
    ++seen;
    if (slot.state == Slot::State::kJoining && slot.id == fields.id && slot.protocol == view.ip_protocol &&
        slot.source == view.source.ip && slot.destination == view.destination.ip) {
      return &slot;
    }
  }
  return nullptr;
}

Reassembler::Slot* Reassembler::begin(const Fields& fields, const FrameView& view, std::uint64_t now_ms) noexcept {
  auto* slot = std::find_if(slots_.get(), slots_.get() + limits_.datagrams,
                            [](const Slot& s) { return s.state == Slot::State::kFree; });
  ++in_use_;
  slot->turn = begun_++;
  slot->state = Slot::State::kJoining;
  slot->protocol = view.ip_protocol;
  slot->id = fields.id;
  slot->piece_count = 0;
  slot->total = 0;
  slot->source = view.source.ip;
  slot->destination = view.destination.ip;
  slot->began_ms = now_ms;
  return slot;
}

Reassembler::Slot* Reassembler::in_the_way_of(const IpAddress& newcomer) noexcept {
  Slot* oldest = nullptr;
  Slot* own = nullptr;
  std::size_t own_count = 0;
  const auto keep_older = [](Slot*& kept, Slot& slot) {
    if (kept == nullptr || slot.turn < kept->turn) kept = &slot;
  };
  for (std::size_t i = 0; i < limits_.datagrams; ++i) {
    auto& slot = slots_[i];
    if (slot.state != Slot::State::kJoining) continue;
    keep_older(oldest, slot);
    if (slot.source != newcomer) continue;
    keep_older(own, slot);
    ++own_count;
  }
  if (own_count >= limits_.datagrams_per_source) return own;
  return in_use_ == limits_.datagrams ? oldest : nullptr;
}

std::size_t Reassembler::give_up(Slot& slot) noexcept {
  const std::size_t pieces = slot.piece_count;
  held_ -= pieces;
  release(slot.index);
  return pieces;
}

bool Reassembler::is_repeated(const Slot& slot, Piece piece, const std::uint8_t* data) noexcept {
  const auto* const end = slot.pieces.data() + slot.piece_count;
  const auto* const same = std::find_if(slot.pieces.data(), end, [&](const Piece& other) {
    return other.begin == piece.begin && other.end == piece.end;
  });
  const auto* const held = slot.frame + kEthernetHeader + ip_header(slot.source) + piece.begin;
  return same != end && std::memcmp(held, data, static_cast<std::size_t>(piece.end - piece.begin)) == 0;
}

bool Reassembler::insert(Slot& slot, Piece piece) noexcept {
  if (slot.piece_count == kMaxFragments) return false;
  auto* const begin = slot.pieces.data();
  auto* const end = begin + slot.piece_count;
  auto* const at = std::find_if(begin, end, [&](const Piece& other) { return other.begin >= piece.begin; });
  // An overlap is an attack or a reused id: either way nobody knows which bytes are meant.
  if (at != begin && at[-1].end > piece.begin) return false;
  if (at != end && at->begin < piece.end) return false;
  std::move_backward(at, end, end + 1);
  *at = piece;
  ++slot.piece_count;
  return true;
}

FragmentOutcome Reassembler::add(ByteSpan frame, const FrameView& view, std::uint64_t now_ms, JoinedFrame& joined,
                                 std::size_t& given_up) noexcept {
  given_up = 0;
  const auto fields = fields_of(frame, view);
  const auto [id, last, offset, length] = fields;
  const std::size_t header = ip_header(view.source.ip);

  auto* slot = find(fields, view);
  // What is bad by itself takes no place.
  if (offset + length + header > limits_.largest_bytes) {
    if (slot != nullptr) given_up = give_up(*slot);
    return FragmentOutcome::kTooLarge;
  }
  // A first fragment without a whole UDP header, or a middle one that is no multiple of eight, is no sender's work.
  const bool tiny = offset == 0 && length < kUdpHeader;
  const bool ragged = !last && (length % 8 != 0 || length == 0);
  if (tiny || ragged) {
    if (slot != nullptr) given_up = give_up(*slot);
    return FragmentOutcome::kOverlap;
  }
  if (slot == nullptr) {
    // The oldest waits in vain most likely: fragments of one datagram come close together, while a flood of lone ones
    // would otherwise keep everybody out until they expire.
    if (auto* const loser = in_the_way_of(view.source.ip); loser != nullptr) given_up = give_up(*loser);
    if (in_use_ == limits_.datagrams) return FragmentOutcome::kTableFull;
    slot = begin(fields, view, now_ms);
  }
  const Piece piece{static_cast<std::uint16_t>(offset), static_cast<std::uint16_t>(offset + length)};
  if (is_repeated(*slot, piece, frame.data() + view.l4_offset)) return FragmentOutcome::kRepeated;
  const bool beyond = slot->total != 0 && (offset + length > slot->total || last);
  if (beyond || !insert(*slot, piece)) {
    given_up = give_up(*slot);
    return FragmentOutcome::kOverlap;
  }
  ++held_;
  if (last) slot->total = static_cast<std::uint32_t>(offset + length);
  if (offset == 0) {
    std::memcpy(slot->frame, frame.data(), kEthernetHeader - 2);
    slot->dscp_ecn = view.dscp_ecn;
  }
  std::memcpy(slot->frame + kEthernetHeader + header + offset, frame.data() + view.l4_offset, length);

  std::size_t covered = 0;
  for (std::size_t i = 0; i < slot->piece_count && slot->pieces[i].begin == covered; ++i) covered = slot->pieces[i].end;
  if (slot->total == 0 || covered != slot->total) {
    const bool past_end = slot->total != 0 && slot->pieces[slot->piece_count - 1u].end > slot->total;
    if (!past_end) return FragmentOutcome::kHeld;
    given_up = give_up(*slot) - 1;
    return FragmentOutcome::kOverlap;
  }
  finish(*slot, joined);
  return FragmentOutcome::kComplete;
}

void Reassembler::finish(Slot& slot, JoinedFrame& joined) noexcept {
  const bool v6 = slot.source.is_v6();
  store_be16(slot.frame + kEthernetHeader - 2, v6 ? 0x86dd : 0x0800);
  auto* ip = slot.frame + kEthernetHeader;
  if (v6) {
    write_ipv6_header(ip, slot.source, slot.destination, slot.dscp_ecn, slot.protocol, slot.total);
  } else {
    write_ipv4_header(ip, slot.source, slot.destination, static_cast<std::uint16_t>(slot.id), slot.dscp_ecn,
                      slot.protocol, slot.total);
  }

  const std::size_t length = kEthernetHeader + ip_header(slot.source) + slot.total;
  joined.data = slot.frame;
  joined.length = static_cast<std::uint32_t>(length);
  joined.headroom = kRoomBytes;
  joined.tailroom = static_cast<std::uint32_t>(stride_ - kRoomBytes - length);
  joined.fragments = slot.piece_count;
  joined.slot = slot.index;
  held_ -= slot.piece_count;
  slot.state = Slot::State::kJoined;
}

void Reassembler::release(std::uint16_t slot) noexcept {
  slots_[slot].state = Slot::State::kFree;
  --in_use_;
}

std::size_t Reassembler::expire(std::uint64_t now_ms) noexcept {
  std::size_t thrown = 0;
  for (std::size_t i = 0; i < limits_.datagrams && held_ > 0; ++i) {
    auto& slot = slots_[i];
    if (slot.state == Slot::State::kJoining && now_ms - slot.began_ms >= limits_.timeout_ms) thrown += give_up(slot);
  }
  return thrown;
}

}  // namespace dialplane::net
