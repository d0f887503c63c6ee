// SPDX-License-Identifier: Apache-2.0
// What must hold for every message that a stateless proxy forwards, as functions over a proxy: P1 retransmissions,
// P2 transactions, P3 and N3 unchanged bytes (docs/sip-conformance.md). Test thread.
#pragma once

#include "forwarding_rules.hpp"
#include "proxied_messages.hpp"
#include "proxy.hpp"

namespace dialplane::test {

/// Outcome for one generated message.
struct Outcome {
  bool judged = false;  ///< false: the message was answered or dropped, so there was nothing to judge
  Violation violation;
};

/// Properties over two nodes with the same table and keys.
class ProxyProperties {
 public:
  ProxyProperties(Proxy& node, Proxy& other_node, std::uint64_t seed)
      : node_(node), other_node_(other_node), messages_(seed) {}

  /// P1: the same bytes from the same source leave as the same bytes for the same backend, on every node; from another
  /// source port at least with the same branch, for the same backend.
  Outcome retransmission();
  /// P2: INVITE, CANCEL and the ACK to a failure go to one backend with one branch, now and in the dialog that follows;
  /// another transaction has another branch.
  Outcome transaction();
  /// T1: within a dialog, what a strict router before us sent leaves as it would have left without that router.
  Outcome strict_router();
  /// P3: bytes that no rule names leave unchanged and in order.
  Outcome rewriting();
  /// N3: a response loses one Via value and goes to the client that asked.
  Outcome response();

 private:
  Violation judge_transaction(const Transaction& transaction, const Datagram& invite_out);
  Violation same_way(const Datagram& first_out, const Datagram& later, const std::string& what);
  Datagram request_from_outside();

  Proxy& node_;
  Proxy& other_node_;
  ProxiedMessages messages_;
};

}  // namespace dialplane::test
