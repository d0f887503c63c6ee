// SPDX-License-Identifier: Apache-2.0
// Growth of SIP text that damage alone seldom finds: known rows and parameters, list values, padding across vector
// registers, hundreds of rows. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dialplane::fuzz {

/// A longer copy of a message, or of one header value or URI; the same seed makes the same change.
std::string grow(std::string_view text, std::uint32_t seed);

}  // namespace dialplane::fuzz
