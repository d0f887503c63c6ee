// SPDX-License-Identifier: Apache-2.0
// Why other parsers are known to read a field otherwise: each cause has a line with its judgement in
// tests/data/oracle_disagreements.tsv. Test thread.
#pragma once

#include "fields.hpp"

#include <string_view>

namespace dialplane::oracle {

enum class Oracle : std::uint8_t { kOsip, kSofia };
constexpr std::string_view oracle_name(Oracle oracle) noexcept { return oracle == Oracle::kOsip ? "osip" : "sofia"; }

/// The cause, by its name in the list, why `oracle` reads `field` of this datagram otherwise than we do; empty if none
/// is known. Looks for the bytes that make the other parser stumble and at nothing else. `datagram` is one we accept.
std::string_view find_cause(std::string_view datagram, Oracle oracle, Field field);

}  // namespace dialplane::oracle
