// SPDX-License-Identifier: Apache-2.0
// The SSE4.2 kernel. Called only where the processor has it (scanner.cpp).
// The order matters: the .inc files are written in the terms of the header before them.
// clang-format off
#include "simd_sse42.hpp"

#include "scan_kernel.inc"
#include "validate_kernel.inc"
// clang-format on

namespace dialplane::sip {

Fault scan_sse42(std::string_view text, Message& message) noexcept {
  return scan_plain(text, message) ? Fault::kNone : scan_scalar(text, message);
}
Fault validate_sse42(Message& message, Facts& facts) noexcept { return validate_plain(message, facts); }
bool via_sse42(const Message& message, const HeaderRow& row, ViaView& via) noexcept {
  return read_plain_via(message, row, via);
}
bool route_sse42(const Message& message, const HeaderRow& row, UriView& uri) noexcept {
  return read_plain_route(message, row, uri);
}

}  // namespace dialplane::sip
