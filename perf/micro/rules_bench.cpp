// SPDX-License-Identifier: Apache-2.0
// What screening rules on User-Agent cost a request, with 1, 100 and 1 000 expressions, for agents that none matches
// and for agents that one does. Reading the message is not part of the time: only RuleSet::first_match() is.
#include "dialplane/admit/rule_set.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace dialplane::micro {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRequestsInBurst = 32;
constexpr std::size_t kRequests = 4096;

/// What scanners, stress tools and broken clients call themselves.
constexpr std::array kScanners{
    "friendly-scanner",
    "sipvicious",
    "sipcli",
    "sip-scan",
    "sundayddr",
    "VaxSIPUserAgent",
    "pplsip",
    "iWar",
    "sipsak",
    "smap",
    "siparmyknife",
    "Zfree",
    "SIPGeneric",
    "Custom SIP Phone",
    "eyeBeam 0",
    "gulp",
    "sipbomber",
    "scapy",
    "nmap sip",
    "nessus",
    "shodan",
    "zgrab",
    "voipbl",
    "enumiax",
    "sivus",
    "ozeki dial",
    "x-lite 1",
    "cisco/cm 0",
    "mass dialer",
    "war dialer",
};
/// What phones and servers call themselves.
constexpr std::array kPhones{
    "Linphone Desktop/5.{}.{} (Debian GNU/Linux 12) LinphoneCore/5.2",
    "Grandstream GXP2170 1.0.{}.{}",
    "Yealink SIP-T46S 66.{}.0.{}",
    "PolycomVVX-VVX_411-UA/5.{}.{}.1802",
    "Cisco-CP7841-3PCC/11.{}.{}",
    "Asterisk PBX 18.{}.{}~dfsg",
    "FreeSWITCH-mod_sofia/1.10.{}-release-{}~64bit",
    "snomD785/10.1.{}.{}",
    "Zoiper v2.10.{}.{}-mod",
    "MicroSIP/3.{}.{}",
    "AVM FRITZ!Box 7590 154.07.{} ({})",
    "Ribbon SBC V0{}.0{}",
};

/// Distinct expressions: the names alone, then the names with versions, as lists of such rules grow.
std::vector<admit::Rule> rules(std::size_t count) {
  std::vector<admit::Rule> made;
  for (std::size_t i = 0; i < count; ++i) {
    const auto* name = kScanners[i % kScanners.size()];
    const auto version = i / kScanners.size();
    made.push_back({fmt::format("rule{}", i), "user-agent",
                    version == 0 ? fmt::format("(?i){}", name) : fmt::format("(?i)^{}[ /-]v?{}\\.\\d+", name, version),
                    admit::Action::kDrop, 0});
  }
  return made;
}

std::shared_ptr<const admit::RuleSet> rule_set(std::size_t count) {
  auto set = admit::RuleSet::compile(rules(count), 1);
  if (!set) throw std::runtime_error(set.error().front().text);
  return *set;
}

std::string phone(std::size_t number) {
  return fmt::format(fmt::runtime(kPhones[number % kPhones.size()]), number / kPhones.size() % 100, number % 97);
}

/// The same agent of every scanner in many versions: with a thousand rules several match, and the first decides.
std::string scanner(std::size_t number) {
  return fmt::format("{}/{}.{}", kScanners[number % kScanners.size()], 1 + number / kScanners.size() % 33, number % 89);
}

std::string invite(const std::string& agent, std::size_t number) {
  return fmt::format(
      "INVITE sip:bob@203.0.113.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK{0};rport\r\n"
      "Max-Forwards: 70\r\nFrom: <sip:alice@192.0.2.7>;tag=a{0}\r\nTo: <sip:bob@203.0.113.10>\r\nCall-ID: {0}@192.0.2.7"
      "\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@192.0.2.7>\r\nUser-Agent: {1}\r\nContent-Length: 0\r\n\r\n",
      number, agent);
}

/// Reads a burst, then times the rules over it, again and again. With one rule a scanner of another name passes.
void run(benchmark::State& state, std::string (*agent)(std::size_t), bool is_matched) {
  const auto set = rule_set(static_cast<std::size_t>(state.range(0)));
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < kRequests; ++i) texts.push_back(invite(agent(i), i));
  const auto burst = std::make_unique<std::array<sip::Message, kRequestsInBurst>>();
  std::size_t at = 0;
  std::size_t matched = 0;
  std::size_t messages = 0;
  double total_s = 0;
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t i = 0; i < kRequestsInBurst; ++i) benchmark::DoNotOptimize(sip::scan(texts[at + i], (*burst)[i]));
    at = (at + kRequestsInBurst) % kRequests;
    const auto began = Clock::now();
    for (const auto& message : *burst) matched += set->first_match(message, WorkerIndex(0)) != kNoIndex ? 1U : 0U;
    const std::chrono::duration<double> took = Clock::now() - began;
    state.SetIterationTime(took.count());
    total_s += took.count();
    messages += kRequestsInBurst;
  }
  state.counters["ns_per_message"] = total_s * 1e9 / static_cast<double>(messages);
  state.counters["matched_share"] = static_cast<double>(matched) / static_cast<double>(messages);
  if (!is_matched && matched > 0) state.SkipWithError("a phone was taken for a scanner");
  if (is_matched && matched == 0) state.SkipWithError("no scanner was found");
}

void rules_pass(benchmark::State& state) { run(state, phone, false); }
void rules_hit(benchmark::State& state) { run(state, scanner, true); }

BENCHMARK(rules_pass)->Arg(1)->Arg(100)->Arg(1000)->UseManualTime();
BENCHMARK(rules_hit)->Arg(1)->Arg(100)->Arg(1000)->UseManualTime();

}  // namespace
}  // namespace dialplane::micro
