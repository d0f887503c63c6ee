// SPDX-License-Identifier: Apache-2.0
// Method tokens and their properties, from methods.def. Constant data; any thread.
#include "dialplane/sip/method.hpp"

#include "method_table.hpp"

#include <array>

namespace dialplane::sip {
namespace {

struct MethodInfo {
  std::string_view text;
  std::string_view source;
  bool record_routed;
  bool may_form_dialog;
};

constexpr std::array<MethodInfo, kMethodCount> kMethods = {{
#define DP_METHOD(id, text, source, record_routed, forms_dialog) {text, source, record_routed, forms_dialog},
#include "dialplane/sip/methods.def"
#undef DP_METHOD
    {"other", "", true, false},
}};

const MethodInfo& info(Method method) noexcept { return kMethods[static_cast<std::size_t>(method)]; }

}  // namespace

Method find_method(std::string_view token) noexcept {
  return token.empty() ? Method::kOther : kMethodTable.find(word_of(token), token);
}

std::string_view method_name(Method method) noexcept { return info(method).text; }
std::string_view method_source(Method method) noexcept { return info(method).source; }
bool is_record_routed(Method method) noexcept { return info(method).record_routed; }
bool may_form_dialog(Method method) noexcept { return info(method).may_form_dialog; }

}  // namespace dialplane::sip
