// SPDX-License-Identifier: Apache-2.0
// SIP methods by number: the 14 known ones and `other`. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::sip {

enum class Method : std::uint8_t {
#define DP_METHOD(id, text, source, record_routed, forms_dialog) id,
#include "dialplane/sip/methods.def"
#undef DP_METHOD
  kOther,
};

inline constexpr std::size_t kMethodCount = static_cast<std::size_t>(Method::kOther) + 1;

/// The method a token names, case-sensitively; kOther for an extension method. Source: RFC 3261 §7.1.
Method find_method(std::string_view token) noexcept;
/// "INVITE", …, "other".
std::string_view method_name(Method method) noexcept;
/// The RFC that defines it; empty for kOther.
std::string_view method_source(Method method) noexcept;
/// True if a proxy that stays in the dialog record-routes it; so are extension methods. Source: RFC 3261 §16.6 step 4.
bool is_record_routed(Method method) noexcept;
/// True if, without a To tag, it can open a dialog, a registration or a publication.
bool may_form_dialog(Method method) noexcept;

}  // namespace dialplane::sip
