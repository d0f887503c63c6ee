// SPDX-License-Identifier: Apache-2.0
// The kernels behind scan() and validate(). A vector kernel reads what well-formed messages look like and leaves the
// rest to the scalar one, which alone decides what is wrong with a message. Any thread; no allocation.
#pragma once

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/message.hpp"

#include <string_view>

namespace dialplane::sip {

/// Scans any text of at most 65 535 bytes; `message` is reset. The verdicts of this one are the ones that count.
Fault scan_scalar(std::string_view text, Message& message) noexcept;
/// The checks of validate(), field by field.
Fault validate_scalar(Message& message, Facts& facts) noexcept;

/// Reads a Via row that holds one value in the plain form into `via`, which is empty. Errors: false if parse_via() has
/// to read it; `via` means nothing then.
bool via_row(const Message& message, const HeaderRow& row, ViaView& via) noexcept;
/// The same for a Route row that is one URI in brackets, and parse_uri().
bool route_row(const Message& message, const HeaderRow& row, UriView& uri) noexcept;

/// As scan_scalar for a text without leading CRLF.
using ScanKernel = Fault (*)(std::string_view text, Message& message) noexcept;
/// As validate_scalar.
using ValidateKernel = Fault (*)(Message& message, Facts& facts) noexcept;
/// As via_row and route_row.
using ViaKernel = bool (*)(const Message& message, const HeaderRow& row, ViaView& via) noexcept;
using RouteKernel = bool (*)(const Message& message, const HeaderRow& row, UriView& uri) noexcept;

Fault scan_sse42(std::string_view text, Message& message) noexcept;
Fault scan_avx2(std::string_view text, Message& message) noexcept;
Fault scan_avx512(std::string_view text, Message& message) noexcept;
Fault validate_sse42(Message& message, Facts& facts) noexcept;
bool via_sse42(const Message& message, const HeaderRow& row, ViaView& via) noexcept;
bool route_sse42(const Message& message, const HeaderRow& row, UriView& uri) noexcept;
Fault validate_avx2(Message& message, Facts& facts) noexcept;
bool via_avx2(const Message& message, const HeaderRow& row, ViaView& via) noexcept;
bool route_avx2(const Message& message, const HeaderRow& row, UriView& uri) noexcept;
Fault validate_avx512(Message& message, Facts& facts) noexcept;
bool via_avx512(const Message& message, const HeaderRow& row, ViaView& via) noexcept;
bool route_avx512(const Message& message, const HeaderRow& row, UriView& uri) noexcept;

}  // namespace dialplane::sip
