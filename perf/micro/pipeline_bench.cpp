// SPDX-License-Identifier: Apache-2.0
// What the whole packet path costs a message, without ports: process() over bursts of frames in plain memory, in total
// and per stage. One thread.
#include "../gen/corpus.hpp"
#include "corpus.hpp"

#include "dialplane/config/loader.hpp"
#include "dialplane/net/frame_edit.hpp"
#include "dialplane/pipeline/pipeline.hpp"
#include "dialplane/sip/scanner.hpp"
#include "dialplane/snapshot/builder.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::micro {
namespace {

using Frame = std::vector<std::uint8_t>;

/// Frames of one kind.
constexpr std::size_t kRoundFrames = 1024;
/// What stands before a frame in a packet buffer: DPDK's header, and the room it leaves by default.
constexpr std::size_t kMbufBytes = 128;
constexpr std::size_t kRoomBytes = 128;
/// Buffers in turn: a pool hands out those that were freed last.
constexpr std::size_t kBuffers = 2 * pipeline::kBatchSize;
constexpr Endpoint kService{IpAddress::v4(0xc633640a), 5060};
constexpr std::size_t kStages = static_cast<std::size_t>(pipeline::StageId::kCount);

/// A service that proxies to four servers, as perf/compare configures it, with one screening rule.
constexpr const char* kConfig = R"(
[runtime]
worker_cpus = [1]
[node]
name = "micro"
[[port]]
name = "p0"
device = "net_null0"
addresses = ["198.51.100.2/24"]
routes = ["default via 198.51.100.254"]
rx_checksum = "verify"
[[listener]]
name = "service"
address = "udp:198.51.100.10:5060"
pool = "servers"
[[pool]]
name = "servers"
  [[pool.backend]]
  name = "server1"
  address = "198.51.100.21:5060"
  [[pool.backend]]
  name = "server2"
  address = "198.51.100.22:5060"
  [[pool.backend]]
  name = "server3"
  address = "198.51.100.23:5060"
  [[pool.backend]]
  name = "server4"
  address = "198.51.100.24:5060"
[[neighbor]]
port = "p0"
address = "198.51.100.254"
mac = "02:00:00:00:01:01"
[[neighbor]]
port = "p0"
address = "198.51.100.21"
mac = "02:00:00:00:01:02"
[[neighbor]]
port = "p0"
address = "198.51.100.22"
mac = "02:00:00:00:01:03"
[[neighbor]]
port = "p0"
address = "198.51.100.23"
mac = "02:00:00:00:01:04"
[[neighbor]]
port = "p0"
address = "198.51.100.24"
mac = "02:00:00:00:01:05"
[[rule]]
name = "scanners"
field = "user-agent"
regex = "(?i)friendly-scanner|sipvicious"
action = "drop"
)";

std::unique_ptr<snapshot::Snapshot> make_snapshot(const std::string& more) {
  auto config = config::load_text(kConfig + more);
  if (!config) throw std::runtime_error(config::format_problem("pipeline_bench", config.error().front()));
  const auto shared = std::make_shared<const config::Config>(std::move(*config));
  snapshot::RuntimeState state;
  state.macs[0] = MacAddress{{0x02, 0, 0, 0, 0, 1}};
  auto hops = snapshot::static_hops(*shared);
  state.next_hops = std::make_shared<snapshot::NextHopTable>(std::move(hops.routes), std::move(hops.neighbors));
  sip::Secret placement{};
  placement.fill(0x5a);
  const std::array<sip::Secret, 1> tokens{placement};
  snapshot::CounterCells cells;
  auto built = snapshot::build_snapshot(shared, sip::Keyring::derive(placement, tokens), state, cells, nullptr);
  if (!built) throw std::runtime_error(built.error().text);
  return std::move(*built);
}

