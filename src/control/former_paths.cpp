// SPDX-License-Identifier: Apache-2.0
// Servers found again by pool and address. Control thread.
#include "former_paths.hpp"

#include <set>
#include <utility>

namespace dialplane::control {
namespace {

std::string path_of(const config::Pool& pool, const config::Backend& backend) { return pool.name + "/" + backend.name; }

std::set<std::string> paths_of(const config::Config& config) {
  std::set<std::string> paths;
  for (const auto& pool : config.pools) {
    for (const auto& backend : pool.backends) paths.insert(path_of(pool, backend));
  }
  return paths;
}

}  // namespace

FormerPaths former_paths(const config::Config& before, const config::Config& after) {
  std::map<std::string, Endpoint> addresses;
  std::map<std::pair<std::string, Endpoint>, std::string> paths;
  for (const auto& pool : before.pools) {
    for (const auto& backend : pool.backends) {
      const auto path = path_of(pool, backend);
      addresses.emplace(path, backend.address);
      paths.emplace(std::pair(pool.name, backend.address), path);
    }
  }
  FormerPaths former;
  for (const auto& pool : after.pools) {
    for (const auto& backend : pool.backends) {
      const auto path = path_of(pool, backend);
      // Two of a pool may have one address, with ids to tell them: then the name says which is which.
      const auto same = addresses.find(path);
      if (same != addresses.end() && same->second == backend.address) {
        former.emplace(path, path);
      } else if (const auto was = paths.find({pool.name, backend.address}); was != paths.end()) {
        former.emplace(path, was->second);
      }
    }
  }
  return former;
}

FormerPaths renamed_paths(const config::Config& before, const config::Config& after) {
  auto renamed = former_paths(before, after);
  const auto then = paths_of(before);
  const auto now = paths_of(after);
  std::erase_if(renamed, [&](const auto& entry) { return then.contains(entry.first) || now.contains(entry.second); });
  return renamed;
}

}  // namespace dialplane::control
