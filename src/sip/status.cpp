// SPDX-License-Identifier: Apache-2.0
// The registered response codes. Constant data; any thread.
#include "dialplane/sip/status.hpp"

#include <algorithm>
#include <array>

namespace dialplane::sip {
namespace {

constexpr auto kStatusCodes = std::to_array<StatusCode>({
#define DP_STATUS(code, reason) {code, reason},
#include "dialplane/sip/status_codes.def"
#undef DP_STATUS
});
static_assert(std::ranges::is_sorted(kStatusCodes, {}, &StatusCode::code));

}  // namespace

std::span<const StatusCode> status_codes() noexcept { return kStatusCodes; }

std::string_view status_reason(std::uint16_t code) noexcept {
  const auto* found = std::ranges::lower_bound(kStatusCodes, code, {}, &StatusCode::code);
  return found != kStatusCodes.end() && found->code == code ? found->reason : std::string_view{};
}

}  // namespace dialplane::sip
