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

using Runs = std::array<Run, EditList::kMaxEdits + 1>;

/// Splits the message where its bytes begin to move another way; shifts are those of a message that keeps its first
/// byte in place. What a text of the same length replaces stays part of its run: it is written over later.
std::size_t split(const EditList& list, std::size_t length, Runs& runs) noexcept {
  std::size_t count = 0;
  std::size_t at = 0;
  std::ptrdiff_t shift = 0;
  for (const auto& edit : list) {
    if (edit.length == edit.erase) continue;
    runs[count++] = {at, edit.at - at, shift};
    at = std::size_t{edit.at} + edit.erase;
    shift += std::ptrdiff_t{edit.length} - std::ptrdiff_t{edit.erase};
  }
  runs[count++] = {at, length - at, shift};
  return count;
}

/// How far the start of the message moves towards the headroom: the choice between `least` and `most` that leaves the
/// longest run in place.
std::ptrdiff_t choose_forward(const Runs& runs, std::size_t count, std::ptrdiff_t least, std::ptrdiff_t most) noexcept {
  auto best = std::clamp<std::ptrdiff_t>(0, least, most);
  std::size_t longest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool fits = runs[i].shift >= least && runs[i].shift <= most;
    if (!fits || runs[i].length <= longest) continue;
    best = runs[i].shift;
    longest = runs[i].length;
  }
  return best;
}

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
}

bool EditList::replace(std::size_t at, std::size_t length, std::string_view text) noexcept {
  constexpr std::size_t kFurthest = std::numeric_limits<std::uint32_t>::max() / 2;
  if (at > kFurthest || length > kFurthest || text.size() > kMaxTextBytes - text_used_) return false;
  if (length == 0 && text.empty()) return true;
  if (count_ == kMaxEdits) return false;

  // Insertions stand before an erasure that starts where they insert, and after insertions made there earlier.
  std::size_t index = count_;
  while (index > 0 && (edits_[index - 1].at > at || (edits_[index - 1].at == at && edits_[index - 1].erase > 0))) {
    --index;
  }
  // An erasure that starts at the same offset as another was stepped over, so it shows up as the next edit.
  if (index > 0 && std::size_t{edits_[index - 1].at} + edits_[index - 1].erase > at) return false;
  if (index < count_ && at + length > edits_[index].at) return false;

  for (std::size_t i = count_; i > index; --i) edits_[i] = edits_[i - 1];
  edits_[index] = {.at = static_cast<std::uint32_t>(at),
                   .erase = static_cast<std::uint32_t>(length),
                   .text = static_cast<std::uint16_t>(text_used_),
                   .length = static_cast<std::uint16_t>(text.size())};
  ++count_;
  if (text.data() != room()) short_copy(room(), text.data(), text.size());
  text_used_ += text.size();
  return true;
}

std::ptrdiff_t EditList::growth() const noexcept {
  std::ptrdiff_t growth = 0;
  for (const auto& edit : *this) growth += std::ptrdiff_t{edit.length} - std::ptrdiff_t{edit.erase};
  return growth;
}

bool EditList::apply(Room& room) const noexcept {
  if (count_ == 0) return true;
  const auto& last = edits_[count_ - 1];
  if (std::size_t{last.at} + last.erase > room.length) return false;
  Runs runs;
  const auto count = split(*this, room.length, runs);
  const auto total = growth();
  const auto most = static_cast<std::ptrdiff_t>(room.headroom);
  const auto least = total - static_cast<std::ptrdiff_t>(room.tailroom);
  if (least > most) return false;

  const auto forward = choose_forward(runs, count, least, most);
  move(runs, count, forward, room.data);
  std::ptrdiff_t shift = -forward;
  for (std::size_t i = 0; i < count_; ++i) {
    const auto& edit = edits_[i];
    auto* const to = reinterpret_cast<char*>(room.data + edit.at + shift);
    short_copy(to, text_.data() + edit.text, edit.length);
    shift += std::ptrdiff_t{edit.length} - std::ptrdiff_t{edit.erase};
  }
  room.data -= forward;
  room.length = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(room.length) + total);
  room.headroom = static_cast<std::size_t>(most - forward);
  room.tailroom = static_cast<std::size_t>(forward - least);
  return true;
}

}  // namespace dialplane::sip
