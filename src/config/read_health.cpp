// SPDX-License-Identifier: Apache-2.0
// Reads [pool.health] and [pool.backend.health]. Build or control thread.
#include "sections.hpp"

#include <algorithm>

namespace dialplane::config {
namespace {

void read_codes(const SectionReader& section, HealthCodes& codes) {
  section.refuse_empty_list("codes", "name the codes that mean health, like [\"2xx\"], or leave the key out");
  const std::vector<Located> listed = section.texts("codes");
  if (listed.empty()) return;
  std::vector<std::string> entries;
  std::ranges::transform(listed, std::back_inserter(entries), &Located::text);
  std::size_t wrong = 0;
  const auto read = HealthCodes::parse(entries, wrong);
  if (!read) {
    section.problems().add(listed[wrong].location, "\"" + entries[wrong] + "\" is no final response code",
                           "write a code from 200 to 699 or a class like \"4xx\", with ! before it to leave it out");
  } else if (!read->any()) {
    section.problems().add(listed[0].location, "`codes` leaves no answer that would mean health", "add \"2xx\"");
  } else {
    codes = *read;
  }
}

}  // namespace

void read_probe_settings(const SectionReader& section, ProbeSettings& settings) {
  settings.probe = section.choice("probe", settings.probe);
  if (const auto interval = section.duration("interval")) settings.interval = *interval;
  if (const auto timeout = section.duration("timeout")) settings.timeout = *timeout;
  if (const auto fall = section.integer("fall")) settings.fall = static_cast<std::uint16_t>(*fall);
  if (const auto rise = section.integer("rise")) settings.rise = static_cast<std::uint16_t>(*rise);
  read_codes(section, settings.codes);
}

void read_health(const SectionReader& section, Health& health) {
  read_probe_settings(section, health.probing);
  if (const auto panic = section.number("panic")) health.panic = *panic;
  if (const auto length = section.duration("panic_hold")) health.panic_hold = *length;
  if (const auto length = section.duration("hold_down")) health.hold_down = *length;
  if (const auto length = section.duration("slow_start")) health.slow_start = *length;
  if (const auto length = section.duration("linger")) health.linger = *length;
}

}  // namespace dialplane::config
