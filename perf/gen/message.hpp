// SPDX-License-Identifier: Apache-2.0
// Renders one valid SIP message of a chosen method, size and sender. Cold; any thread.
#pragma once

#include "dialect.hpp"
#include "prng.hpp"
#include "stamp.hpp"

#include "dialplane/base/address.hpp"
#include "dialplane/sip/method.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dialplane::gen {

/// What to render.
struct MessageSpec {
  sip::Method method = sip::Method::kOptions;
  std::uint16_t status = 0;  ///< 0: a request
  bool in_dialog = false;    ///< with To tag and a Route to the service
  bool to_service = false;   ///< Request-URI without user: a ping of the service itself
  std::size_t bytes = 0;     ///< wanted size; what is needed for a valid message may exceed it
  Endpoint client;
  Endpoint service;
};

struct Rendered {
  std::string text;
  std::vector<Slot> slots;  ///< offsets from the first byte of `text`
};

/// A message that passes the checks of a strict proxy. Equal specs, dialects and generator states give equal bytes.
Rendered render_message(const MessageSpec& spec, const Dialect& dialect, Prng& random);

}  // namespace dialplane::gen
