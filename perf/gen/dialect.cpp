// SPDX-License-Identifier: Apache-2.0
// The table of senders: orders and spellings as they are met at the edge of a carrier, made-up names.
#include "dialect.hpp"

#include "dialplane/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dialplane::gen {
namespace {

constexpr std::array<Dialect, 7> kDialects{{
    {.agent = "BorderGate/7.4.2", .order = "vroftiscmeuxpyl", .vias = 2, .weight = 30},
    {.agent = "DeskPhone-48G 2.11.0.5",
     .order = "vfticsmruexpoyl",
     .call_id = CallIdForm::kDotted,
     .rport_last = true,
     .weight = 25},
    {.agent = "OfficePBX 18.20.1", .order = "vrmftcisueoxpyl", .call_id = CallIdForm::kAtHost, .weight = 15},
    {.agent = "PocketTalk/5.9 (Linux; arm64)",
     .order = "vmcftisrxoeupyl",
     .call_id = CallIdForm::kBare,
     .rport_last = true,
     .numbers = false,
     .weight = 12},
    {.agent = "mg-trunk/12.1", .order = "vrftimscxeuopyl", .compact = true, .weight = 8},
    {.agent = "Softswitch R9.3", .order = "vmrotfiscexupyl", .vias = 3, .weight = 6},
    {.agent = "webline-gw 0.14",
     .order = "vtfisrmcuxeopyl",
     .call_id = CallIdForm::kBare,
     .lower_case = true,
     .numbers = false,
     .weight = 4},
}};

constexpr std::uint32_t total_weight() noexcept {
  std::uint32_t sum = 0;
  for (const auto& dialect : kDialects) sum += dialect.weight;
  return sum;
}

constexpr std::array<std::pair<std::string_view, char>, 10> kCompactNames{{
    {"Via", 'v'},
    {"From", 'f'},
    {"To", 't'},
    {"Call-ID", 'i'},
    {"Contact", 'm'},
    {"Supported", 'k'},
    {"Content-Type", 'c'},
    {"Content-Length", 'l'},
    {"Event", 'o'},
    {"Refer-To", 'r'},
}};

}  // namespace

const Dialect& pick_dialect(Prng& random) noexcept {
  auto left = random.below(total_weight());
  for (const auto& dialect : kDialects) {
    if (left < dialect.weight) return dialect;
    left -= dialect.weight;
  }
  return kDialects.front();
}

std::string spell(const Dialect& dialect, std::string_view long_name) {
  if (dialect.compact) {
    for (const auto& [name, letter] : kCompactNames) {
      if (name == long_name) return std::string(1, letter);
    }
  }
  std::string name(long_name);
  if (dialect.lower_case) std::ranges::transform(name, name.begin(), ascii_lower);
  return name;
}

}  // namespace dialplane::gen
