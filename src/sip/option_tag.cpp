// SPDX-License-Identifier: Apache-2.0
// Lists of option tags: Supported, Require, Proxy-Require. Any thread.
#include "chars.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/fields.hpp"

namespace dialplane::sip {

bool has_option_tag(const Message& message, HeaderId id, std::string_view tag) noexcept {
  for (const auto* row = message.find(id); row != nullptr; row = message.next(*row)) {
    auto rest = message.value(*row);
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      const auto begin = skip_lws(rest, 0);
      const auto end = trim_lws(rest, std::min(begin, comma), comma);
      if (begin < end && iequals(cut(rest, begin, end - begin), tag)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

}  // namespace dialplane::sip
