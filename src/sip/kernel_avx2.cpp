// SPDX-License-Identifier: Apache-2.0
// The AVX2 kernel. Called only where the processor has it (scanner.cpp).
// The order matters: the .inc files are written in the terms of the header before them.
// clang-format off
#include "simd_avx2.hpp"

#include "scan_kernel.inc"
#include "validate_kernel.inc"
// clang-format on

namespace dialplane::sip {

Fault scan_avx2(std::string_view text, Message& message) noexcept {
  return scan_plain(text, message) ? Fault::kNone : scan_scalar(text, message);
}
Fault validate_avx2(Message& message, Facts& facts) noexcept { return validate_plain(message, facts); }
bool via_avx2(const Message& message, const HeaderRow& row, ViaView& via) noexcept {
  return read_plain_via(message, row, via);
}
bool route_avx2(const Message& message, const HeaderRow& row, UriView& uri) noexcept {
  return read_plain_route(message, row, uri);
}

}  // namespace dialplane::sip
