// SPDX-License-Identifier: Apache-2.0
// The dialog that Replaces, Join or Target-Dialog names. Any thread; no allocation; zero copy.
#pragma once

#include "dialplane/sip/message.hpp"

#include <optional>
#include <string_view>

namespace dialplane::sip {

/// A dialog as its receiver knows it, whichever header names it.
struct DialogIdView {
  std::string_view call_id;
  std::string_view local_tag;   ///< the receiver's own: to-tag of Replaces and Join, local-tag of Target-Dialog
  std::string_view remote_tag;  ///< its peer's: from-tag of Replaces and Join, remote-tag of Target-Dialog
  bool early_only = false;      ///< Replaces only: not once the dialog is confirmed
};

/// Parses one value of `header`, which is kReplaces, kJoin or kTargetDialog.
/// Errors: nullopt for another header, a Call-ID that is no word, or a tag that is missing, quoted or given twice.
/// Source: RFC 3891 §6.1, RFC 3911 §7.1, RFC 4538 §7.
std::optional<DialogIdView> parse_dialog_id(HeaderId header, std::string_view value) noexcept;

/// The dialog that the only row of `header` names.
/// Errors: nullopt also if the header is absent or stands in several rows, which is ambiguous (RFC 3891 §3).
std::optional<DialogIdView> find_dialog_id(const Message& message, HeaderId header) noexcept;

/// The dialog that a request which opens one wants to take over, join or be let in for: by Replaces, else by Join, else
/// by Target-Dialog.
std::optional<DialogIdView> find_named_dialog(const Message& message) noexcept;

}  // namespace dialplane::sip
