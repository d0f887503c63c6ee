// SPDX-License-Identifier: Apache-2.0
// Reads which methods a listener takes and the header it names clients in. Build or control thread.
#include "sections.hpp"
#include "values.hpp"

#include "dialplane/base/text.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace dialplane::config {
namespace {

constexpr std::array kMethods{
#define DP_METHOD(id, text, source, record_routed, forms_dialog) std::string_view(text),
#include "dialplane/sip/methods.def"
#undef DP_METHOD
};

/// Headers that mean something to SIP servers.
constexpr std::array kHeaders{
#define DP_HEADER(id, name, compact, single, source) std::string_view(name),
#include "dialplane/sip/headers.def"
#undef DP_HEADER
};

constexpr std::size_t kMaxHeaderName = 64;

bool is_name_char(char c) noexcept {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::vector<std::string> read_methods(const SectionReader& section, Side side) {
  section.refuse_empty_list("methods", "name a method, or leave the key out for all methods");
  std::vector<std::string> methods;
  const std::vector<Located> given = section.texts("methods");
  if (!given.empty() && side == Side::kInside) {
    section.problems().add(given.front().location, "a listener whose side is inside takes every method",
                           "say it on the listener that callers reach");
  }
  for (const Located& method : given) {
    if (method.text == "*" && given.size() == 1) return {};
    if (std::ranges::find(kMethods, method.text) == kMethods.end()) {
      section.problems().add(method.location, fmt::format("`methods` cannot have \"{}\"", method.text),
                             fmt::format("give \"*\" alone, or some of {}", fmt::join(kMethods, ", ")));
    } else {
      methods.push_back(method.text);
    }
  }
  return methods;
}

std::string read_source_header(const SectionReader& section) {
  const auto name = section.text("source_header");
  if (!name || name->text.empty()) return {};
  const bool is_known =
      std::ranges::any_of(kHeaders, [&](std::string_view header) { return iequals(header, name->text); });
  if (is_known || name->text.size() < 2 || name->text.size() > kMaxHeaderName ||
      !std::ranges::all_of(name->text, is_name_char)) {
    section.problems().add(name->location, fmt::format("`source_header` cannot be \"{}\"", name->text),
                           "give a name of your own, such as \"X-Source-Address\": 2 to 64 letters, digits, '-', '_' "
                           "or '.'");
    return {};
  }
  return name->text;
}

}  // namespace dialplane::config
