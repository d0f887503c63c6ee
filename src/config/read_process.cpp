// SPDX-License-Identifier: Apache-2.0
// Reads what concerns the process as a whole. Build or control thread.
#include "sections.hpp"
#include "values.hpp"

#include <fmt/core.h>

namespace dialplane::config {
namespace {

void read_runtime(const SectionReader& section, Runtime& runtime) {
  Problems& problems = section.problems();
  if (const auto name = section.text("name")) runtime.name = read_name(*name, problems).value_or(runtime.name);
  if (const auto cpu = section.integer("main_cpu")) runtime.main_cpu = static_cast<std::uint16_t>(*cpu);
  section.refuse_empty_list("worker_cpus", "give one CPU for each worker, like [1]");
  for (const std::int64_t cpu : section.integers("worker_cpus")) {
    runtime.worker_cpus.push_back(static_cast<std::uint16_t>(cpu));
  }
  runtime.memory = section.choice("memory", runtime.memory);
  if (const auto mbufs = section.integer("mbufs")) runtime.mbufs = static_cast<std::uint32_t>(*mbufs);
  runtime.idle = section.choice("idle", runtime.idle);
  if (const auto path = section.text("state_dir")) {
    runtime.state_dir = read_path(*path, problems).value_or(runtime.state_dir);
  }
}

void read_control(const SectionReader& section, Control& control) {
  if (const auto metrics = section.text("metrics")) {
    control.metrics = read_http_address(*metrics, section.problems());
    control.metrics_location = metrics->location;
  }
  // sun_path holds 108 bytes with its terminator.
  constexpr std::size_t kLongestSocketPath = 107;
  const auto socket = section.text("socket");
  if (!socket) return;
  control.socket = read_path(*socket, section.problems()).value_or("");
  if (control.socket.size() > kLongestSocketPath) {
    section.problems().add(socket->location, "`socket` is too long for a Unix socket",
                           fmt::format("give a path of at most {} characters", kLongestSocketPath));
  }
}

void read_affinity(const SectionReader& section, Affinity& affinity) {
  if (const auto entries = section.integer("entries")) affinity.entries = static_cast<std::uint32_t>(*entries);
  if (const auto length = section.duration("early_ttl")) affinity.early_ttl = *length;
  if (const auto length = section.duration("dialog_ttl")) affinity.dialog_ttl = *length;
  if (const auto length = section.duration("registration_ttl")) affinity.registration_ttl = *length;
}

}  // namespace

void read_process(const Value& root, Config& config, Problems& problems) {
  const auto runtime = section_tables(root, SectionId::kRuntime);
  if (root.find("runtime") == nullptr) {
    problems.add({1, 1}, "[runtime] is missing", "add it with at least `worker_cpus = [1]`");
  }
  for (const Value* table : runtime) read_runtime({*table, SectionId::kRuntime, problems}, config.runtime);
  for (const Value* table : section_tables(root, SectionId::kNode)) {
    const SectionReader section(*table, SectionId::kNode, problems);
    if (const auto name = section.text("name")) config.node.name = read_name(*name, problems).value_or("");
    config.node.probe_source = read_each(section.texts("probe_source"), problems, read_probe_source);
  }
  if (config.node.name.empty()) config.node.name = host_name();
  for (const Value* table : section_tables(root, SectionId::kKeys)) {
    const SectionReader section(*table, SectionId::kKeys, problems);
    if (const auto file = section.text("placement")) {
      config.keys.placement = read_key_file(*file, problems).value_or("");
    }
    section.refuse_empty_list("tokens", "name at least one file, or leave the key out");
    config.keys.tokens = read_each(section.texts("tokens"), problems, read_key_file);
  }
  for (const Value* table : section_tables(root, SectionId::kAffinity)) {
    read_affinity({*table, SectionId::kAffinity, problems}, config.affinity);
  }
  for (const Value* table : section_tables(root, SectionId::kControl)) {
    read_control({*table, SectionId::kControl, problems}, config.control);
  }
  if (config.control.socket.empty()) config.control.socket = fmt::format("/run/{}/control.sock", config.runtime.name);
}

}  // namespace dialplane::config
