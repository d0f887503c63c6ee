// SPDX-License-Identifier: Apache-2.0
// A list of planned edits to one message and the single pass that applies them. One owner at a time; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::sip {

/// The bytes an edit may touch: the message and the free room round it.
struct Room {
  std::uint8_t* data = nullptr;  ///< first byte of the message
  std::size_t length = 0;
  std::size_t headroom = 0;  ///< free bytes before data
  std::size_t tailroom = 0;  ///< free bytes after data + length
};

/// Planned insertions, erasures and replacements, all in offsets of the unedited message.
/// Edits may be added in any order but must not overlap; insertions at one offset keep the order they were added in.
/// Inserted text is copied into the list, so its source may be the message itself.
class EditList {
 public:
  static constexpr std::size_t kMaxEdits = 48;
  static constexpr std::size_t kMaxTextBytes = 2048;
  static constexpr std::size_t kSpareBytes = 96;

  void clear() noexcept;
  /// Each returns false, and leaves the list unchanged, if the list or its text is full or the edit overlaps another.
  [[nodiscard]] bool insert(std::size_t at, std::string_view text) noexcept { return replace(at, 0, text); }
  [[nodiscard]] bool erase(std::size_t at, std::size_t length) noexcept { return replace(at, length, {}); }
  [[nodiscard]] bool replace(std::size_t at, std::size_t length, std::string_view text) noexcept;

  /// Where the text of the next edit is kept: text written there and then handed to one of the above is not copied
  /// again. Units: kMaxTextBytes less what was taken before, and at least kSpareBytes.
  [[nodiscard]] char* room() noexcept { return text_.data() + text_used_; }

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// Bytes the message grows by (negative: shrinks).
  [[nodiscard]] std::ptrdiff_t growth() const noexcept { return growth_; }

  /// Applies every edit in one pass, keeping the longest run that fits in place and moving the rest towards headroom
  /// or tailroom, whichever moves fewer bytes. On success `room` describes the edited message.
  /// Errors: false, with nothing changed, if neither room is large enough (headroom and tailroom may be used together)
  /// or an edit lies outside the message.
  [[nodiscard]] bool apply(Room& room) const noexcept;

  struct Edit {
    std::uint32_t at = 0;
    std::uint32_t erase = 0;
    std::uint16_t text = 0;    ///< offset in the text arena
    std::uint16_t length = 0;  ///< bytes inserted
  };
  /// The edits in ascending order, for `explain`.
  [[nodiscard]] const Edit* begin() const noexcept { return edits_.data(); }
  [[nodiscard]] const Edit* end() const noexcept { return edits_.data() + count_; }
  [[nodiscard]] std::string_view inserted(const Edit& edit) const noexcept {
    return {text_.data() + edit.text, edit.length};
  }

 private:
  static constexpr std::size_t kNoPlace = kMaxEdits;
  /// Opens a place in the order of the edits. Errors: kNoPlace if the new edit would overlap one.
  std::size_t make_place(std::size_t at, std::size_t length) noexcept;
  /// Puts the texts into a message whose first byte now lies at `data`.
  void write_texts(std::uint8_t* data) const noexcept;

  std::array<Edit, kMaxEdits> edits_;
  std::array<char, kMaxTextBytes + kSpareBytes> text_;
  std::size_t count_ = 0;
  std::size_t text_used_ = 0;
  std::ptrdiff_t growth_ = 0;
};

}  // namespace dialplane::sip
