// SPDX-License-Identifier: Apache-2.0
// Probes over a data plane of memory: what is sent, which answers count, what is published.
#include "health/monitor.hpp"

#include "../fake_data_plane.hpp"
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include "dialplane/net/frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace dialplane::control {
namespace {

using namespace std::chrono_literals;
using snapshot::ObservedState;

const Endpoint kBackend = *Endpoint::parse("10.0.0.11:5060");
const Endpoint kProbes = *Endpoint::parse("10.0.0.1:5059");
const PortIndex kInside(1);
// In the frame of an ICMP error: its header, and what it quotes.
constexpr std::size_t kIcmpAt = 34;
constexpr std::size_t kQuoteAt = kIcmpAt + 8;

class HealthMonitorTest : public testing::Test {
 protected:
  HealthMonitorTest() {
    auto loaded = config::load_text(test::kTwoNetworks + "[pool.health]\ninterval = \"1s\"\nslow_start = \"0s\"\n");
    EXPECT_TRUE(loaded.has_value());
    config_ = std::make_shared<config::Config>(std::move(*loaded));
    auto hops = snapshot::static_hops(*config_);
    state_.emplace(publisher_, config_, test::fixed_keys());
    state_->runtime().next_hops =
        std::make_shared<snapshot::NextHopTable>(std::move(hops.routes), std::move(hops.neighbors));
    EXPECT_TRUE(state_->republish().has_value());
    monitor_.emplace(*state_, data_plane_, [this] { return ++random_; });
  }

  void adopt(const std::string& text) {
    auto loaded = config::load_text(text);
    ASSERT_TRUE(loaded.has_value()) << config::format_problem("text", loaded.error().front());
    const auto config = std::make_shared<const config::Config>(std::move(*loaded));
    ASSERT_TRUE(state_->adopt(config, state_->keys(), state_->cells(), *publisher_.latest(), {}).has_value());
  }
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.rfind(from), from.size(), to);
  }
  void run_for(std::chrono::milliseconds length) {
    for (const auto end = now_ + length; now_ < end; now_ += 10ms) {
      data_plane_.now_ms_ += 10;
      monitor_->turn(now_);
      state_->turn(now_);
    }
  }
  /// The text of the last probe sent.
  [[nodiscard]] std::string last_probe() const {
    const auto& frame = data_plane_.originated_.back();
    net::FrameView view;
    net::parse_frame(frame, view);
    EXPECT_EQ(view.source, kProbes);
    EXPECT_EQ(view.destination, kBackend);
    EXPECT_TRUE(net::udp_checksum_ok(frame, view));
    return {reinterpret_cast<const char*>(frame.data()) + view.payload_offset, view.payload_length};
  }
  static std::string answer_to(std::string probe, const std::string& status) {
    return "SIP/2.0 " + status + "\r\n" + probe.substr(probe.find("\r\n") + 2);
  }
  bool receive(const std::string& text, const Endpoint& from = kBackend) {
    test::FrameBuffer buffer(text, from, kProbes);
    pipeline::Packet packet;
    buffer.fill(packet, kInside);
    return monitor_->take(kInside, packet.bytes(), now_);
  }
  void answer_probes(int count, const std::string& status) {
    for (int i = 0; i < count; ++i) {
      const auto sent = data_plane_.originated_.size();
      while (data_plane_.originated_.size() == sent) run_for(10ms);
      receive(answer_to(last_probe(), status));
    }
    run_for(50ms);
  }
  /// Each probe of `kBackend` is answered 200, others are not.
  void run_and_answer(std::chrono::steady_clock::duration length) {
    for (const auto end = now_ + length; now_ < end;) {
      const auto before = data_plane_.originated_.size();
      run_for(10ms);
      for (auto i = before; i < data_plane_.originated_.size(); ++i) {
        const auto& frame = data_plane_.originated_[i];
        net::FrameView view;
        net::parse_frame(frame, view);
        if (view.destination != kBackend) continue;
        receive(answer_to({reinterpret_cast<const char*>(frame.data()) + view.payload_offset, view.payload_length},
                          "200 OK"));
      }
    }
  }
  /// An error that quotes the last probe.
  [[nodiscard]] std::vector<std::uint8_t> unreachable_frame() const {
    const auto& probe = data_plane_.originated_.back();
    // Ethernet and IPv4 of the error, the ICMP header, then what it quotes.
    test::FrameBuffer error("", kBackend, kProbes);
    pipeline::Packet packet;
    error.fill(packet, kInside);
    constexpr std::size_t kQuoted = 28;
    std::vector<std::uint8_t> frame(kQuoteAt + kQuoted);
    std::copy_n(packet.data, kIcmpAt, frame.begin());
    frame[kIcmpAt] = frame[kIcmpAt + 1] = 3;
    std::copy_n(probe.begin() + 14, kQuoted, frame.begin() + kQuoteAt);
    const auto total = frame.size() - 14;
    frame[14 + 3] = static_cast<std::uint8_t>(total);
    frame[14 + 9] = 1;
    frame[14 + 10] = frame[14 + 11] = 0;
    const auto sum = net::checksum_finish(net::checksum_add(0, ByteSpan(frame).subspan(14, 20)));
    frame[14 + 10] = static_cast<std::uint8_t>(sum >> 8);
    frame[14 + 11] = static_cast<std::uint8_t>(sum);
    return frame;
  }
  [[nodiscard]] const WatchedBackend& backend() const { return *monitor_->find("sbc/sbc1"); }
  [[nodiscard]] const snapshot::Backend& published() const { return publisher_.latest()->pools[0].backends[0]; }

  FakeDataPlane data_plane_;
  snapshot::Publisher publisher_{1};
  std::shared_ptr<config::Config> config_;  ///< the first one
  std::optional<StateKeeper> state_;
  std::optional<HealthMonitor> monitor_;
  HealthMonitor::Time now_{1000s};
  std::uint64_t random_ = 0;
};