/// Packet buffers in huge pages, a burst's worth of them handed over at a time, and what one worker owns.
class Bench {
 public:
  /// `more`: sections beyond kConfig.
  explicit Bench(const std::string& more = "")
      : snapshot_(make_snapshot(more)), context_(std::make_unique<pipeline::WorkerContext>()) {
    constexpr std::size_t kBytes = 2U << 20;
    static_assert(kBuffers * kPacketStride <= kBytes);
    auto* start = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) throw std::bad_alloc();
    static_cast<void>(madvise(start, kBytes, MADV_HUGEPAGE));
    memory_ = {static_cast<char*>(start), Unmap{kBytes}};
  }

  /// Lays frames `at` and following out as a port hands them over: just written, in buffers that went round before.
  void arrive(const std::vector<Frame>& frames, std::size_t at) {
    batch_.count = std::min(pipeline::kBatchSize, frames.size() - at);
    for (std::size_t i = 0; i < batch_.count; ++i) {
      const auto& frame = frames[at + i];
      auto& packet = batch_.packets[i];
      packet.data = buffer((at + i) % kBuffers) + kMbufBytes + kRoomBytes;
      std::copy(frame.begin(), frame.end(), packet.data);
      packet.length = static_cast<std::uint32_t>(frame.size());
      packet.headroom = kRoomBytes;
      packet.tailroom = static_cast<std::uint32_t>(kPacketStride - kMbufBytes - kRoomBytes - frame.size());
      packet.port = PortIndex(0);
      packet.verdict = {};
      packet.joined_slot = kNoIndex;
    }
  }

  /// Takes the frames of the last arrive() through the pipeline.
  pipeline::Batch& run() {
    process(batch_, *context_, *snapshot_);
    return batch_;
  }

  [[nodiscard]] pipeline::WorkerContext& context() noexcept { return *context_; }
  [[nodiscard]] const snapshot::Snapshot& snapshot() const noexcept { return *snapshot_; }

 private:
  [[nodiscard]] std::uint8_t* buffer(std::size_t at) noexcept {
    return reinterpret_cast<std::uint8_t*>(memory_.get()) + at * kPacketStride;
  }

  std::unique_ptr<snapshot::Snapshot> snapshot_;
  std::unique_ptr<pipeline::WorkerContext> context_;
  std::unique_ptr<char, Unmap> memory_;
  pipeline::Batch batch_;
};

Bench& bench() {
  static Bench bench;
  return bench;
}

Frame make_frame(std::string_view payload, const Endpoint& source) {
  Frame frame(net::kUdp4Headers + payload.size());
  std::copy(payload.begin(), payload.end(), frame.begin() + net::kUdp4Headers);
  net::write_udp4_headers(frame.data() + net::kUdp4Headers, payload.size(), {{}, {}, source, kService}, 1, 0);
  return frame;
}

std::vector<Frame> generated(gen::Profile profile, std::uint32_t bytes) {
  gen::CorpusOptions options;
  options.profile = profile;
  options.messages = kRoundFrames;
  options.bytes = bytes;
  options.service = kService;
  options.sources = {IpAddress::v4(0xcb007100), 16};
  options.mtu = 9000;
  const auto corpus = gen::Corpus::build(options);
  if (!corpus) throw std::runtime_error(corpus.error().text);
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < corpus->size(); ++i) {
    Frame frame(corpus->frame(i).bytes.size());
    corpus->write(i, {}, 0, frame.data());
    frames.push_back(std::move(frame));
  }
  return frames;
}

const std::vector<Frame>& invites() {
  static const auto frames = generated(gen::Profile::kInvite, 860);
  return frames;
}

/// Calls `make(forwarded, backend, client)` with the text of every INVITE as its backend gets it.
template <typename Make>
std::vector<Frame> from_forwarded(Make make) {
  std::vector<Frame> frames;
  for (std::size_t at = 0; at < invites().size(); at += pipeline::kBatchSize) {
    bench().arrive(invites(), at);
    const auto& batch = bench().run();
    for (std::size_t i = 0; i < batch.count; ++i) {
      const auto& packet = batch.packets[i];
      if (packet.verdict.kind != pipeline::Verdict::Kind::kForward) throw std::runtime_error("an INVITE went nowhere");
      net::FrameView out;
      net::parse_frame(packet.bytes(), out);
      const auto* text = reinterpret_cast<const char*>(packet.data) + out.payload_offset;
      frames.push_back(make(std::string_view(text, out.payload_length), out.destination, packet.frame.source));
    }
  }
  return frames;
}

std::string rows_of(const sip::Message& message, std::initializer_list<sip::HeaderId> ids) {
  std::string rows;
  for (const auto id : ids) {
    for (const auto* row = message.find(id); row != nullptr; row = message.next(*row)) {
      rows.append(message.text.substr(row->offset, static_cast<std::size_t>(row->end - row->offset)));
    }
  }
  return rows;
}

/// The 200 of the backend, with a body and its own Contact.
const std::vector<Frame>& responses() {
  static const auto frames = from_forwarded([](std::string_view text, const Endpoint& backend, const Endpoint&) {
    static sip::Message message;
    static_cast<void>(sip::scan(text, message));
    using Id = sip::HeaderId;
    const auto to = message.value(*message.find(Id::kTo));
    const auto body = message.text.substr(message.body_offset);
    return make_frame(
        fmt::format("SIP/2.0 200 OK\r\n{}To: {};tag=8f2a\r\nContact: <sip:{}>\r\nServer: pbx/1.2\r\nContent-Type: "
                    "application/sdp\r\nContent-Length: {}\r\n\r\n{}",
                    rows_of(message, {Id::kVia, Id::kRecordRoute, Id::kFrom, Id::kCallId, Id::kCSeq}), to,
                    backend.to_string(), body.size(), body),
        backend);
  });
  return frames;
}

