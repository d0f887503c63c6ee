// SPDX-License-Identifier: Apache-2.0
// Frames in, frames out; nothing stands in for anything but the ports.
#include "proxy.hpp"

#include "proxied_messages.hpp"
#include "two_networks.hpp"

#include "dialplane/net/frame.hpp"

namespace dialplane::test {

std::string two_networks_with_four_backends() {
  auto text = kTwoPorts + "[[neighbor]]\nport = \"edge0\"\naddress = \"198.51.100.77\"\nmac = \"02:00:00:00:01:77\"\n" +
              kCoreListener +
              "outbound = \"literal\"\noutbound_allow = [\"198.51.100.0/24\"]\n[[pool]]\nname = \"sbc\"\n";
  for (std::size_t i = 0; i < kBackends; ++i) {
    const auto number = std::to_string(i + 1);
    text += "[[pool.backend]]\nname = \"sbc" + number + "\"\naddress = \"" + backend(i).to_string() + "\"\n";
  }
  for (std::size_t i = 0; i < kBackends; ++i) {
    text += "[[neighbor]]\nport = \"core0\"\naddress = \"" + backend(i).ip.to_string() +
            "\"\nmac = \"02:00:00:00:02:1" + std::to_string(i + 1) + "\"\n";
  }
  return text + kPublicListener + "names = [\"sip.carrier.example\"]\n";
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
