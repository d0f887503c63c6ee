// SPDX-License-Identifier: Apache-2.0
// Parameters of a Via beyond those the proxy always reads: maddr, ttl and unknown ones. Any thread; no allocation.
#pragma once

#include "dialplane/sip/fields.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::sip {

/// One `;name` or `;name=value`.
struct ViaParameterView {
  std::string_view name;
  std::string_view value;  ///< without quotes; empty if there is none
  bool has_value = false;
};

/// Walks every parameter of a Via value in order, known or not.
class ViaParameterCursor {
 public:
  /// Lifetime: the message's bytes must outlive the cursor.
  ViaParameterCursor(const Message& message, const ViaView& via) noexcept;
  /// Reads the next one into `parameter`; false at the end.
  bool next(ViaParameterView& parameter) noexcept;

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// The value of the first parameter with this name, in any case; "" if it has none. Errors: nullopt if absent.
std::optional<std::string_view> find_via_parameter(const Message& message, const ViaView& via,
                                                   std::string_view name) noexcept;

/// The host in `maddr`. Nothing is ever sent there (docs/sip-conformance.md, X7). Errors: nullopt if absent or no host.
std::optional<std::string_view> via_maddr(const Message& message, const ViaView& via) noexcept;

/// The `ttl`, 0 to 255. Errors: nullopt if absent or out of range. Source: RFC 3261 §20.42, §25.1.
std::optional<std::uint8_t> via_ttl(const Message& message, const ViaView& via) noexcept;

}  // namespace dialplane::sip
