// SPDX-License-Identifier: Apache-2.0
// Methods by perfect hash of their first eight bytes. Constants and pure functions; any thread.
#pragma once

#include "words.hpp"

#include "dialplane/sip/method.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::sip {

class MethodTable {
 public:
  constexpr MethodTable() noexcept {
    for (multiplier_ = 1; !fill(); multiplier_ = multiplier_ * kNextMultiplier + 2) {
    }
  }
  /// `word`: the first eight bytes of the token, zeros after its end.
  [[nodiscard]] Method find(std::uint64_t word, std::string_view token) const noexcept {
    const auto method = slots_[slot(word)];
    const auto& text = kTexts[static_cast<std::size_t>(method)];
    // Two methods may share eight bytes with longer tokens; the ninth byte of SUBSCRIBE decides for it.
    const bool same =
        words_[static_cast<std::size_t>(method)] == word && text.size() == token.size() && text.back() == token.back();
    return same ? method : Method::kOther;
  }

 private:
  static constexpr std::size_t kSlotBits = 6;
  static constexpr std::uint64_t kNextMultiplier = 0x5851f42d4c957f2d;
  static constexpr std::array<std::string_view, kMethodCount> kTexts = {
#define DP_METHOD(id, text, source, record_routed, forms_dialog) text,
#include "dialplane/sip/methods.def"
#undef DP_METHOD
      "other"};

  [[nodiscard]] constexpr std::size_t slot(std::uint64_t word) const noexcept {
    return word * multiplier_ >> (64 - kSlotBits);
  }
  constexpr bool fill() noexcept {
    slots_.fill(Method::kOther);
    words_[kMethodCount - 1] = ~std::uint64_t{0};
    for (std::size_t i = 0; i + 1 < kMethodCount; ++i) {
      words_[i] = word_of(kTexts[i]);
      auto& cell = slots_[slot(words_[i])];
      if (cell != Method::kOther) return false;
      cell = static_cast<Method>(i);
    }
    return true;
  }

  std::array<Method, std::size_t{1} << kSlotBits> slots_{};
  std::array<std::uint64_t, kMethodCount> words_{};
  std::uint64_t multiplier_ = 0;
};

inline constexpr MethodTable kMethodTable;

}  // namespace dialplane::sip
