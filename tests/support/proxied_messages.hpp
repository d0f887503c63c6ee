// SPDX-License-Identifier: Apache-2.0
// Messages for a proxy to forward, made from generated ones: requests with routes through us, the messages of one
// INVITE transaction, and responses to what was forwarded. Test thread.
//
//   ProxiedMessages messages(seed);
//   const Datagram request = messages.request();
//   const Transaction transaction = messages.transaction(request);
//
// A failing message is found again by its seed and number.
#pragma once

#include "forwarding_rules.hpp"
#include "random.hpp"
#include "sip_generator.hpp"

#include <string>
#include <vector>

namespace dialplane::test {

/// What one client sends for one INVITE, as it may arrive: names of headers respelt, rows in another order, received
/// and rport spoofed, other source ports.
struct Transaction {
  Datagram invite;
  Datagram again;  ///< the INVITE, byte by byte, behind another NAT binding
  Datagram cancel;
  Datagram ack;       ///< to a failure, with the To tag of the response
  Datagram stranger;  ///< an INVITE of another transaction that differs in one field only
  std::string strange_field;
};

class ProxiedMessages {
 public:
  explicit ProxiedMessages(std::uint64_t seed) : generator_(seed), random_(seed ^ 0x5eed) {}

  /// The next request, from outside or (one in six) from a backend to a numeric address.
  Datagram request();
  /// The INVITE transaction of a client that sends `request` as INVITE. `request` comes from outside.
  Transaction transaction(const Datagram& request);
  /// The INVITE's dialog goes on along the Record-Route rows of `forwarded`: the next INVITE of the same client.
  Datagram next_in_dialog(const Transaction& before, const Datagram& forwarded);
  /// `loose` as the strict router before us sends it: the first Route value as Request-URI, the Request-URI as the
  /// last.
  static Datagram from_strict_router(const Datagram& loose);
  /// A response to `forwarded`, as a backend may spell it.
  Datagram response(const Datagram& forwarded);

 private:
  std::string route_rows();
  std::string respelt(std::string_view row);
  std::string spoofed_via(std::string_view row);
  std::string stranger_row(std::string_view row, std::size_t field);
  void shuffle_rows(std::vector<std::string>& rows);
  Datagram resent(const Datagram& request, std::string_view method, bool is_ack);
  Endpoint client();

  SipGenerator generator_;
  Random random_;
};

/// Addresses of the network that these messages cross.
inline constexpr std::size_t kBackends = 4;
Endpoint outer_listener();
Endpoint inner_listener();
Endpoint backend(std::size_t index);

}  // namespace dialplane::test
