// SPDX-License-Identifier: Apache-2.0
// Servers found again by pool and address. Control thread.
#include "former_paths.hpp"

#include <utility>

namespace dialplane::control {

FormerPaths former_paths(const config::Config& before, const config::Config& after) {
  std::map<std::string, Endpoint> addresses;
  std::map<std::pair<std::string, Endpoint>, std::string> paths;
  for (const auto& pool : before.pools) {
    for (const auto& backend : pool.backends) {
      const auto path = pool.name + "/" + backend.name;
      addresses.emplace(path, backend.address);
      paths.emplace(std::pair(pool.name, backend.address), path);
    }
  }
  FormerPaths former;
  for (const auto& pool : after.pools) {
    for (const auto& backend : pool.backends) {
      const auto path = pool.name + "/" + backend.name;
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

}  // namespace dialplane::control
