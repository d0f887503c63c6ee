// SPDX-License-Identifier: Apache-2.0
// Running the pipeline for one message. Control thread.
#include "explain.hpp"

#include "explain_rows.hpp"

#include "dialplane/net/frame_edit.hpp"
#include "dialplane/pipeline/pipeline.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <ctime>

namespace dialplane::control {

namespace {

/// Room round the frame: more than any port leaves.
constexpr std::size_t kRoom = 1024;
/// A client's address where the message does not tell one. Source: RFC 5737.
constexpr Endpoint kSomeClient{IpAddress::v4(0xc0000201), 5060};

/// The sender by the message's own word.
std::optional<Endpoint> sent_by(const std::string& text) {
  auto message = std::make_unique<sip::Message>();
  if (sip::scan(text, *message) != sip::Fault::kNone) return std::nullopt;
  sip::ViaView via;
  if (!message->is_request || !sip::top_via(*message, via)) return std::nullopt;
  const auto ip = IpAddress::parse(via.host);
  if (!ip || !ip->is_routable_unicast()) return std::nullopt;
  return Endpoint{*ip, via.port_or_default()};
}

/// The listener that packets of this sender are likely to come to.
const snapshot::Listener* likely_listener(const snapshot::Snapshot& snapshot, const Endpoint& from) {
  const bool is_backend = snapshot.find_source(from.ip) != nullptr;
  const auto unwanted = is_backend ? config::Side::kOutside : config::Side::kInside;
  const auto found = std::ranges::find_if(snapshot.listeners, [&](const snapshot::Listener& listener) {
    return listener.side != unwanted && listener.address.ip.family() == from.ip.family();
  });
  return found == snapshot.listeners.end() ? nullptr : &*found;
}

}  // namespace

tl::expected<Explainer::Addresses, rpc::Failure> Explainer::addresses_of(const snapshot::Snapshot& snapshot,
                                                                         const ExplainInput& input) {
  if (input.message.size() > kMaxMessage) {
    return rpc::refuse(rpc::kInvalidParams, fmt::format("a message has at most {} bytes", kMaxMessage));
  }
  Addresses addresses;
  addresses.from = input.from ? *input.from : sent_by(input.message).value_or(kSomeClient);
  const auto* listener = input.to ? snapshot.find_listener(*input.to) : likely_listener(snapshot, addresses.from);
  if (listener == nullptr) {
    const auto wanted = input.to ? input.to->to_string() : std::string("the sender's family and side");
    return rpc::refuse(
        rpc::kRefused,
        fmt::format("no listener for {}; `show listeners` lists them, `--to ADDR:PORT` names one", wanted));
  }
  if (listener->address.ip.family() != addresses.from.ip.family()) {
    return rpc::refuse(rpc::kRefused, "`from` and the listener's address are of different families");
  }
  addresses.to = listener->address;
  addresses.port = PortIndex(static_cast<std::uint16_t>(std::countr_zero(listener->port_mask) % kMaxPorts));
  return addresses;
}

void Explainer::run(const snapshot::Snapshot& snapshot, const ExplainInput& input, const Addresses& addresses) {
  if (!context_) {
    context_ = std::make_unique<pipeline::WorkerContext>();
    batch_ = std::make_unique<pipeline::Batch>();
    // Working memory of the rules: any index beyond the workers' is the one thread beside them.
    context_->index = WorkerIndex(static_cast<std::uint16_t>(kMaxWorkers));
    context_->dry_run = true;
  }
  context_->work[0] = pipeline::Work{};
  context_->edits.clear();
  context_->unix_time_s = static_cast<std::uint64_t>(std::time(nullptr));
  context_->now_ms = input.now_ms;
  context_->now_us = input.now_ms * 1000;

  const auto headers = net::udp_headers(addresses.to.ip);
  frame_.assign(kRoom + headers + input.message.size() + kRoom, 0);
  auto* payload = frame_.data() + kRoom + headers;
  std::ranges::copy(input.message, payload);
  const net::UdpRoute route{{}, snapshot.macs[addresses.port.value], addresses.from, addresses.to};
  if (addresses.to.ip.is_v6()) {
    net::write_udp6_headers(payload, input.message.size(), route, 0);
  } else {
    net::write_udp4_headers(payload, input.message.size(), route, 0, 0);
  }
  auto& packet = batch_->packets[0];
  packet = {};
  packet.data = frame_.data() + kRoom;
  packet.length = static_cast<std::uint32_t>(headers + input.message.size());
  packet.headroom = packet.tailroom = static_cast<std::uint32_t>(kRoom);
  packet.port = addresses.port;
  batch_->count = 1;
  pipeline::process(*batch_, *context_, snapshot);
}

rpc::Outcome Explainer::explain(const snapshot::Snapshot& snapshot, const ExplainInput& input) {
  const auto addresses = addresses_of(snapshot, input);
  if (!addresses) return tl::unexpected(addresses.error());
  run(snapshot, input, *addresses);
  return explain_rows({snapshot, input.message, addresses->from, addresses->to, batch_->packets[0], context_->work[0],
                       *context_, input.health});
}

}  // namespace dialplane::control
