// SPDX-License-Identifier: Apache-2.0
// The real pipeline as a filter: datagrams on stdin, what becomes of each on stdout, one line each; one by one, or in
// bursts as a port brings them. For model.py and its neighbours. Test program; one thread.
#include "counters_text.hpp"
#include "pipeline_fixture.hpp"

#include "dialplane/net/frame.hpp"

#include <fmt/core.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dialplane::oracle {
namespace {

std::string from_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoul(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const auto byte : bytes) text += fmt::format("{:02x}", byte);
  return text.empty() ? "-" : text;
}

std::string name_of(const pipeline::Verdict& verdict) {
  using Kind = pipeline::Verdict::Kind;
  switch (verdict.kind) {
    case Kind::kForward:
      return "forward -";
    case Kind::kReply:
      return "reply " + std::string(verdict.stun != pipeline::StunAnswer::kCount
                                        ? pipeline::stun_answer_info(verdict.stun).name
                                        : pipeline::inline_response_info(verdict.response).name);
    case Kind::kDrop:
      return "drop " + std::string(pipeline::drop_reason_info(verdict.reason).name);
    case Kind::kPunt:
      return "punt -";
    case Kind::kHold:
      return "hold -";
    case Kind::kUndecided:
      break;
  }
  return "undecided -";
}

/// VERDICT NAME, and for what leaves PORT SOURCE DESTINATION HEX.
std::string describe(const pipeline::Packet& packet, const snapshot::Snapshot& snapshot) {
  auto line = name_of(packet.verdict);
  using Kind = pipeline::Verdict::Kind;
  if (packet.verdict.kind != Kind::kForward && packet.verdict.kind != Kind::kReply) return line;
  net::FrameView frame;
  net::parse_frame(packet.bytes(), frame);
  if (frame.kind != net::FrameKind::kUdp || !net::udp_checksum_ok(packet.bytes(), frame)) return "broken-frame -";
  return line + fmt::format(" {} {} {} {}", snapshot.config->ports[packet.verdict.out_port.value].name,
                            frame.source.to_string(), frame.destination.to_string(),
                            to_hex({packet.data + frame.payload_offset, frame.payload_length}));
}

/// A datagram that waits for its burst to be full.
struct Arrival {
  test::FrameBuffer buffer;
  PortIndex port;
};

/// The next `most` datagrams of stdin, fewer at its end.
std::vector<Arrival> read_arrivals(std::size_t most) {
  std::vector<Arrival> arrivals;
  std::uint16_t port = 0;
  std::string source;
  std::string destination;
  std::string hex;
  while (arrivals.size() < most && std::cin >> port >> source >> destination >> hex) {
    const auto payload = from_hex(hex == "-" ? "" : hex);
    arrivals.push_back(
        {test::FrameBuffer(payload, *Endpoint::parse(source), *Endpoint::parse(destination), 1024), PortIndex(port)});
  }
  return arrivals;
}

void run(const snapshot::Snapshot& snapshot, std::size_t burst) {
  const auto context = std::make_unique<pipeline::WorkerContext>();
  for (auto arrivals = read_arrivals(burst); !arrivals.empty(); arrivals = read_arrivals(burst)) {
    pipeline::Batch batch;
    batch.count = arrivals.size();
    for (std::size_t i = 0; i < arrivals.size(); ++i) arrivals[i].buffer.fill(batch.packets[i], arrivals[i].port);
    pipeline::process(batch, *context, snapshot);
    for (std::size_t i = 0; i < arrivals.size(); ++i) std::cout << describe(batch.packets[i], snapshot) << std::endl;
  }
  std::cout << "counters";
  for (const auto& [name, count] : golden::counters_by_name(context->counters, snapshot)) {
    std::cout << ' ' << name << '=' << count;
  }
  std::cout << std::endl;
}

}  // namespace
}  // namespace dialplane::oracle

int main(int argc, char** argv) {
  const std::size_t burst = argc == 3 ? std::stoul(argv[2]) : 1;
  if (argc < 2 || argc > 3 || burst < 1 || burst > dialplane::pipeline::kBatchSize) {
    std::cerr << "usage: oracle_driver CONFIGURATION [DATAGRAMS-IN-A-BURST]\n";
    return 2;
  }
  std::ifstream file(argv[1]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  dialplane::oracle::run(*dialplane::test::make_snapshot(text), burst);
}
