// SPDX-License-Identifier: Apache-2.0
// Frames in, frames out; nothing stands in for anything but the ports.
#include "proxy.hpp"

#include "proxied_messages.hpp"

#include "dialplane/net/frame.hpp"

namespace dialplane::test {
namespace {

const std::string kFourBackends = R"([runtime]
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
[[neighbor]]
port = "edge0"
address = "198.51.100.77"
mac = "02:00:00:00:01:77"
[[listener]]
name = "core"
address = "udp:10.0.0.1:5060"
side = "inside"
ports = ["core0"]
outer = ["public"]
outbound = "literal"
outbound_allow = ["198.51.100.0/24"]
[[pool]]
name = "sbc"
)";

const std::string kPublic = R"([[listener]]
name = "public"
address = "udp:203.0.113.10:5060"
side = "outside"
ports = ["edge0"]
pool = "sbc"
inner = ["core"]
names = ["sip.carrier.example"]
)";

}  // namespace

std::string two_networks_with_four_backends() {
  auto text = kFourBackends;
  for (std::size_t i = 0; i < kBackends; ++i) {
    const auto number = std::to_string(i + 1);
    text += "[[pool.backend]]\nname = \"sbc" + number + "\"\naddress = \"" + backend(i).to_string() + "\"\n";
  }
  for (std::size_t i = 0; i < kBackends; ++i) {
    text += "[[neighbor]]\nport = \"core0\"\naddress = \"" + backend(i).ip.to_string() +
            "\"\nmac = \"02:00:00:00:02:1" + std::to_string(i + 1) + "\"\n";
  }
  return text + kPublic;
}

RealProxy::RealProxy(const std::string& configuration, const std::string& inner)
    : inner_(*Endpoint::parse(inner)),
      snapshot_(make_snapshot(configuration)),
      context_(std::make_unique<pipeline::WorkerContext>()) {
  // Some time of day: it goes into Path tokens.
  context_->unix_time_s = 1'800'000'000;
}

std::optional<Datagram> RealProxy::forward(const Datagram& in) {
  FrameBuffer buffer(in.bytes, in.source, in.destination);
  pipeline::Batch batch;
  batch.count = 1;
  auto& packet = batch.packets[0];
  buffer.fill(packet, PortIndex(in.destination == inner_ ? 1 : 0));
  pipeline::process(batch, *context_, *snapshot_);
  if (packet.verdict.kind != pipeline::Verdict::Kind::kForward) return std::nullopt;
  net::FrameView frame;
  net::parse_frame(packet.bytes(), frame);
  const auto* payload = reinterpret_cast<const char*>(packet.data) + frame.payload_offset;
  return Datagram{std::string(payload, frame.payload_length), frame.source, frame.destination};
}

}  // namespace dialplane::test
