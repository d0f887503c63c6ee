// SPDX-License-Identifier: Apache-2.0
// What the pipeline decided about one packet, and the closed lists it decides from. Any thread.
#pragma once

#include "dialplane/base/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::pipeline {

enum class DropReason : std::uint8_t {
#define DP_DROP(id, name, stage, sentence) id,
#include "dialplane/pipeline/drop_reasons.def"
#undef DP_DROP
  kCount,
};
struct DropReasonInfo {
  std::string_view name;
  std::string_view stage;
  std::string_view sentence;
};
const DropReasonInfo& drop_reason_info(DropReason reason) noexcept;

enum class InlineResponse : std::uint8_t {
#define DP_INLINE(id, name, status, reason, extra, source) id,
#include "dialplane/pipeline/inline_responses.def"
#undef DP_INLINE
  kCount,
};
struct InlineResponseInfo {
  std::string_view name;
  std::uint16_t status;     ///< 0: that of the verdict
  std::string_view reason;  ///< empty: the registered one
  std::string_view extra_rows;
  std::string_view source;
};
const InlineResponseInfo& inline_response_info(InlineResponse which) noexcept;

/// An answer to STUN on the SIP port, in place of a SIP response.
enum class StunAnswer : std::uint8_t {
#define DP_STUN(id, name, sentence) id,
#include "dialplane/pipeline/stun_answers.def"
#undef DP_STUN
  kCount,
};
struct StunAnswerInfo {
  std::string_view name;
  std::string_view sentence;
};
const StunAnswerInfo& stun_answer_info(StunAnswer which) noexcept;

enum class Terminal : std::uint8_t {
#define DP_TERMINAL(id, name, sentence) id,
#include "dialplane/pipeline/terminals.def"
#undef DP_TERMINAL
  kCount,
};
struct TerminalInfo {
  std::string_view name;
  std::string_view sentence;
};
const TerminalInfo& terminal_info(Terminal terminal) noexcept;

/// Where packets come from.
enum class Source : std::uint8_t {
#define DP_SOURCE(id, name, sentence) id,
#include "dialplane/pipeline/sources.def"
#undef DP_SOURCE
  kCount,
};
struct SourceInfo {
  std::string_view name;
  std::string_view sentence;
};
const SourceInfo& source_info(Source source) noexcept;

/// Where a punted packet goes: to the kernel by one of two rings, or to the control thread itself by the first of them.
enum class PuntLane : std::uint8_t { kCritical, kOther, kControl };

struct Verdict {
  enum class Kind : std::uint8_t { kUndecided, kForward, kReply, kDrop, kPunt, kHold } kind = Kind::kUndecided;
  DropReason reason = DropReason::kRunt;                 ///< kDrop
  InlineResponse response = InlineResponse::kOptionsOk;  ///< kReply
  std::uint16_t status = 0;                              ///< kReply with InlineResponse::kRule: the rule's code
  StunAnswer stun = StunAnswer::kCount;                  ///< kReply: set instead of `response` where STUN asked
  PuntLane lane = PuntLane::kOther;                      ///< kPunt
  PortIndex out_port;                                    ///< kForward, kReply
};

}  // namespace dialplane::pipeline
