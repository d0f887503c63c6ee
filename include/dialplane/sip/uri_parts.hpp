// SPDX-License-Identifier: Apache-2.0
// The inside of tel and urn URIs as views. Any thread; no allocation; zero copy.
#pragma once

#include <optional>
#include <string_view>

namespace dialplane::sip {

/// `tel:+1-201-555-0123` or `tel:7042;phone-context=example.com`. Source: RFC 3966 §3.
struct TelView {
  std::string_view number;         ///< as written, with its '+' and visual separators
  bool global = false;             ///< starts with '+': the same everywhere
  std::string_view phone_context;  ///< local numbers: where the number means something
  std::string_view parameters;     ///< from the first ';' (included); empty if none
};

/// Parses a tel URI without angle brackets.
/// Errors: nullopt for another scheme, a number without digits or with foreign characters, a local number without
/// phone-context.
std::optional<TelView> parse_tel(std::string_view uri) noexcept;

/// `urn:service:sos.police`. Source: RFC 8141 §2.
struct UrnView {
  std::string_view nid;  ///< namespace, "service"; compared without regard to case
  std::string_view nss;  ///< what it names there, "sos.police"; up to "?+", "?=" or '#'
};

/// Parses a URN without angle brackets.
/// Errors: nullopt for another scheme, a namespace outside the grammar or an empty name.
std::optional<UrnView> parse_urn(std::string_view uri) noexcept;

/// True for `urn:service:sos` and what stands below it: emergency calls. Source: RFC 5031 §3.
bool is_emergency_urn(std::string_view uri) noexcept;

}  // namespace dialplane::sip
