// SPDX-License-Identifier: Apache-2.0
// Names and sentences of the closed lists in the .def files. Any thread.
#include "dialplane/pipeline/verdict.hpp"

#include "dialplane/pipeline/worker_counters.hpp"

#include <array>

namespace dialplane::pipeline {
namespace {

constexpr std::array kDropReasons{
#define DP_DROP(id, name, stage, sentence) DropReasonInfo{name, stage, sentence},
#include "dialplane/pipeline/drop_reasons.def"
#undef DP_DROP
};

constexpr std::array kInlineResponses{
#define DP_INLINE(id, name, status, reason, extra, source) InlineResponseInfo{name, status, reason, extra, source},
#include "dialplane/pipeline/inline_responses.def"
#undef DP_INLINE
};

constexpr std::array kStunAnswers{
#define DP_STUN(id, name, sentence) StunAnswerInfo{name, sentence},
#include "dialplane/pipeline/stun_answers.def"
#undef DP_STUN
};

constexpr std::array kTerminals{
#define DP_TERMINAL(id, name, sentence) TerminalInfo{name, sentence},
#include "dialplane/pipeline/terminals.def"
#undef DP_TERMINAL
};

constexpr std::array kSources{
#define DP_SOURCE(id, name, sentence) SourceInfo{name, sentence},
#include "dialplane/pipeline/sources.def"
#undef DP_SOURCE
};

constexpr std::array kStages{
#define DP_STAGE(id, name, sentence) StageInfo{name, sentence},
#include "dialplane/pipeline/stages.def"
#undef DP_STAGE
};

constexpr std::array kAffinityEvents{
#define DP_AFFINITY(id, name, sentence) AffinityEventInfo{name, sentence},
#include "dialplane/pipeline/affinity_events.def"
#undef DP_AFFINITY
};

}  // namespace

const AffinityEventInfo& affinity_event_info(AffinityEvent event) noexcept {
  return kAffinityEvents[static_cast<std::size_t>(event)];
}
const StageInfo& stage_info(StageId stage) noexcept { return kStages[static_cast<std::size_t>(stage)]; }
const SourceInfo& source_info(Source source) noexcept { return kSources[static_cast<std::size_t>(source)]; }
const DropReasonInfo& drop_reason_info(DropReason reason) noexcept {
  return kDropReasons[static_cast<std::size_t>(reason)];
}
const InlineResponseInfo& inline_response_info(InlineResponse which) noexcept {
  return kInlineResponses[static_cast<std::size_t>(which)];
}
const StunAnswerInfo& stun_answer_info(StunAnswer which) noexcept {
  return kStunAnswers[static_cast<std::size_t>(which)];
}
const TerminalInfo& terminal_info(Terminal terminal) noexcept { return kTerminals[static_cast<std::size_t>(terminal)]; }

}  // namespace dialplane::pipeline
