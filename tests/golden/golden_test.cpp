// SPDX-License-Identifier: Apache-2.0
// Runs every golden case through the real pipeline, without EAL: packet by packet, and in bursts as a port brings them.
// Two GoogleTests per file in cases/.
#include "case_file.hpp"
#include "counters_text.hpp"
#include "pipeline_fixture.hpp"

#include "dialplane/config/loader.hpp"
#include "dialplane/net/frame.hpp"
#include "dialplane/net/frame_edit.hpp"
#include "dialplane/pipeline/pipeline.hpp"
#include "dialplane/snapshot/builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

namespace dialplane::golden {
namespace {

PortIndex port_named(const config::Config& config, const std::string& name) {
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    if (config.ports[i].name == name) return PortIndex(static_cast<std::uint16_t>(i));
  }
  ADD_FAILURE() << "no port " << name;
  return PortIndex(0);
}

test::FrameBuffer buffer_of(const CasePacket& packet) {
  if (!packet.frame.empty()) return {packet.frame, packet.room_bytes};
  const std::string_view payload{reinterpret_cast<const char*>(packet.payload.data()), packet.payload.size()};
  test::FrameBuffer buffer(payload, packet.source, packet.destination, packet.room_bytes);
  if (packet.bad_checksum) buffer.payload()[-1] ^= 0x55;
  return buffer;
}

CasePacket sent_packet(const pipeline::Packet& packet, const snapshot::Snapshot& snapshot) {
  CasePacket out;
  net::FrameView frame;
  net::parse_frame(packet.bytes(), frame);
  EXPECT_EQ(frame.kind, net::FrameKind::kUdp);
  EXPECT_TRUE(net::udp_checksum_ok(packet.bytes(), frame));
  EXPECT_TRUE(
      std::equal(packet.data + 6, packet.data + 12, test::port_mac(packet.verdict.out_port.value).bytes.begin()));
  out.port = snapshot.config->ports[packet.verdict.out_port.value].name;
  out.source = frame.source;
  out.destination = frame.destination;
  out.payload.assign(packet.data + frame.payload_offset, packet.data + frame.payload_offset + frame.payload_length);
  return out;
}

/// Plays the port: sends, punts, counts the terminals that the pipeline leaves to whoever ends the packet.
std::vector<CasePacket> finish(const pipeline::Packet& packet, pipeline::WorkerContext& context,
                               const snapshot::Snapshot& snapshot) {
  using Kind = pipeline::Verdict::Kind;
  switch (packet.verdict.kind) {
    case Kind::kForward:
    case Kind::kReply:
      count_terminal(context, packet.verdict.kind == Kind::kForward ? pipeline::Terminal::kForwarded
                                                                    : pipeline::Terminal::kAnswered);
      return {sent_packet(packet, snapshot)};
    case Kind::kPunt: {
      count_terminal(context, pipeline::Terminal::kPunted);
      CasePacket out;
      constexpr std::array kLanes{"critical", "other", "control"};
      out.punt_lane = kLanes.at(static_cast<std::size_t>(packet.verdict.lane));
      return {out};
    }
    case Kind::kDrop:
    case Kind::kHold:
      return {};
    case Kind::kUndecided:
      break;
  }
  ADD_FAILURE() << "the pipeline left a packet undecided";
  return {};
}

std::string text_of(const std::vector<std::uint8_t>& payload) { return {payload.begin(), payload.end()}; }

void expect_equal(const std::vector<CasePacket>& wanted, const std::vector<CasePacket>& got, std::size_t step) {
  ASSERT_EQ(wanted.size(), got.size()) << "packets out of step " << step;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(wanted[i].punt_lane, got[i].punt_lane) << "step " << step;
    EXPECT_EQ(wanted[i].port, got[i].port) << "step " << step;
    EXPECT_EQ(wanted[i].source.to_string(), got[i].source.to_string()) << "step " << step;
    EXPECT_EQ(wanted[i].destination.to_string(), got[i].destination.to_string()) << "step " << step;
    EXPECT_EQ(text_of(wanted[i].payload), text_of(got[i].payload)) << "step " << step;
  }
}