TEST_F(HealthMonitorTest, SendsAboutOneProbeAnInterval) {
  run_for(10s);
  EXPECT_GE(data_plane_.originated_.size(), 8u);
  EXPECT_LE(data_plane_.originated_.size(), 14u);
}

TEST_F(HealthMonitorTest, AnAnsweredProbeMakesItUp) {
  answer_probes(1, "200 OK");
  EXPECT_EQ(published().observed, ObservedState::kUp);
  EXPECT_EQ(backend().counts.healthy, 1u);
  EXPECT_FALSE(backend().round_trips.empty());
}

TEST_F(HealthMonitorTest, SilenceMakesItDownWithinFallIntervals) {
  answer_probes(1, "200 OK");
  run_for(3 * 1250ms + 500ms + 50ms);
  EXPECT_EQ(published().observed, ObservedState::kDown);
  EXPECT_FALSE(publisher_.latest()->pools[0].any_usable);
}

TEST_F(HealthMonitorTest, ServiceUnavailableMakesItDown) {
  answer_probes(3, "503 Service Unavailable");
  EXPECT_EQ(published().observed, ObservedState::kDown);
  EXPECT_EQ(backend().check.reason_text(), "answered 503");
  EXPECT_EQ(backend().counts.unhealthy, 3u);
}

TEST_F(HealthMonitorTest, ComesBackAfterRise) {
  answer_probes(3, "503 Service Unavailable");
  answer_probes(1, "200 OK");
  EXPECT_EQ(published().observed, ObservedState::kDown);
  answer_probes(1, "200 OK");
  EXPECT_EQ(published().observed, ObservedState::kUp);
}

TEST_F(HealthMonitorTest, IgnoresAnAnswerFromAnotherAddress) {
  run_for(300ms);
  EXPECT_TRUE(receive(answer_to(last_probe(), "200 OK"), *Endpoint::parse("10.0.0.99:5060")));
  EXPECT_EQ(monitor_->forged(), 1u);
  EXPECT_EQ(backend().check.state(), ObservedState::kUnknown);
}

TEST_F(HealthMonitorTest, TakesAnAnswerFromAnotherPortOfTheBackend) {
  run_for(300ms);
  receive(answer_to(last_probe(), "200 OK"), *Endpoint::parse("10.0.0.11:5080"));
  EXPECT_EQ(backend().check.state(), ObservedState::kUp);
}

