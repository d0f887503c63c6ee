// SPDX-License-Identifier: Apache-2.0
// Everything one worker counts. The worker writes; the control thread reads through const references at any time.
#pragma once

#include "dialplane/base/ids.hpp"
#include "dialplane/pipeline/verdict.hpp"
#include "dialplane/sip/message.hpp"
#include "dialplane/stats/counters.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::pipeline {

/// Direction of a SIP message as seen from us.
enum class Direction : std::uint8_t { kFromOutside, kFromInside };

/// Ways a token in a Route or Path can turn out.
enum class TokenOutcome : std::uint8_t { kAbsent, kValid, kForged, kCount };
/// How the backend of a request from outside was found.
enum class SteeredBy : std::uint8_t {
  kCookie,
  kLiteral,
  kAffinity,
  kNamedDialog,
  kSecondChance,
  kPolicy,
  kSecondChoice,
  kWinner,
  kCount,
};

/// What became of affinity entries on the packet path.
enum class AffinityEvent : std::uint8_t {
#define DP_AFFINITY(id, name, sentence) id,
#include "dialplane/pipeline/affinity_events.def"
#undef DP_AFFINITY
  kCount,
};
struct AffinityEventInfo {
  std::string_view name;
  std::string_view sentence;
};
const AffinityEventInfo& affinity_event_info(AffinityEvent event) noexcept;

enum class StageId : std::uint8_t {
#define DP_STAGE(id, name, sentence) id,
#include "dialplane/pipeline/stages.def"
#undef DP_STAGE
  kCount,
};
struct StageInfo {
  std::string_view name;
  std::string_view sentence;
};
const StageInfo& stage_info(StageId stage) noexcept;

/// Work of one stage. Cycles are read on one burst in kStageSampling, so they cost the path next to nothing.
struct StageCounters {
  stats::Counter calls;  ///< bursts with at least one message for the stage
  stats::Counter messages;
  stats::Counter sampled_messages;  ///< of the bursts whose cycles were read
  stats::Counter sampled_cycles;
};
inline constexpr std::uint32_t kStageSampling = 64;

/// Counts of one backend, by its BackendCell.
struct BackendCounters {
  stats::Counter requests;             ///< forwarded to it
  stats::Counter dialogs;              ///< of these: INVITE without To tag
  stats::Counter responses;            ///< received from it and forwarded
  stats::Counter requests_from;        ///< requests it sent
  stats::Counter second_chances_lost;  ///< requests that went to another backend because it was silent
  stats::Counter second_chances_won;   ///< requests it got because another one was
};

/// Counts of one screening rule, by its RuleCell.
struct RuleCounters {
  stats::Counter hits;      ///< requests it decided
  stats::Gauge last_hit_s;  ///< when, as seconds since 1970; 0: never
};
/// Codes a rule may answer with: 400 to 699.
inline constexpr std::uint16_t kLowestRuleStatus = 400;
inline constexpr std::size_t kRuleStatuses = 300;

struct WorkerCounters {
  stats::CounterBlock<Source> sources;
  stats::CounterBlock<Terminal> terminals;
  stats::CounterBlock<DropReason> drops;
  stats::CounterBlock<InlineResponse> inline_responses;
  stats::CounterBlock<StunAnswer> stun_answers;
  stats::CounterBlock<TokenOutcome> tokens;
  stats::CounterBlock<SteeredBy> steered;
  stats::CounterBlock<AffinityEvent> affinity;
  stats::CounterArray<sip::kFaultCount> faults;
  /// Requests by method and direction: [method * 2 + direction].
  stats::CounterArray<sip::kMethodCount * 2> requests;
  /// Responses forwarded, by status code − 100.
  stats::CounterArray<600> responses;
  /// Responses forwarded by the method of their CSeq: [method * 6 + class − 1].
  stats::CounterArray<sip::kMethodCount * 6> method_responses;
  std::array<StageCounters, static_cast<std::size_t>(StageId::kCount)> stages;
  stats::Gauge fragments_held;  ///< received, and neither merged nor dropped yet
  std::array<BackendCounters, kMaxBackendCells> backends;
  std::array<RuleCounters, kMaxRuleCells> rules;
  stats::CounterArray<kRuleStatuses> rule_answers;  ///< InlineResponse::kRule by code - kLowestRuleStatus
  struct alignas(64) PortCounters {
    stats::Counter rx_packets, rx_bytes, tx_packets, tx_bytes;
  };
  std::array<PortCounters, kMaxPorts> ports;
  stats::Counter polls;        ///< bursts asked for
  stats::Counter busy_polls;   ///< of these: with at least one packet
  stats::Counter busy_cycles;  ///< TSC cycles in busy polls
  stats::Counter idle_cycles;
};

}  // namespace dialplane::pipeline
