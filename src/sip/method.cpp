// SPDX-License-Identifier: Apache-2.0
// Method tokens and their properties, from methods.def. Constant data; any thread.
#include "dialplane/sip/method.hpp"

#include <algorithm>
#include <array>

namespace dialplane::sip {
namespace {

struct MethodInfo {
  std::string_view text;
  std::string_view source;
  bool record_routed;
  bool may_form_dialog;
  std::uint64_t word;
};

constexpr std::size_t kWordBytes = 8;

/// The first eight bytes as a number, so that one comparison settles nearly every token.
constexpr std::uint64_t first_word(std::string_view text) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < std::min(text.size(), kWordBytes); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  }
  return word;
}

constexpr std::array<MethodInfo, kMethodCount> kMethods = {{
#define DP_METHOD(id, text, source, record_routed, forms_dialog) \
  {text, source, record_routed, forms_dialog, first_word(text)},
#include "dialplane/sip/methods.def"
#undef DP_METHOD
    {"other", "", true, false, 0},
}};

constexpr std::size_t kLongestMethod = 9;

const MethodInfo& info(Method method) noexcept { return kMethods[static_cast<std::size_t>(method)]; }

}  // namespace

Method find_method(std::string_view token) noexcept {
  if (token.size() > kLongestMethod) return Method::kOther;
  const auto word = first_word(token);
  for (std::size_t i = 0; i + 1 < kMethodCount; ++i) {
    if (kMethods[i].word == word && kMethods[i].text == token) return static_cast<Method>(i);
  }
  return Method::kOther;
}

std::string_view method_name(Method method) noexcept { return info(method).text; }
std::string_view method_source(Method method) noexcept { return info(method).source; }
bool is_record_routed(Method method) noexcept { return info(method).record_routed; }
bool may_form_dialog(Method method) noexcept { return info(method).may_form_dialog; }

}  // namespace dialplane::sip
