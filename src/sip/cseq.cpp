// SPDX-License-Identifier: Apache-2.0
// CSeq values, RFC 3261 §20.16. Any thread; no allocation.
#include "chars.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/fields.hpp"

#include <limits>

namespace dialplane::sip {

std::optional<CSeqView> parse_cseq(std::string_view value) noexcept {
  std::size_t at = 0;
  while (at < value.size() && is_digit(value[at])) ++at;
  const auto number = parse_decimal(cut(value, 0, at), std::numeric_limits<std::uint32_t>::max());
  const auto method = skip_lws(value, at);
  if (!number || method == at || !is_token(cut(value, method))) return std::nullopt;
  return CSeqView{.number = static_cast<std::uint32_t>(*number), .method = cut(value, method)};
}

}  // namespace dialplane::sip
