// SPDX-License-Identifier: Apache-2.0
// The real pipeline without ports: a snapshot from a configuration text and packets in plain memory. Test code.
#pragma once

#include "dialplane/config/loader.hpp"
#include "dialplane/net/frame_edit.hpp"
#include "dialplane/pipeline/pipeline.hpp"
#include "dialplane/snapshot/builder.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace dialplane::test {

/// Fixed secrets: the branches and tokens that tests expect depend on them.
inline sip::Keyring fixed_keys() {
  sip::Secret placement;
  std::array<sip::Secret, 2> tokens;
  for (std::size_t i = 0; i < sip::kSecretBytes; ++i) {
    placement[i] = static_cast<std::uint8_t>(i);
    tokens[0][i] = static_cast<std::uint8_t>(0x40 + i);
    tokens[1][i] = static_cast<std::uint8_t>(0x80 + i);
  }
  return sip::Keyring::derive(placement, tokens);
}

inline MacAddress port_mac(std::size_t port) { return {{0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(port + 1)}}; }

/// Of pools whose configuration gives no number.
inline constexpr std::uint32_t kTestSlots = 65'536;

/// Builds what workers read from a configuration whose ports have no exception interface.
/// Errors: throws std::runtime_error with every problem.
inline std::unique_ptr<snapshot::Snapshot> make_snapshot(const std::string& toml) {
  auto config = config::load_text(toml);
  if (!config) {
    std::string all;
    for (const auto& problem : config.error()) all += config::format_problem("case", problem) + "\n";
    throw std::runtime_error(all);
  }
  // A table of the usual size takes sixteen times as long to fill, which nothing here needs.
  for (auto& pool : config->pools) {
    if (pool.slots == 0) pool.slots = kTestSlots;
  }
  const auto shared = std::make_shared<const config::Config>(std::move(*config));
  snapshot::RuntimeState state;
  for (std::size_t i = 0; i < shared->ports.size(); ++i) state.macs[i] = port_mac(i);
  auto hops = snapshot::static_hops(*shared);
  state.next_hops = std::make_shared<snapshot::NextHopTable>(std::move(hops.routes), std::move(hops.neighbors));
  snapshot::CounterCells cells;
  auto built = snapshot::build_snapshot(shared, fixed_keys(), state, cells, nullptr);
  if (!built) throw std::runtime_error(built.error().text);
  return std::move(*built);
}

/// A frame with room on both sides, as a port hands it over.
class FrameBuffer {
 public:
  FrameBuffer(const std::vector<std::uint8_t>& frame, std::size_t room_bytes)
      : room_(room_bytes), length_(frame.size()), bytes_(frame.size() + 2 * room_bytes) {
    std::copy(frame.begin(), frame.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(room_));
  }
  /// A UDP datagram from `source` to `destination`.
  FrameBuffer(std::string_view payload, const Endpoint& source, const Endpoint& destination,
              std::size_t room_bytes = 384)
      : room_(room_bytes),
        headers_(net::udp_headers(destination.ip)),
        length_(payload.size() + headers_),
        bytes_(length_ + 2 * room_bytes) {
    std::copy(payload.begin(), payload.end(), this->payload());
    const net::UdpRoute route{port_mac(8), port_mac(0), source, destination};
    if (destination.ip.is_v6()) {
      net::write_udp6_headers(this->payload(), payload.size(), route, 0);
    } else {
      net::write_udp4_headers(this->payload(), payload.size(), route, 7, 0);
    }
  }

  [[nodiscard]] std::uint8_t* payload() noexcept { return bytes_.data() + room_ + headers_; }

  /// Fills a packet that arrived on `port`.
  void fill(pipeline::Packet& packet, PortIndex port) noexcept {
    packet = {};
    packet.data = bytes_.data() + room_;
    packet.length = static_cast<std::uint32_t>(length_);
    packet.headroom = packet.tailroom = static_cast<std::uint32_t>(room_);
    packet.port = port;
  }

 private:
  std::size_t room_;
  std::size_t headers_ = net::kUdp4Headers;
  std::size_t length_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace dialplane::test
