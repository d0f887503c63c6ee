// SPDX-License-Identifier: Apache-2.0
// Which bytes of a message a proxy may change, told without the proxy's own code: requests by RFC 3261 §16.4 and §16.6,
// responses by §16.11. Test code.
#pragma once

#include "dialplane/base/address.hpp"

#include <string>

namespace dialplane::test {

/// One SIP message on its way between two endpoints.
struct Datagram {
  std::string bytes;
  Endpoint source;
  Endpoint destination;
};

/// What is wrong; empty if nothing is.
using Violation = std::string;

/// The addresses and names that stand for the proxy itself, all at port 5060.
bool is_own_host(std::string_view host);

/// Compares a request with what left for it. Allowed and asked for: our Via, Record-Route or Path and a missing
/// Max-Forwards behind the start line; received and rport of the topmost Via as the packet came; Max-Forwards one less;
/// leading own Route values gone; line ends before the start line and octets behind the body gone. Every other byte
/// must be there, in its place.
Violation judge_forwarded_request(const Datagram& in, const Datagram& out);

/// Compares a response with what left for it: one Via value less, in its row or with its row; nothing else but surplus.
Violation judge_forwarded_response(const Datagram& in, const Datagram& out);

}  // namespace dialplane::test
