// SPDX-License-Identifier: Apache-2.0
// Writes and finds stamps. Runs in the sender's and receiver's loops.
#include "stamp.hpp"

#include "prng.hpp"

#include "dialplane/base/text.hpp"

namespace dialplane::gen {
namespace {

constexpr std::array<char, 512> make_pairs() noexcept {
  std::array<char, 512> pairs{};
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < 256; ++i) {
    pairs[2 * i] = kDigits[i >> 4];
    pairs[2 * i + 1] = kDigits[i & 15];
  }
  return pairs;
}
constexpr std::array<char, 512> kPairs = make_pairs();

}  // namespace

void write_digits(char* out, std::uint64_t value, std::size_t digits) noexcept {
  for (std::size_t at = digits; at >= 2; at -= 2) {
    const char* pair = &kPairs[2 * (value & 0xff)];
    out[at - 2] = pair[0];
    out[at - 1] = pair[1];
    value >>= 8;
  }
}

void write_stamp(char* out, const Stamp& stamp) noexcept {
  write_digits(out, stamp.run, 4);
  write_digits(out + 4, stamp.sequence, 8);
  write_digits(out + 12, stamp.tsc, 16);
}

std::optional<Stamp> find_stamp(std::string_view message) noexcept {
  const auto at = message.find(kStampMarker);
  if (at == std::string_view::npos || message.size() - at < kStampMarker.size() + kStampDigits) return std::nullopt;
  const auto digits = message.substr(at + kStampMarker.size(), kStampDigits);
  const auto run = parse_hex(digits.substr(0, 4));
  const auto sequence = parse_hex(digits.substr(4, 8));
  const auto tsc = parse_hex(digits.substr(12, 16));
  if (!run || !sequence || !tsc) return std::nullopt;
  return Stamp{static_cast<std::uint16_t>(*run), static_cast<std::uint32_t>(*sequence), *tsc};
}

void fill_slot(char* out, SlotKind kind, const Stamp& stamp) noexcept {
  const std::uint64_t message = (std::uint64_t{stamp.run} << 32) | stamp.sequence;
  switch (kind) {
    case SlotKind::kStamp:
      write_stamp(out, stamp);
      return;
    case SlotKind::kCall:
      write_digits(out, Prng::mix(message + 1), kCallDigits);
      return;
    case SlotKind::kTag:
      write_digits(out, stamp.sequence * 0x9e3779b1U, kTagDigits);
      return;
  }
}

}  // namespace dialplane::gen