/// The client's BYE along our Record-Route.
const std::vector<Frame>& byes() {
  static const auto frames = from_forwarded([number = 0](std::string_view text, const Endpoint& backend,
                                                         const Endpoint& client) mutable {
    static sip::Message message;
    static_cast<void>(sip::scan(text, message));
    using Id = sip::HeaderId;
    return make_frame(
        fmt::format("BYE sip:{} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch=z9hG4bKbye{};rport\r\nMax-Forwards: 70\r\n"
                    "Route: {}\r\n{}To: {};tag=8f2a\r\nCSeq: 2 BYE\r\nUser-Agent: phone/1.0\r\nContent-Length: 0"
                    "\r\n\r\n",
                    backend.to_string(), client.to_string(), ++number, message.value(*message.find(Id::kRecordRoute)),
                    rows_of(message, {Id::kFrom, Id::kCallId}), message.value(*message.find(Id::kTo))),
        client);
  });
  return frames;
}

const std::vector<Frame>& options() {
  static const auto frames = generated(gen::Profile::kOptions, 0);
  return frames;
}

/// The four kinds in turn, so that no burst is of one kind.
const std::vector<Frame>& mixed() {
  static const auto frames = [] {
    const std::array kinds{&invites(), &responses(), &byes(), &options()};
    std::vector<Frame> all;
    for (std::size_t i = 0; i < kRoundFrames; ++i) all.push_back((*kinds[i % kinds.size()])[i]);
    return all;
  }();
  return frames;
}

