// SPDX-License-Identifier: Apache-2.0
// SIP, tel and urn URIs as views. Any thread; no allocation.
#pragma once

#include "dialplane/base/address.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::sip {

enum class Scheme : std::uint8_t { kSip, kSips, kTel, kUrn, kOther };

/// A parsed URI. Views point into the text that was parsed; IPv6 hosts keep their brackets in `host`.
struct UriView {
  Scheme scheme = Scheme::kOther;
  std::string_view scheme_text;
  std::string_view user;  ///< without password; empty if absent (tel: the number)
  bool has_user = false;
  std::string_view host;        ///< sip and sips only
  std::uint16_t port = 0;       ///< 0: absent
  std::string_view parameters;  ///< from the first ';' (included) to '?' or the end; empty if none
  bool has_headers = false;     ///< a '?headers' part is present

  /// The host as a numeric address, nullopt for a name.
  [[nodiscard]] std::optional<IpAddress> numeric_host() const noexcept { return IpAddress::parse(host); }
};

/// Parses a URI without surrounding angle brackets.
/// Errors: nullopt if it has no scheme, or is sip/sips and its host, port or IPv6 reference is not well formed, or it
/// contains white space, '<', '>' or control bytes. Source: RFC 3261 §19.1.1, §25.1.
std::optional<UriView> parse_uri(std::string_view text) noexcept;

/// Finds `;name` or `;name=value` in a parameter text (as UriView::parameters or ViaView::parameters),
/// case-insensitively; quoted values are returned without their quotes. Errors: nullopt if absent; a parameter without
/// '=' gives "".
std::optional<std::string_view> find_parameter(std::string_view parameters, std::string_view name) noexcept;

}  // namespace dialplane::sip
