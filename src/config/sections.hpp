// SPDX-License-Identifier: Apache-2.0
// One reader per section: document → Config. What lies between sections is checked by validate(). Build or control
// thread.
#pragma once

#include "section_reader.hpp"

namespace dialplane::config {

/// [runtime], [node], [keys], [control].
void read_process(const Value& root, Config& config, Problems& problems);
/// [[port]] and [[neighbor]].
void read_ports(const Value& root, Config& config, Problems& problems);
/// [[listener]].
/// Methods of a listener; empty: all.
std::vector<std::string> read_methods(const SectionReader& section, Side side);
/// The name of its source_header; empty: none.
std::string read_source_header(const SectionReader& section);
void read_listeners(const Value& root, Config& config, Problems& problems);
/// The keys that [pool.health] and [pool.backend.health] share; those that are absent stay as they are.
void read_probe_settings(const SectionReader& section, ProbeSettings& settings);
/// [pool.health].
void read_health(const SectionReader& section, Health& health);
/// The key of a pool, as one for all methods or a table.
void read_placement_key(const SectionReader& section, Pool& pool);
/// [[pool]] with [[pool.backend]].
void read_pools(const Value& root, Config& config, Problems& problems);
/// [[rule]].
void read_rules(const Value& root, Config& config, Problems& problems);

/// Everything that needs more than one value: references, duplicates, sides, routes. Reads only what the readers left
/// in `config`, so a value they refused is not reported twice.
void validate(const Config& config, const LocationIndex& where, Problems& problems);

/// Fills `inner` from `outer` and the reverse where only one of two listeners names the other.
void join_listeners(Config& config);

}  // namespace dialplane::config
