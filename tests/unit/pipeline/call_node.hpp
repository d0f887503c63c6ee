// SPDX-License-Identifier: Apache-2.0
// One node with four backends whose snapshot can be replaced under calls in progress, and the messages of calls through
// it. Test code; one thread.
#pragma once

#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include "dialplane/net/frame.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dialplane::test {

struct Sent {
  std::string text;
  Endpoint destination;
  /// 0 to 3: the backend it goes to; -1: to somewhere else.
  [[nodiscard]] int backend() const {
    const auto ip = destination.to_string();
    return ip.starts_with("10.0.0.1") && ip.size() > 8 && ip[8] >= '1' && ip[8] <= '4' ? ip[8] - '1' : -1;
  }
};

inline const Endpoint kClient = *Endpoint::parse("192.0.2.77:5060");
inline const Endpoint kPublic = *Endpoint::parse("203.0.113.10:5060");
inline const Endpoint kCore = *Endpoint::parse("10.0.0.1:5060");
inline Endpoint backend_at(int i) { return *Endpoint::parse("10.0.0.1" + std::to_string(i + 1) + ":5060"); }

/// What may differ from one backend to the next, and in the pool.
struct Shape {
  std::array<std::string, 4> rows{};  ///< more rows of each backend
  std::string pool_rows;
  std::string more;  ///< further sections
};

inline std::string four_backends(const Shape& shape) {
  std::string text = kTwoPorts + kPublicListener + kCoreListener +
                     "outbound = \"literal\"\noutbound_allow = [\"192.0.2.0/24\"]\n" + shape.more +
                     "[[pool]]\nname = \"sbc\"\n" + shape.pool_rows;
  for (int i = 0; i < 4; ++i) {
    const auto number = std::to_string(i + 1);
    text += "[[pool.backend]]\nname = \"b" + number + "\"\naddress = \"10.0.0.1" + number + ":5060\"\n" +
            shape.rows[static_cast<std::size_t>(i)];
  }
  for (int i = 0; i < 4; ++i) {
    const auto number = std::to_string(i + 1);
    text += "[[neighbor]]\nport = \"core0\"\naddress = \"10.0.0.1" + number + "\"\nmac = \"02:00:00:00:02:1" + number +
            "\"\n";
  }
  return text;
}

/// A request of a client; `rows` stand before Content-Length.
inline std::string client_request(const std::string& method, const std::string& call_id, const std::string& rows = "",
                                  const std::string& to_tag = "", int cseq = 1, const std::string& branch = "") {
  return method + " sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.77:5060;branch=z9hG4bK" +
         (branch.empty() ? call_id : branch) + std::to_string(cseq) +
         "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.net>;tag=a1\r\nTo: <sip:bob@example.com>" +
         (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) +
         " " + method + "\r\nContact: <sip:alice@192.0.2.77>\r\n" + rows + "Content-Length: 0\r\n\r\n";
}

/// All rows of `text` with this name, with their line ends.
inline std::string rows_named(const std::string& text, const std::string& name) {
  std::string rows;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find("\r\n", at) + 2;
    if (text.compare(at, name.size() + 1, name + ":") == 0) rows += text.substr(at, end - at);
    at = end;
  }
  return rows;
}

/// The answer of whoever got `request`, with a To tag unless it has one.
inline std::string response_to(const std::string& request, const std::string& status, const std::string& rows = "",
                               const std::string& to_tag = "u1") {
  auto to = rows_named(request, "To");
  if (to.find(";tag=") == std::string::npos) to.insert(to.size() - 2, ";tag=" + to_tag);
  return "SIP/2.0 " + status + "\r\n" + rows_named(request, "Via") + rows_named(request, "Record-Route") +
         rows_named(request, "From") + to + rows_named(request, "Call-ID") + rows_named(request, "CSeq") + rows +
         "Content-Length: 0\r\n\r\n";
}

/// Route rows of a caller whose answer carried these Record-Routes.
inline std::string routes_from(const std::string& response) {
  std::string rows;
  auto record_routes = rows_named(response, "Record-Route");
  // The caller's set is the reverse of what stands in the message.
  while (!record_routes.empty()) {
    const auto begin = record_routes.rfind("Record-Route: ");
    rows += "Route: " + record_routes.substr(begin + 14);
    record_routes.resize(begin);
  }
  return rows;
}

