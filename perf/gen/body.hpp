// SPDX-License-Identifier: Apache-2.0
// Bodies and the headers that a method cannot do without. Cold; any thread.
#pragma once

#include "prng.hpp"

#include "dialplane/base/address.hpp"
#include "dialplane/sip/method.hpp"

#include <string>
#include <utility>
#include <vector>

namespace dialplane::gen {

struct Body {
  std::string type;  ///< empty: none
  std::string text;
};

/// A body as this method (or the response to it) usually has one.
Body make_body(sip::Method method, bool is_success_response, const IpAddress& host, Prng& random);

using NameValue = std::pair<std::string, std::string>;

/// Headers a request of this method must have, beyond those of every request.
std::vector<NameValue> method_headers(sip::Method method, std::uint32_t cseq, const std::string& host, Prng& random);

/// Headers seen often, any of which may be left out; in random order.
std::vector<NameValue> optional_headers(const std::string& user, const std::string& host, Prng& random);

}  // namespace dialplane::gen