TEST_F(HealthMonitorTest, IgnoresAnAnswerWithAnotherBranchOrCallId) {
  run_for(300ms);
  for (const std::string field : {"branch=z9hG4bK-lb1-0", "Call-ID: 0", "tag=0"}) {
    auto forged = answer_to(last_probe(), "200 OK");
    const auto at = forged.find(field);
    ASSERT_NE(at, std::string::npos) << field;
    forged[at + field.size() - 1] = 'f';
    receive(forged);
    EXPECT_EQ(backend().check.state(), ObservedState::kUnknown) << field;
  }
  EXPECT_EQ(monitor_->forged(), 3u);
}

TEST_F(HealthMonitorTest, ALateAnswerIsCountedAndChangesNothing) {
  run_for(20ms);
  const auto probe = last_probe();
  run_for(510ms);
  receive(answer_to(probe, "200 OK"));
  EXPECT_EQ(backend().counts.late, 1u);
  EXPECT_EQ(backend().check.state(), ObservedState::kProbing);
}

TEST_F(HealthMonitorTest, AProvisionalAnswerIsNone) {
  run_for(300ms);
  receive(answer_to(last_probe(), "100 Trying"));
  EXPECT_EQ(backend().check.state(), ObservedState::kUnknown);
}

TEST_F(HealthMonitorTest, RealTrafficKeepsASilentOneUsable) {
  answer_probes(1, "200 OK");
  for (int i = 0; i < 100; ++i) {
    publisher_.latest()->backend_states->note_heard(published().cell, data_plane_.now_ms_);
    run_for(100ms);
  }
  EXPECT_EQ(published().observed, ObservedState::kProbing);
  EXPECT_EQ(backend().check.reason(), HealthReason::kTraffic);
}

TEST_F(HealthMonitorTest, AnUnreachableProbeFailsAtOnce) {
  answer_probes(1, "200 OK");
  const auto sent = data_plane_.originated_.size();
  while (data_plane_.originated_.size() == sent) run_for(10ms);
  const auto frame = unreachable_frame();
  EXPECT_FALSE(monitor_->take(PortIndex(0), frame, now_)) << "the kernel has it, too";
  EXPECT_EQ(backend().check.state(), ObservedState::kUp) << "an outside port says nothing";
  EXPECT_FALSE(monitor_->take(kInside, frame, now_));
  EXPECT_EQ(backend().check.state(), ObservedState::kProbing);
  EXPECT_EQ(backend().counts.unreachable, 1u);
}

TEST_F(HealthMonitorTest, AnUnreachableRequestAsksForProbesAndIsPublished) {
  answer_probes(1, "200 OK");
  auto frame = unreachable_frame();
  // Quoted is what the listener sent.
  constexpr std::uint16_t kListenerPort = 5060;
  frame[kQuoteAt + 20] = kListenerPort >> 8;
  frame[kQuoteAt + 21] = kListenerPort & 0xff;
  monitor_->take(kInside, frame, now_);
  run_for(50ms);
  EXPECT_EQ(published().observed, ObservedState::kProbing);
  EXPECT_EQ(backend().check.reason(), HealthReason::kSuspected);
}

TEST_F(HealthMonitorTest, RequestsWithoutResponsesAskForProbesAndArePublished) {
  answer_probes(1, "200 OK");
  data_plane_.counters_->backends[backend().cell.value].requests.add(20);
  while (backend().counts.suspicions == 0 && now_ < HealthMonitor::Time(1010s)) run_for(10ms);
  run_for(50ms);
  EXPECT_EQ(backend().suspicion, "few responses");
  EXPECT_EQ(published().observed, ObservedState::kProbing);
}

