// SPDX-License-Identifier: Apache-2.0
// Reads listeners. Build or control thread.
#include "sections.hpp"
#include "values.hpp"

#include <fmt/core.h>

#include <string_view>

namespace dialplane::config {
namespace {

/// The only mode there is has no field; what can be told is why another one is refused.
void check_mode(const SectionReader& section) {
  const auto mode = section.text("mode");
  if (!mode) return;
  if (mode->text == "direct") {
    section.problems().add(mode->location, "direct mode is not supported yet", "use mode = \"proxy\" or leave it out");
    return;
  }
  enum class Mode : std::uint8_t { kProxy };
  static_cast<void>(section.choice("mode", Mode::kProxy));
}

/// `inner` and `outer`: a list with one entry per address family.
std::vector<std::string> read_counterparts(const SectionReader& section, std::string_view key) {
  section.refuse_empty_list(key, "name a listener, or leave the key out");
  return read_each(section.texts(key), section.problems(), read_name);
}

void read_outbound(const SectionReader& section, Listener& listener) {
  constexpr std::string_view kPoolWord = "pool ";
  const auto outbound = section.text("outbound");
  if (!outbound) return;
  if (outbound->text == "refuse") return;
  if (outbound->text == "literal") {
    listener.outbound = OutboundMode::kLiteral;
  } else if (outbound->text.starts_with(kPoolWord)) {
    listener.outbound = OutboundMode::kPool;
    const Located pool{outbound->text.substr(kPoolWord.size()), outbound->location};
    listener.outbound_pool = read_name(pool, section.problems()).value_or("");
  } else {
    section.problems().add(outbound->location, fmt::format("`outbound` cannot be \"{}\"", outbound->text),
                           "give \"refuse\", \"literal\" or \"pool NAME\"");
  }
}

void read_limits(const SectionReader& section, MessageLimits& limits) {
  const auto read = [&](std::string_view key, std::uint16_t& limit) {
    if (const auto value = section.integer(key)) limit = static_cast<std::uint16_t>(*value);
  };
  read("max_header_bytes", limits.header_bytes);
  read("max_header_rows", limits.header_rows);
  read("max_vias", limits.vias);
  read("max_call_id_bytes", limits.call_id_bytes);
  read("max_body_bytes", limits.body_bytes);
}

Listener read_listener(const SectionReader& section) {
  Problems& problems = section.problems();
  Listener listener;
  listener.location = section.location();
  if (const auto name = section.text("name")) listener.name = read_name(*name, problems).value_or("");
  if (const auto address = section.text("address")) {
    listener.address = read_listen_address(*address, problems).value_or(Endpoint{});
  }
  listener.side = section.choice("side", listener.side);
  section.refuse_empty_list("ports", "name a port, or leave the key out for all ports");
  listener.ports = read_each(section.texts("ports"), problems, read_name);
  check_mode(section);
  if (const auto pool = section.text("pool")) listener.pool = read_name(*pool, problems).value_or("");
  listener.inner = read_counterparts(section, "inner");
  listener.outer = read_counterparts(section, "outer");
  listener.names = read_each(section.texts("names"), problems, read_host);
  listener.options = section.choice("options", listener.options);
  listener.record_route = section.boolean("record_route").value_or(listener.record_route);
  listener.nat = section.choice("nat", listener.nat);
  listener.path = section.choice("path", listener.path);
  listener.force_rport = section.boolean("force_rport").value_or(listener.force_rport);
  read_outbound(section, listener);
  listener.outbound_allow = read_each(section.texts("outbound_allow"), problems, read_prefix);
  listener.hairpin = section.choice("hairpin", listener.hairpin);
  listener.methods = read_methods(section, listener.side);
  listener.source_header = read_source_header(section);
  read_limits(section, listener.limits);
  return listener;
}

}  // namespace

void read_listeners(const Value& root, Config& config, Problems& problems) {
  if (root.find("listener") == nullptr) {
    problems.add({1, 1}, "there is no [[listener]]", "add one with `name`, `address` and `pool`");
  }
  for (const Value* table : section_tables(root, SectionId::kListener)) {
    config.listeners.push_back(read_listener({*table, SectionId::kListener, problems}));
  }
}

}  // namespace dialplane::config
