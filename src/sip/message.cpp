// SPDX-License-Identifier: Apache-2.0
// Names of headers and faults, from headers.def and faults.def. Constant data; any thread.
#include "dialplane/sip/message.hpp"

namespace dialplane::sip {
namespace {

constexpr std::array<std::string_view, kHeaderCount> kHeaderNames = {
#define DP_HEADER(id, name, compact, single, source) name,
#include "dialplane/sip/headers.def"
#undef DP_HEADER
    "",
};

struct FaultInfo {
  std::string_view name;
  std::string_view sentence;
  std::uint16_t status;
};

constexpr std::array<FaultInfo, kFaultCount> kFaults = {{
    {"none", "The message passed every check so far.", 0},
#define DP_FAULT(id, name, status, sentence) {name, sentence, status},
#include "dialplane/sip/faults.def"
#undef DP_FAULT
}};

const FaultInfo& info(Fault fault) noexcept { return kFaults[static_cast<std::size_t>(fault)]; }

}  // namespace

std::string_view header_name(HeaderId id) noexcept { return kHeaderNames[static_cast<std::size_t>(id)]; }
std::string_view fault_name(Fault fault) noexcept { return info(fault).name; }
std::string_view fault_sentence(Fault fault) noexcept { return info(fault).sentence; }
std::uint16_t fault_status(Fault fault) noexcept { return info(fault).status; }

}  // namespace dialplane::sip
