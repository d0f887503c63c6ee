// SPDX-License-Identifier: Apache-2.0
// A configuration of two networks and the messages of one caller. Test code.
#pragma once

#include <string>

namespace dialplane::test {

/// A port to each network and the gateway outside.
inline const std::string kTwoPorts = R"([runtime]
worker_cpus = [1]
[node]
name = "lb1"
[[port]]
name = "edge0"
device = "net_null0"
addresses = ["198.51.100.2/24"]
routes = ["default via 198.51.100.1"]
[[port]]
name = "core0"
device = "net_null1"
addresses = ["10.0.0.2/24"]
[[neighbor]]
port = "edge0"
address = "198.51.100.1"
mac = "02:00:00:00:01:01"
)";

/// Both listeners end without an empty line, so that more keys may follow.
inline const std::string kPublicListener = R"([[listener]]
name = "public"
address = "udp:203.0.113.10:5060"
side = "outside"
ports = ["edge0"]
pool = "sbc"
inner = ["core"]
)";
inline const std::string kCoreListener = R"([[listener]]
name = "core"
address = "udp:10.0.0.1:5060"
side = "inside"
ports = ["core0"]
outer = ["public"]
)";

/// Ends with the only backend of the only pool.
inline const std::string kTwoNetworks = kTwoPorts + R"([[neighbor]]
port = "core0"
address = "10.0.0.11"
mac = "02:00:00:00:02:11"
)" + kPublicListener + kCoreListener + R"([[pool]]
name = "sbc"
[[pool.backend]]
name = "sbc1"
address = "10.0.0.11:5060"
)";

/// A request of a caller behind NAT, with CRLF line ends.
inline std::string request(const std::string& method, const std::string& call_id = "7f3@10.1.1.5") {
  return method +
         " sip:bob@example.com SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bKabc;rport\r\n"
         "Max-Forwards: 70\r\n"
         "From: <sip:alice@example.net>;tag=a1\r\n"
         "To: <sip:bob@example.com>\r\n"
         "Call-ID: " +
         call_id +
         "\r\n"
         "CSeq: 1 " +
         method +
         "\r\n"
         "Contact: <sip:alice@10.1.1.5>\r\n"
         "Content-Length: 0\r\n\r\n";
}

}  // namespace dialplane::test
