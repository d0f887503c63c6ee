// SPDX-License-Identifier: Apache-2.0
// Applies planned edits to one message in place. One owner at a time; no allocation.
#include "dialplane/sip/edits.hpp"

#include "dialplane/base/short_copy.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace dialplane::sip {
namespace {

/// A run of bytes that survives. `shift` is how far it moves, towards higher addresses if positive.
/// Not initialised: there are many, and few are used.
struct Run {
  std::size_t at;
  std::size_t length;
  std::ptrdiff_t shift;
};

/// A call costs less than the blocks of a text longer than this.
constexpr std::size_t kShort = 64;

using Runs = std::array<Run, EditList::kMaxEdits + 1>;

/// Moves every run by its shift less `forward`. Runs keep their order and never overlap in the result, so those that
/// move down may go first to last and then those that move up last to first: no run is overwritten before it moved.
void move(const Runs& runs, std::size_t count, std::ptrdiff_t forward, std::uint8_t* data) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const auto shift = runs[i].shift - forward;
    if (shift < 0) std::memmove(data + runs[i].at + shift, data + runs[i].at, runs[i].length);
  }
  for (std::size_t i = count; i-- > 0;) {
    const auto shift = runs[i].shift - forward;
    if (shift > 0) std::memmove(data + runs[i].at + shift, data + runs[i].at, runs[i].length);
  }
}

}  // namespace

void EditList::clear() noexcept {
  count_ = 0;
  text_used_ = 0;
  growth_ = 0;
}

bool EditList::replace(std::size_t at, std::size_t length, std::string_view text) noexcept {
  constexpr std::size_t kFurthest = std::numeric_limits<std::uint32_t>::max() / 2;
  if (at > kFurthest || length > kFurthest || text.size() > kMaxTextBytes - text_used_) return false;
  if (length == 0 && text.empty()) return true;
  if (count_ == kMaxEdits) return false;
  const bool is_last = count_ == 0 || at >= std::size_t{edits_[count_ - 1].at} + edits_[count_ - 1].erase;
  const std::size_t index = is_last ? count_ : make_place(at, length);
  if (index == kNoPlace) return false;
  edits_[index] = {.at = static_cast<std::uint32_t>(at),
                   .erase = static_cast<std::uint32_t>(length),
                   .text = static_cast<std::uint16_t>(text_used_),
                   .length = static_cast<std::uint16_t>(text.size())};
  ++count_;
  if (text.data() != room()) short_copy(room(), text.data(), text.size());
  text_used_ += text.size();
  growth_ += static_cast<std::ptrdiff_t>(text.size()) - static_cast<std::ptrdiff_t>(length);
  return true;
}

std::size_t EditList::make_place(std::size_t at, std::size_t length) noexcept {
  // Insertions stand before an erasure that starts where they insert, and after insertions made there earlier.
  std::size_t index = count_;
  while (index > 0 && (edits_[index - 1].at > at || (edits_[index - 1].at == at && edits_[index - 1].erase > 0))) {
    --index;
  }
  // An erasure that starts at the same offset as another was stepped over, so it shows up as the next edit.
  if (index > 0 && std::size_t{edits_[index - 1].at} + edits_[index - 1].erase > at) return kNoPlace;
  if (index < count_ && at + length > edits_[index].at) return kNoPlace;
  for (std::size_t i = count_; i > index; --i) edits_[i] = edits_[i - 1];
  return index;
}

bool EditList::apply(Room& room) const noexcept {
  if (count_ == 0) return true;
  const auto& last = edits_[count_ - 1];
  if (std::size_t{last.at} + last.erase > room.length) return false;
  const auto most = static_cast<std::ptrdiff_t>(room.headroom);
  const auto least = growth_ - static_cast<std::ptrdiff_t>(room.tailroom);
  if (least > most) return false;

  // The message is split where its bytes begin to move another way. Shifts are those of a message that keeps its first
  // byte in place; by `forward` less they move once its start moves towards the headroom: the choice between `least`
  // and `most` that leaves the longest run in place.
  Runs runs;
  std::size_t count = 0;
  std::size_t at = 0;
  std::size_t longest = 0;
  std::ptrdiff_t shift = 0;
  auto forward = std::clamp<std::ptrdiff_t>(0, least, most);
  const auto end_run = [&](std::size_t end) {
    const std::size_t length = end - at;
    runs[count++] = {at, length, shift};
    if (shift < least || shift > most || length <= longest) return;
    forward = shift;
    longest = length;
  };
  for (const auto& edit : *this) {
    // What a text of the same length replaces stays part of its run: it is written over later.
    if (edit.length == edit.erase) continue;
    end_run(edit.at);
    at = std::size_t{edit.at} + edit.erase;
    shift += std::ptrdiff_t{edit.length} - std::ptrdiff_t{edit.erase};
  }
  end_run(room.length);

  move(runs, count, forward, room.data);
  write_texts(room.data - forward);
  room.data -= forward;
  room.length = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(room.length) + growth_);
  room.headroom = static_cast<std::size_t>(most - forward);
  room.tailroom = static_cast<std::size_t>(forward - least);
  return true;
}

void EditList::write_texts(std::uint8_t* data) const noexcept {
  auto* to = reinterpret_cast<char*>(data);
  for (const auto& edit : *this) {
    const char* const text = text_.data() + edit.text;
    if (edit.length > kShort) {
      std::memcpy(to + edit.at, text, edit.length);
    } else {
      short_copy(to + edit.at, text, edit.length);
    }
    to += std::ptrdiff_t{edit.length} - std::ptrdiff_t{edit.erase};
  }
}

}  // namespace dialplane::sip
