// SPDX-License-Identifier: Apache-2.0
// The real pipeline as a filter: datagrams on stdin, what becomes of each on stdout, one line each. For model.py and
// its neighbours. Test program; one thread.
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

void run(const snapshot::Snapshot& snapshot) {
  const auto context = std::make_unique<pipeline::WorkerContext>();
  std::size_t port = 0;
  std::string source;
  std::string destination;
  std::string hex;
  while (std::cin >> port >> source >> destination >> hex) {
    const auto payload = from_hex(hex == "-" ? "" : hex);
    test::FrameBuffer buffer(payload, *Endpoint::parse(source), *Endpoint::parse(destination), 1024);
    pipeline::Batch batch;
    batch.count = 1;
    buffer.fill(batch.packets[0], PortIndex(static_cast<std::uint16_t>(port)));
    pipeline::process(batch, *context, snapshot);
    std::cout << describe(batch.packets[0], snapshot) << std::endl;
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
  if (argc != 2) {
    std::cerr << "usage: oracle_driver CONFIGURATION\n";
    return 2;
  }
  std::ifstream file(argv[1]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  dialplane::oracle::run(*dialplane::test::make_snapshot(text));
}