TEST_F(HealthMonitorTest, AllHaveTheirTurnWhenMoreAreDueThanOneTurnMayProbe) {
  auto text = test::kTwoNetworks + "[pool.health]\ninterval = \"100ms\"\ntimeout = \"100ms\"\n";
  text += "[[pool]]\nname = \"large\"\nslots = 65536\n";
  for (int i = 0; i < 1000; ++i) {
    const auto host = std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
    text += "[[pool.backend]]\nname = \"b" + std::to_string(i) + "\"\naddress = \"10.1." + host + ":5060\"\n";
  }
  text += "[pool.health]\ninterval = \"100ms\"\ntimeout = \"100ms\"\n";
  adopt(replaced(text, "pool = \"sbc\"", "pool = \"large\""));
  run_for(1s);
  // 64 in each of 100 turns are 6.4 for each.
  for (int i = 0; i < 1000; ++i) {
    const auto probed = monitor_->find("large/b" + std::to_string(i))->counts.sent;
    EXPECT_TRUE(probed == 6 || probed == 7) << "b" << i << ": " << probed;
  }
}

TEST_F(HealthMonitorTest, MaintenanceIsNotProbed) {
  ASSERT_TRUE(state_->set_admin("sbc/sbc1", config::AdminState::kMaint).has_value());
  run_for(3s);
  EXPECT_TRUE(data_plane_.originated_.empty());
  ASSERT_TRUE(state_->set_admin("sbc/sbc1", config::AdminState::kReady).has_value());
  run_for(100ms);
  EXPECT_EQ(data_plane_.originated_.size(), 1u);
}

TEST_F(HealthMonitorTest, ASlowStartGoesOnWhileNothingElseChanges) {
  adopt(test::kTwoNetworks + "[pool.health]\nprobe = \"none\"\nslow_start = \"1600ms\"\n");
  ASSERT_TRUE(state_->set_admin("sbc/sbc1", config::AdminState::kMaint).has_value());
  run_for(50ms);
  ASSERT_TRUE(state_->set_admin("sbc/sbc1", config::AdminState::kReady).has_value());
  run_for(50ms);
  EXPECT_EQ(publisher_.latest()->pools[0].share[0], balance::kWholeShare / 16);
  run_for(800ms);
  EXPECT_EQ(publisher_.latest()->pools[0].share[0], balance::kWholeShare / 16 * 9);
  run_for(800ms);
  EXPECT_EQ(publisher_.latest()->pools[0].share[0], balance::kWholeShare);
}

TEST_F(HealthMonitorTest, APanicEndsWithItsHoldWhileNothingElseChanges) {
  adopt(test::kTwoNetworks + "[[pool.backend]]\nname = \"sbc2\"\naddress = \"10.0.0.11:5070\"\n" +
        "[pool.health]\ninterval = \"1s\"\npanic = 0.5\npanic_hold = \"10s\"\n");
  run_and_answer(6s);
  const auto& silent = *monitor_->find("sbc/sbc2");
  ASSERT_EQ(silent.check.state(), ObservedState::kDown);
  ASSERT_TRUE(monitor_->panic_since("sbc").has_value());
  EXPECT_TRUE(silent.observed.in_panic);
  run_and_answer(*monitor_->panic_since("sbc") + 10s - now_ - 20ms);
  EXPECT_TRUE(silent.observed.in_panic);
  run_and_answer(60ms);
  EXPECT_FALSE(silent.observed.in_panic);
  EXPECT_EQ(publisher_.latest()->pools[0].backends[1].observed, ObservedState::kDown);
}

TEST_F(HealthMonitorTest, NothingIsPublishedWhileNothingChanges) {
  answer_probes(1, "200 OK");
  const auto generation = publisher_.latest()->generation;
  answer_probes(3, "200 OK");
  EXPECT_EQ(publisher_.latest()->generation, generation);
}

TEST_F(HealthMonitorTest, AChangeThatCouldNotBePublishedNeedsNoOtherOne) {
  const auto address = std::exchange(config_->listeners[1].address, config_->listeners[0].address);
  answer_probes(1, "200 OK");
  ASSERT_EQ(backend().check.state(), ObservedState::kUp);
  ASSERT_EQ(published().observed, ObservedState::kUnknown) << "two listeners of one id make no snapshot";
  config_->listeners[1].address = address;
  run_and_answer(2s);
  EXPECT_EQ(published().observed, ObservedState::kUp);
}

