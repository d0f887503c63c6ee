// SPDX-License-Identifier: Apache-2.0
// What the parts of validation share: the configuration, where its values stand, duplicates and references. Build or
// control thread.
#pragma once

#include "sections.hpp"

#include <fmt/core.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dialplane::config {

struct Checks {
  const Config& config;
  const LocationIndex& where;
  Problems& problems;

  void add(std::string_view path, std::string text, std::string remedy) const {
    problems.add(where.at(path), std::move(text), std::move(remedy));
  }
  /// Reports a name that is not among `known`. `what` is the word for it: "pool".
  void refuse_unknown(std::string_view what, std::string_view name, const std::vector<std::string_view>& known,
                      std::string_view path) const;
};

/// Finds the second use of what must be used once.
class Duplicates {
 public:
  Duplicates(const Checks& checks, std::string what, std::string remedy)
      : checks_(checks), what_(std::move(what)), remedy_(std::move(remedy)) {}
  /// Notes a use; reports it if it is not the first. An empty value was refused before and is not compared.
  void use(const std::string& value, std::string_view path);

 private:
  const Checks& checks_;
  std::string what_;
  std::string remedy_;
  std::map<std::string, Location> first_;
};

template <class Named>
std::vector<std::string_view> names_of(const std::vector<Named>& items) {
  std::vector<std::string_view> names;
  names.reserve(items.size());
  for (const Named& item : items) names.push_back(item.name);
  return names;
}

void check_ports(const Checks& checks);
void check_sides(const Checks& checks);
void check_families(const Checks& checks);
void check_health(const Checks& checks);
void check_policies(const Checks& checks);

}  // namespace dialplane::config
