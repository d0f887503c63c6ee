// SPDX-License-Identifier: Apache-2.0
// From a datagram to a header index, by the widest vector instructions the processor has. Any thread; no allocation;
// never reads past the datagram.
#pragma once

#include "dialplane/sip/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::sip {

/// The instruction sets that scan() and validate() are compiled for. All give the same index and the same verdicts.
enum class Kernel : std::uint8_t { kScalar, kSse42, kAvx2, kAvx512 };
inline constexpr std::size_t kKernelCount = 4;

/// Names a kernel in the environment; what it names is used from start if the processor has it.
inline constexpr const char* kKernelVariable = "DIALPLANE_SIMD";

/// "scalar", "sse42", "avx2", "avx512".
std::string_view kernel_name(Kernel kernel) noexcept;
std::optional<Kernel> find_kernel(std::string_view name) noexcept;
/// True if this processor has what the kernel needs.
bool kernel_available(Kernel kernel) noexcept;
/// The one in use: the best available, or what kKernelVariable names.
Kernel active_kernel() noexcept;
/// Makes scan() and validate() use another kernel. Errors: false, and nothing changes, if the processor lacks it.
/// Thread: any, but meant for tests and benchmarks.
bool select_kernel(Kernel kernel) noexcept;

/// Finds the start line and every header row of one datagram and fills `message`, whose views point into `datagram`.
/// Long and compact names, any case, blanks before the colon and folded lines are understood.
/// Errors: the first fault met (kNotSip … kTooLarge, kDuplicate); `message` then holds what was read before it, and
/// headers_end == 0 unless the whole section was indexed (kDuplicate keeps a full index, so it can be answered).
/// Cost: one pass over the header section. Source: RFC 3261 §7, §25.1.
Fault scan(std::string_view datagram, Message& message) noexcept;

}  // namespace dialplane::sip
