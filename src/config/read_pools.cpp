// SPDX-License-Identifier: Apache-2.0
// Reads pools and their backends. Build or control thread.
#include "sections.hpp"
#include "values.hpp"

#include <cmath>

namespace dialplane::config {
namespace {

constexpr double kPermille = 1000;

Backend read_backend(const SectionReader& section, const ProbeSettings& of_pool) {
  Problems& problems = section.problems();
  Backend backend;
  backend.location = section.location();
  if (const auto name = section.text("name")) backend.name = read_name(*name, problems).value_or("");
  if (const auto id = section.text("id")) backend.id = read_name(*id, problems).value_or("");
  if (const auto address = section.text("address")) {
    backend.address = read_endpoint(*address, problems).value_or(Endpoint{});
  }
  if (const auto weight = section.integer("weight")) backend.weight = static_cast<std::uint32_t>(*weight);
  if (const auto tier = section.integer("tier")) backend.tier = static_cast<std::uint16_t>(*tier);
  backend.state = section.choice("state", backend.state);
  backend.sources = read_each(section.texts("sources"), problems, read_prefix);
  backend.probing = of_pool;
  if (const Value* health = section.table("health")) {
    read_probe_settings({*health, SectionId::kBackendHealth, problems}, backend.probing);
  }
  return backend;
}

Pool read_pool(const SectionReader& section) {
  Problems& problems = section.problems();
  Pool pool;
  pool.location = section.location();
  if (const auto name = section.text("name")) pool.name = read_name(*name, problems).value_or("");
  pool.policy = section.choice("policy", pool.policy);
  if (const auto slots = section.integer("slots")) pool.slots = static_cast<std::uint32_t>(*slots);
  if (const auto factor = section.number("max_load_factor")) {
    pool.load_permille = static_cast<std::uint32_t>(std::lround(*factor * kPermille));
  }
  read_placement_key(section, pool);
  pool.second_chance = section.choice("second_chance", pool.second_chance);
  pool.retry_after = section.choice("retry_after_from_backends", pool.retry_after);
  // What the backends do not say for themselves is said here, wherever in the file it stands.
  if (const Value* health = section.table("health")) {
    read_health({*health, SectionId::kHealth, problems}, pool.health);
  }
  section.refuse_empty_list("backend", "add a [[pool.backend]]");
  for (const Value* table : section.tables("backend")) {
    pool.backends.push_back(read_backend({*table, SectionId::kBackend, problems}, pool.health.probing));
  }
  return pool;
}

}  // namespace

void read_pools(const Value& root, Config& config, Problems& problems) {
  for (const Value* table : section_tables(root, SectionId::kPool)) {
    config.pools.push_back(read_pool({*table, SectionId::kPool, problems}));
  }
}

}  // namespace dialplane::config