TEST_F(HealthMonitorTest, WithoutANeighbourNothingIsSentAndItFalls) {
  state_->runtime().next_hops = std::make_shared<snapshot::NextHopTable>();
  ASSERT_TRUE(state_->republish().has_value());
  run_for(5s);
  EXPECT_TRUE(data_plane_.originated_.empty());
  EXPECT_EQ(published().observed, ObservedState::kDown);
  EXPECT_GE(backend().counts.unsent, 3u);
}

TEST_F(HealthMonitorTest, AnotherServerUnderTheNameIsNotDown) {
  answer_probes(3, "503 Service Unavailable");
  ASSERT_EQ(published().observed, ObservedState::kDown);
  const auto moved = replaced(test::kTwoNetworks, "10.0.0.11:5060", "10.0.0.12:5060");
  adopt(moved + "[pool.health]\nprobe = \"none\"\n");
  run_for(50ms);
  EXPECT_EQ(published().observed, ObservedState::kUnknown);
  EXPECT_TRUE(publisher_.latest()->pools[0].any_usable);
}

TEST_F(HealthMonitorTest, TheSameServerUnderAnotherNameIsStillDown) {
  answer_probes(3, "503 Service Unavailable");
  ASSERT_EQ(published().observed, ObservedState::kDown);
  adopt(replaced(test::kTwoNetworks, "name = \"sbc1\"", "name = \"sbc2\""));
  run_for(50ms);
  EXPECT_EQ(published().observed, ObservedState::kDown);
  EXPECT_EQ(monitor_->find("sbc/sbc1"), nullptr);
  ASSERT_NE(monitor_->find("sbc/sbc2"), nullptr);
  EXPECT_EQ(monitor_->find("sbc/sbc2")->path, "sbc/sbc2");
  EXPECT_EQ(monitor_->find("sbc/sbc2")->check.status(), 503);
}

TEST_F(HealthMonitorTest, AnAnswerToAProbeSentUnderTheOldNameCounts) {
  run_for(300ms);
  const auto probe = last_probe();
  adopt(replaced(test::kTwoNetworks, "name = \"sbc1\"", "name = \"sbc2\""));
  run_for(20ms);
  receive(answer_to(probe, "200 OK"));
  run_for(50ms);
  EXPECT_EQ(published().observed, ObservedState::kUp);
  EXPECT_EQ(monitor_->forged(), 0u);
}

TEST_F(HealthMonitorTest, AnAnswerToAProbeOfAServerThatIsGoneIsNone) {
  run_for(300ms);
  const auto probe = last_probe();
  adopt(replaced(test::kTwoNetworks, "10.0.0.11:5060", "10.0.0.12:5060"));
  run_for(20ms);
  receive(answer_to(probe, "200 OK"));
  EXPECT_EQ(monitor_->forged(), 1u);
  EXPECT_NE(backend().check.state(), ObservedState::kUp);
}

TEST_F(HealthMonitorTest, APoolIsProbedFromTheChangeOnThatGivesItAListener) {
  const auto spare =
      test::kTwoNetworks + "[[pool]]\nname = \"spare\"\n[[pool.backend]]\nname = \"b\"\naddress = \"10.0.0.11:5070\"\n";
  adopt(spare);
  run_for(5s);
  ASSERT_EQ(monitor_->find("spare/b")->check.reason(), HealthReason::kNoSource);
  adopt(replaced(spare, "pool = \"sbc\"", "pool = \"spare\""));
  run_for(3s);
  EXPECT_GE(monitor_->find("spare/b")->counts.sent, 1u);
}

TEST_F(HealthMonitorTest, APoolThatLosesItsListenerIsPublishedAsUnknown) {
  answer_probes(1, "200 OK");
  ASSERT_EQ(published().observed, ObservedState::kUp);
  adopt(replaced(test::kTwoNetworks, "pool = \"sbc\"", "pool = \"spare\"") +
        "[[pool]]\nname = \"spare\"\n[[pool.backend]]\nname = \"b\"\naddress = \"10.0.0.11:5070\"\n");
  run_for(3s);
  EXPECT_EQ(backend().check.reason(), HealthReason::kNoSource);
  EXPECT_EQ(published().observed, ObservedState::kUnknown);
}

}  // namespace
}  // namespace dialplane::control