/// The middle of what was read; others' interruptions lie beyond it.
double median(std::vector<double>& samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

/// Cycles of each stage, burst by burst.
class StageCycles {
 public:
  explicit StageCycles(const pipeline::WorkerCounters& counters) : counters_(counters) { take(); }

  /// Notes what has come since the last call.
  void take() {
    for (std::size_t i = 0; i < kStages; ++i) {
      const auto& stage = counters_.stages[i];
      const auto messages = stage.sampled_messages.read() - messages_[i];
      const auto cycles = stage.sampled_cycles.read() - cycles_[i];
      messages_[i] += messages;
      cycles_[i] += cycles;
      if (messages > 0) samples_[i].push_back(static_cast<double>(cycles) / static_cast<double>(messages));
    }
  }

  /// The median burst of each stage as a counter named after it.
  void report(benchmark::State& state) {
    for (std::size_t i = 0; i < kStages; ++i) {
      auto& samples = samples_[i];
      if (samples.size() < 2) continue;
      state.counters[fmt::format("cycles_{}", stage_info(static_cast<pipeline::StageId>(i)).name)] = median(samples);
    }
  }

 private:
  const pipeline::WorkerCounters& counters_;
  std::array<std::uint64_t, kStages> messages_{};
  std::array<std::uint64_t, kStages> cycles_{};
  std::array<std::vector<double>, kStages> samples_;
};

/// Cycles of the time-stamp counter in a nanosecond, against the clock of the system.
double cycles_per_ns() {
  using Clock = std::chrono::steady_clock;
  static const double ratio = [] {
    const auto began = Clock::now();
    const auto began_cycles = __builtin_ia32_rdtsc();
    while (Clock::now() - began < std::chrono::milliseconds(20)) {
    }
    const auto cycles = __builtin_ia32_rdtsc() - began_cycles;
    const std::chrono::duration<double, std::nano> took = Clock::now() - began;
    return static_cast<double>(cycles) / took.count();
  }();
  return ratio;
}

/// Other benchmarks choose their kernel and leave it so, unless DIALPLANE_SIMD names the only one.
void use_best_kernel() {
  if (std::getenv(sip::kKernelVariable) != nullptr) return;
  for (auto i = sip::kKernelCount; i-- > 0;) {
    if (sip::select_kernel(static_cast<sip::Kernel>(i))) return;
  }
}

/// Times process() burst by burst; then, apart, the stages of some more bursts, so that their clock is not in the
/// total.
void run(benchmark::State& state, const std::vector<Frame>& (*make)()) {
  use_best_kernel();
  const auto& frames = make();
  auto& context = bench().context();
  const auto& terminals = context.counters.terminals;
  const auto dropped = terminals.read(pipeline::Terminal::kDropped);
  std::vector<double> bursts;
  for ([[maybe_unused]] auto _ : state) {
    std::uint64_t round = 0;
    for (std::size_t at = 0; at < frames.size(); at += pipeline::kBatchSize) {
      bench().arrive(frames, at);
      const auto began = __builtin_ia32_rdtsc();
      bench().run();
      const auto took = __builtin_ia32_rdtsc() - began;
      bursts.push_back(static_cast<double>(took) / static_cast<double>(pipeline::kBatchSize));
      round += took;
    }
    state.SetIterationTime(static_cast<double>(round) / cycles_per_ns() * 1e-9);
  }
  StageCycles stages(context.counters);
  for (int round = 0; round < 16; ++round) {
    for (std::size_t at = 0; at < frames.size(); at += pipeline::kBatchSize) {
      bench().arrive(frames, at);
      context.bursts = 0;  // the burst whose cycles are read
      bench().run();
      stages.take();
    }
  }
  stages.report(state);
  state.counters["cycles_per_message"] = median(bursts);
  state.counters["ns_per_message"] = median(bursts) / cycles_per_ns();
  if (terminals.read(pipeline::Terminal::kDropped) != dropped) state.SkipWithError("the pipeline dropped a message");
}

/// The Call-ID of a number; all are of one length, so that one takes the place of another in a frame.
std::string numbered_call_id(std::uint64_t number) {
  return fmt::format("{:016x}-{:08x}", number * 0x9e3779b97f4a7c15U, number);
}

/// INVITEs of calls that the affinity table has, drawn at random from `entries` of them.
void run_affinity(benchmark::State& state, std::uint64_t entries) {
  Bench filled("[affinity]\nentries = 8388608\n");
  const auto& snapshot = filled.snapshot();
  const auto& pool = snapshot.pools[0];
  const balance::AffinityTable::Writer writer{*snapshot.backend_states, balance::StatesWriter(0)};
  std::uint64_t full = 0;
  for (std::uint64_t i = 0; i < entries; ++i) {
    const auto hash = SipHash13::of(snapshot.keys.call_id, numbered_call_id(i)) ^ pool.affinity_salt;
    const auto made =
        snapshot.affinity->claim(hash, pool.backends[i % pool.backends.size()].cell, balance::AffinityState::kConfirmed,
                                 0, {0, 0, snapshot.affinity_ages}, writer);
    full += made.outcome == balance::AffinityTable::Outcome::kFull ? 1 : 0;
  }
  // One request of the corpus with each Call-ID drawn: all else is hot.
  const auto& first = invites().front();
  std::string text(reinterpret_cast<const char*>(first.data()) + net::kUdp4Headers, first.size() - net::kUdp4Headers);
  static sip::Message message;
  static sip::Facts facts;
  static_cast<void>(sip::scan(text, message));
  static_cast<void>(sip::validate(message, facts));
  const auto at = static_cast<std::size_t>(facts.call_id.data() - text.data());
  text.replace(at, facts.call_id.size(), numbered_call_id(0));
  std::uint64_t random = 1;
  std::vector<double> bursts;
  const auto& steered = filled.context().counters.steered;
  std::uint64_t messages = 0;
  for ([[maybe_unused]] auto _ : state) {
    std::uint64_t round = 0;
    std::vector<Frame> frames;
    for (std::size_t i = 0; i < kRoundFrames; ++i) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      text.replace(at, numbered_call_id(0).size(), numbered_call_id((random >> 33) % entries));
      frames.push_back(make_frame(text, {IpAddress::v4(0xcb007101), 5060}));
    }
    messages += frames.size();
    for (std::size_t i = 0; i < frames.size(); i += pipeline::kBatchSize) {
      filled.arrive(frames, i);
      const auto began = __builtin_ia32_rdtsc();
      filled.run();
      const auto took = __builtin_ia32_rdtsc() - began;
      bursts.push_back(static_cast<double>(took) / static_cast<double>(pipeline::kBatchSize));
      round += took;
    }
    state.SetIterationTime(static_cast<double>(round) / cycles_per_ns() * 1e-9);
  }
  state.counters["cycles_per_message"] = median(bursts);
  state.counters["ns_per_message"] = median(bursts) / cycles_per_ns();
  state.counters["not_placed"] = static_cast<double>(full);
  // All but those that found no place have an entry, or the table was not what was measured.
  const auto bound = steered.read(pipeline::SteeredBy::kAffinity);
  if (bound * 100 < messages * 98) state.SkipWithError("Call-IDs were not in the table");
}

BENCHMARK_CAPTURE(run_affinity, 1k, 1'000)->Name("affinity_1k")->UseManualTime();
BENCHMARK_CAPTURE(run_affinity, 4m, 4'000'000)->Name("affinity_4m")->UseManualTime();
BENCHMARK_CAPTURE(run, invite, invites)->Name("pipeline_invite")->UseManualTime();
BENCHMARK_CAPTURE(run, response, responses)->Name("pipeline_response")->UseManualTime();
BENCHMARK_CAPTURE(run, dialog, byes)->Name("pipeline_bye")->UseManualTime();
BENCHMARK_CAPTURE(run, options, options)->Name("pipeline_options")->UseManualTime();
BENCHMARK_CAPTURE(run, mixed, mixed)->Name("pipeline_mixed")->UseManualTime();

}  // namespace
}  // namespace dialplane::micro
