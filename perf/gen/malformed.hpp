// SPDX-License-Identifier: Apache-2.0
// Damages a valid message in one named way. Cold; any thread.
#pragma once

#include "prng.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dialplane::gen {

/// Ways to damage a message; each makes it one that a strict proxy refuses.
enum class Damage : std::uint8_t {
  kBareLineFeeds,
  kNoEmptyLine,
  kTruncatedHeaders,
  kNoVia,
  kNoCallId,
  kNoCSeq,
  kNoFrom,
  kNoTo,
  kTwoCallIds,
  kTwoCSeqs,
  kContentLengthTooLarge,
  kContentLengthNegative,
  kCSeqOverflow,
  kCSeqOtherMethod,
  kVersion,
  kNulInHeader,
  kViaPort,
  kLineWithoutColon,
  kGarbage,
};
inline constexpr std::size_t kDamageCount = static_cast<std::size_t>(Damage::kGarbage) + 1;

std::string_view damage_name(Damage damage) noexcept;

/// Precondition: `text` is a request from render_message with long header names.
std::string apply_damage(std::string text, Damage damage, Prng& random);

}  // namespace dialplane::gen
