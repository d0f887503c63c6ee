// SPDX-License-Identifier: Apache-2.0
// Renders a corpus by profile, and writes patched copies of its frames.
#include "corpus.hpp"

#include "corpus_builder.hpp"
#include "dialect.hpp"
#include "message.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/net/frame.hpp"
#include "dialplane/net/frame_edit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace dialplane::gen {
namespace {

constexpr std::size_t kIpOffset = net::kEthernetHeader;
constexpr std::size_t kIpIdOffset = kIpOffset + 4;
constexpr std::size_t kIpChecksumOffset = kIpOffset + 10;
constexpr std::size_t kUdpChecksumOffset = kIpOffset + net::kIpv4Header + 6;

constexpr std::array<std::pair<std::string_view, Profile>, 6> kProfiles{{
    {"invite", Profile::kInvite},
    {"options", Profile::kOptions},
    {"mixed", Profile::kMixed},
    {"malformed", Profile::kMalformed},
    {"fragments", Profile::kFragments},
    {"fragment-flood", Profile::kFragmentFlood},
}};

std::uint16_t fold(std::uint32_t sum) noexcept {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

/// What `length` bytes at `offset` add to the checksum of what they stand in: at an odd offset the bytes of the
/// folded sum change places (RFC 1071 §2 B).
std::uint32_t partial_sum(const std::uint8_t* data, std::size_t length, std::size_t offset) noexcept {
  const auto sum = fold(net::checksum_add(0, ByteSpan(data, length)));
  return (offset & 1) == 0 ? sum : static_cast<std::uint16_t>((sum << 8) | (sum >> 8));
}

}  // namespace

std::optional<Profile> parse_profile(std::string_view name) noexcept {
  for (const auto& [text, profile] : kProfiles) {
    if (text == name) return profile;
  }
  return std::nullopt;
}

std::string_view profile_name(Profile profile) noexcept {
  for (const auto& [text, value] : kProfiles) {
    if (value == profile) return text;
  }
  return {};
}

MethodWeights default_weights() noexcept {
  using sip::Method;
  MethodWeights weights{};
  const auto set = [&](Method method, std::uint32_t weight) { weights[static_cast<std::size_t>(method)] = weight; };
  set(Method::kInvite, 15);
  set(Method::kAck, 10);
  set(Method::kBye, 10);
  set(Method::kCancel, 3);
  set(Method::kOptions, 20);
  set(Method::kRegister, 20);
  set(Method::kPrack, 3);
  set(Method::kSubscribe, 4);
  set(Method::kNotify, 5);
  set(Method::kPublish, 2);
  set(Method::kInfo, 2);
  set(Method::kRefer, 1);
  set(Method::kMessage, 3);
  set(Method::kUpdate, 2);
  return weights;
}

Result<MethodWeights> parse_weights(std::string_view text) {
  MethodWeights weights{};
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    text.remove_prefix(item.size() < text.size() ? item.size() + 1 : item.size());
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) return fail(fmt::format("'{}' is not METHOD=WEIGHT", item));
    const auto method = sip::find_method(item.substr(0, equals));
    if (method == sip::Method::kOther) return fail(fmt::format("'{}' is no known method", item.substr(0, equals)));
    const auto weight = parse_decimal(item.substr(equals + 1), 1000000);
    if (!weight) return fail(fmt::format("the weight in '{}' is not a number up to 1000000", item));
    weights[static_cast<std::size_t>(method)] = static_cast<std::uint32_t>(*weight);
  }
  if (std::accumulate(weights.begin(), weights.end(), 0U) == 0) return fail("a mix needs a weight above 0");
  return weights;
}

Result<Corpus> Corpus::build(const CorpusOptions& options) { return CorpusBuilder(options).build(); }

CorpusFrame Corpus::frame(std::size_t index) const noexcept {
  const auto& entry = frames_[index];
  return {ByteSpan(bytes_).subspan(entry.offset, entry.length), std::span(entry.slots).first(entry.slot_count),
          entry.checksum_base, entry.is_fragment};
}

bool Corpus::is_stamped() const noexcept {
  return std::ranges::all_of(frames_, [](const Entry& entry) { return entry.slot_count != 0; });
}

std::size_t Corpus::write(std::size_t index, const Stamp& stamp, std::uint16_t round,
                          std::uint8_t* out) const noexcept {
  const auto& entry = frames_[index];
  std::memcpy(out, bytes_.data() + entry.offset, entry.length);
  if (entry.is_fragment) {
    const auto id = static_cast<std::uint16_t>(load_be16(out + kIpIdOffset) + round * 257);
    store_be16(out + kIpIdOffset, id);
    store_be16(out + kIpChecksumOffset, 0);
    store_be16(out + kIpChecksumOffset,
               net::checksum_finish(net::checksum_add(0, ByteSpan(out + kIpOffset, net::kIpv4Header))));
    return entry.length;
  }
  if (entry.slot_count == 0) return entry.length;
  auto sum = entry.checksum_base;
  for (std::size_t i = 0; i < entry.slot_count; ++i) {
    const auto& slot = entry.slots[i];
    auto* at = out + slot.offset;
    fill_slot(reinterpret_cast<char*>(at), slot.kind, stamp);
    sum += partial_sum(at, slot_digits(slot.kind), slot.offset);
  }
  const auto checksum = net::checksum_finish(sum);
  store_be16(out + kUdpChecksumOffset, checksum == 0 ? std::uint16_t{0xffff} : checksum);
  return entry.length;
}

void CorpusBuilder::add_frame(std::vector<std::uint8_t> frame, const std::vector<Slot>& slots, bool is_fragment) {
  Corpus::Entry entry;
  entry.offset = static_cast<std::uint32_t>(corpus_.bytes_.size());
  entry.length = static_cast<std::uint16_t>(frame.size());
  entry.is_fragment = is_fragment;
  if (!is_fragment) {
    // The checksum in the frame covers the slots as rendered: take them out of it again.
    std::uint32_t sum = static_cast<std::uint16_t>(~load_be16(frame.data() + kUdpChecksumOffset));
    for (const auto& slot : slots) {
      if (entry.slot_count == entry.slots.size()) break;
      sum += static_cast<std::uint16_t>(~partial_sum(frame.data() + slot.offset, slot_digits(slot.kind), slot.offset));
      entry.slots[entry.slot_count++] = slot;
    }
    entry.checksum_base = fold(sum);
  }
  corpus_.bytes_.insert(corpus_.bytes_.end(), frame.begin(), frame.end());
  corpus_.frames_.push_back(entry);
}

}  // namespace dialplane::gen