/// Every case must account for every packet.
void expect_conservation(const pipeline::WorkerCounters& counters, std::size_t packets) {
  std::uint64_t ended = 0;
  for (std::size_t t = 0; t < static_cast<std::size_t>(pipeline::Terminal::kCount); ++t) {
    ended += counters.terminals.read(static_cast<pipeline::Terminal>(t));
  }
  EXPECT_EQ(ended + counters.fragments_held.read(), packets + counters.sources.read(pipeline::Source::kReassembled));
}

/// Plays the packets of a case in bursts of `burst` at most; returns what came out of each, and the counters.
Case play(Case played, std::size_t burst) {
  const auto snapshot = test::make_snapshot(played.config);
  auto context = std::make_unique<pipeline::WorkerContext>();
  for (std::size_t begin = 0; begin < played.steps.size(); begin += burst) {
    const auto count = std::min(burst, played.steps.size() - begin);
    std::vector<test::FrameBuffer> buffers;
    pipeline::Batch batch;
    batch.count = count;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& in = played.steps[begin + i].in;
      buffers.push_back(buffer_of(in));
      buffers.back().fill(batch.packets[i], port_named(*snapshot->config, in.port));
    }
    pipeline::process(batch, *context, *snapshot);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& packet = batch.packets[i];
      played.steps[begin + i].out = finish(packet, *context, *snapshot);
      if (packet.joined_slot != kNoIndex) context->fragments.release(packet.joined_slot);
    }
  }
  played.counters = counters_by_name(context->counters, *snapshot);
  expect_conservation(context->counters, played.steps.size());
  return played;
}

class GoldenCase : public testing::Test {
 public:
  GoldenCase(std::string path, std::size_t burst) : path_(std::move(path)), burst_(burst) {}

  void TestBody() override {
    const auto wanted = read_case(path_);
    const auto got = play(wanted, burst_);
    if (burst_ == 1 && std::getenv("DIALPLANE_GOLDEN_UPDATE") != nullptr) {
      const auto text = render_case(path_, got);
      std::ofstream(path_) << text;
      return;
    }
    for (std::size_t i = 0; i < wanted.steps.size(); ++i) expect_equal(wanted.steps[i].out, got.steps[i].out, i + 1);
    EXPECT_EQ(wanted.counters, got.counters);
  }

 private:
  std::string path_;
  std::size_t burst_;
};

std::vector<std::filesystem::path> case_paths() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_CASES)) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// A drop reason or inline response that no case meets is one that nobody has seen work.
class GoldenCoverage : public testing::Test {
 public:
  void TestBody() override {
    std::set<std::string> met;
    for (const auto& path : case_paths()) {
      for (const auto& [name, count] : read_case(path).counters) met.insert(name);
    }
    for (std::size_t r = 0; r < static_cast<std::size_t>(pipeline::DropReason::kCount); ++r) {
      const auto& info = pipeline::drop_reason_info(static_cast<pipeline::DropReason>(r));
      // These happen outside process(): a port or a ring refuses a frame, or time passes.
      static const std::set<std::string_view> kPortReasons{
          "mtu", "no_buffer", "tx_full", "handoff_full", "punt_full", "no_exception", "fragment_timeout"};
      if (kPortReasons.contains(info.name)) continue;
      EXPECT_TRUE(met.contains("drop." + std::string(info.name))) << "no case drops for " << info.name;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::InlineResponse::kCount); ++i) {
      const auto& info = pipeline::inline_response_info(static_cast<pipeline::InlineResponse>(i));
      EXPECT_TRUE(met.contains("inline." + std::string(info.name))) << "no case answers " << info.name;
    }
  }
};

}  // namespace
}  // namespace dialplane::golden

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  using namespace dialplane::golden;
  for (const auto& path : case_paths()) {
    auto name = path.stem().string();
    std::replace(name.begin(), name.end(), '-', '_');
    testing::RegisterTest("Golden", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [path]() -> testing::Test* { return new GoldenCase(path.string(), 1); });
    testing::RegisterTest(
        "GoldenBursts", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
        [path]() -> testing::Test* { return new GoldenCase(path.string(), dialplane::pipeline::kBatchSize); });
  }
  testing::RegisterTest("Golden", "every_reason_and_answer_is_met", nullptr, nullptr, __FILE__, __LINE__,
                        []() -> testing::Test* { return new GoldenCoverage(); });
  return RUN_ALL_TESTS();
}
