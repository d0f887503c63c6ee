// SPDX-License-Identifier: Apache-2.0
// The AVX-512BW kernel. Called only where the processor has it (scanner.cpp).
// The order matters: the .inc files are written in the terms of the header before them.
// clang-format off
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 takes the undefined operand inside its own mask intrinsics for a mistake of ours.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include "simd_avx512.hpp"

#include "scan_kernel.inc"
#include "validate_kernel.inc"
// clang-format on

namespace dialplane::sip {

Fault scan_avx512(std::string_view text, Message& message) noexcept {
  return scan_plain(text, message) ? Fault::kNone : scan_scalar(text, message);
}
Fault validate_avx512(Message& message, Facts& facts) noexcept { return validate_plain(message, facts); }
bool via_avx512(const Message& message, const HeaderRow& row, ViaView& via) noexcept {
  return read_plain_via(message, row, via);
}
bool route_avx512(const Message& message, const HeaderRow& row, UriView& uri) noexcept {
  return read_plain_route(message, row, uri);
}

}  // namespace dialplane::sip