class CallNode {
 public:
  explicit CallNode(const Shape& shape = {}) { change(shape); }

  /// Replaces the snapshot, as a reload does: run-time objects stay.
  void change(
      const Shape& shape, const std::function<void(snapshot::RuntimeState&)>& set = [](snapshot::RuntimeState&) {}) {
    auto config = config::load_text(four_backends(shape));
    if (!config) throw std::runtime_error(config::format_problem("node", config.error().front()));
    const auto shared = std::make_shared<const config::Config>(std::move(*config));
    snapshot::RuntimeState state;
    for (std::size_t i = 0; i < shared->ports.size(); ++i) state.macs[i] = port_mac(i);
    auto hops = snapshot::static_hops(*shared);
    state.next_hops = std::make_shared<snapshot::NextHopTable>(std::move(hops.routes), std::move(hops.neighbors));
    set(state);
    auto built = snapshot::build_snapshot(shared, keys, state, cells_, snapshot_.get());
    if (!built) throw std::runtime_error(built.error().text);
    snapshot_ = std::move(*built);
  }

  std::vector<Sent> deliver(const std::string& text, const Endpoint& source, const Endpoint& destination) {
    FrameBuffer buffer(text, source, destination);
    pipeline::Batch batch;
    batch.count = 1;
    buffer.fill(batch.packets[0], PortIndex(destination == kCore ? 1 : 0));
    for (std::size_t i = 0; i < spares; ++i) {
      auto& spare = batch.spares[i];
      spare.data = spare_room_[i].data() + 128;
      spare.headroom = 128;
      spare.tailroom = static_cast<std::uint32_t>(spare_room_[i].size() - 128);
    }
    batch.spare_count = spares;
    context->now_us = context->now_ms * 1000;
    pipeline::process(batch, *context, *snapshot_);
    std::vector<Sent> out;
    for (std::size_t i = 0; i < batch.count; ++i) {
      const auto& packet = batch.packets[i];
      last = packet.verdict;
      if (packet.verdict.kind != pipeline::Verdict::Kind::kForward) continue;
      net::FrameView frame;
      net::parse_frame(packet.bytes(), frame);
      EXPECT_TRUE(net::udp_checksum_ok(packet.bytes(), frame));
      const auto* payload = reinterpret_cast<const char*>(packet.data) + frame.payload_offset;
      out.push_back({std::string(payload, frame.payload_length), frame.destination});
    }
    return out;
  }
  std::vector<Sent> from_client(const std::string& text) { return deliver(text, kClient, kPublic); }
  std::vector<Sent> from_backend(int backend, const std::string& text) {
    return deliver(text, backend_at(backend), kCore);
  }
  /// Sends a client's request; the backend that got it, -1 if none.
  int ask(const std::string& text) {
    const auto sent = from_client(text);
    return sent.empty() ? -1 : sent.front().backend();
  }

  [[nodiscard]] std::uint64_t open_dialogs() const { return sum(balance::Holding::kDialogs); }
  [[nodiscard]] std::uint64_t sum(balance::Holding what) const {
    std::uint64_t total = 0;
    for (const auto& backend : snapshot_->pools[0].backends) total += states().holds(backend.cell, what);
    return total;
  }
  [[nodiscard]] balance::BackendStates& states() const { return *snapshot_->backend_states; }
  [[nodiscard]] const snapshot::Snapshot& snapshot() const { return *snapshot_; }
  [[nodiscard]] BackendCell cell(int backend) const {
    return snapshot_->pools[0].backends[static_cast<std::size_t>(backend)].cell;
  }
  [[nodiscard]] std::uint64_t affinity(pipeline::AffinityEvent event) const {
    return context->counters.affinity.read(event);
  }

  std::unique_ptr<pipeline::WorkerContext> context = std::make_unique<pipeline::WorkerContext>();
  std::size_t spares = pipeline::kMaxClones;
  pipeline::Verdict last;
  sip::Keyring keys = fixed_keys();  ///< of the next change()

 private:
  snapshot::CounterCells cells_;
  std::unique_ptr<snapshot::Snapshot> snapshot_;
  std::array<std::array<std::uint8_t, 4096>, pipeline::kMaxClones> spare_room_{};
};

}  // namespace dialplane::test
