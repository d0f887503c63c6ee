// SPDX-License-Identifier: Apache-2.0
// The real packet path in another setting, seen as the usual one: what must hold for every message holds there too, and
// is judged by the same rules. Test thread.
#pragma once

#include "proxy.hpp"

#include <string>
#include <string_view>

namespace dialplane::test {

/// IPv6 on both sides. Every address of the usual network stands for one of IPv6, in packets and in header sections,
/// and an IPv4-mapped address for another spelling of it; bodies stay as they are.
class Ipv6Proxy : public Proxy {
 public:
  Ipv6Proxy();
  std::optional<Datagram> forward(const Datagram& in) override;

 private:
  RealProxy real_;
};

/// A listener with `source_header`. Requests from outside come with two rows of that name; one must leave, with the
/// packet's source. It is taken away again; if it is wrong or missing, a row that nobody expects stays behind.
class SourceHeaderProxy : public Proxy {
 public:
  SourceHeaderProxy();
  std::optional<Datagram> forward(const Datagram& in) override;

 private:
  RealProxy real_;
};

}  // namespace dialplane::test
