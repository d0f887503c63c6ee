// SPDX-License-Identifier: Apache-2.0
// The packet path as a function from datagram to datagram: two networks, four backends. Test thread.
#pragma once

#include "forwarding_rules.hpp"
#include "pipeline_fixture.hpp"

#include "dialplane/pipeline/pipeline.hpp"

#include <memory>
#include <optional>
#include <string>

namespace dialplane::test {

/// Something that forwards SIP messages, rightly or not.
class Proxy {
 public:
  virtual ~Proxy() = default;
  /// What leaves for `in`; nullopt if it is answered or dropped.
  virtual std::optional<Datagram> forward(const Datagram& in) = 0;
};

/// The configuration of the addresses in proxied_messages.hpp; the listener "public" is its last section.
std::string two_networks_with_four_backends();

/// The real pipeline of one node and worker, with fixed keys. Two of them are two nodes of one cluster.
class RealProxy : public Proxy {
 public:
  RealProxy() : RealProxy(two_networks_with_four_backends(), "10.0.0.1:5060") {}
  /// `inner`: the listener where the backends are.
  RealProxy(const std::string& configuration, const std::string& inner);
  std::optional<Datagram> forward(const Datagram& in) override;

 private:
  Endpoint inner_;
  std::unique_ptr<snapshot::Snapshot> snapshot_;
  std::unique_ptr<pipeline::WorkerContext> context_;
};

}  // namespace dialplane::test
