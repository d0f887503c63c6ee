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

/// As scan_scalar for a text without leading CRLF.
using ScanKernel = Fault (*)(std::string_view text, Message& message) noexcept;
/// As validate_scalar.
using ValidateKernel = Fault (*)(Message& message, Facts& facts) noexcept;

Fault scan_sse42(std::string_view text, Message& message) noexcept;
Fault scan_avx2(std::string_view text, Message& message) noexcept;
Fault scan_avx512(std::string_view text, Message& message) noexcept;
Fault validate_sse42(Message& message, Facts& facts) noexcept;
Fault validate_avx2(Message& message, Facts& facts) noexcept;
Fault validate_avx512(Message& message, Facts& facts) noexcept;

}  // namespace dialplane::sip
