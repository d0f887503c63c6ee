// SPDX-License-Identifier: Apache-2.0
// Which listener is the other's counterpart, and whether the pairs make sense. Build or control thread.
#include "checks.hpp"

#include <algorithm>
#include <utility>

namespace dialplane::config {
namespace {

const Listener* find_listener(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.listeners, name, &Listener::name);
  return name.empty() || found == config.listeners.end() ? nullptr : &*found;
}

using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

/// True if some listener's `field` names `name`.
bool is_named(const Config& config, Names Listener::*field, std::string_view name) {
  return std::ranges::any_of(config.listeners, [&](const Listener& other) { return contains(other.*field, name); });
}

/// The counterparts told by `field`, and for a family without one the first listener that tells the reverse.
Names effective(const Config& config, const Listener& listener, Names Listener::*field, Names Listener::*reverse) {
  Names names = listener.*field;
  const auto has_family = [&](IpAddress::Family family) {
    return std::ranges::any_of(names, [&](const std::string& name) {
      const Listener* told = find_listener(config, name);
      return told == nullptr || told->address.ip.family() == family;
    });
  };
  for (const Listener& other : config.listeners) {
    if (!contains(other.*reverse, listener.name) || has_family(other.address.ip.family())) continue;
    names.push_back(other.name);
  }
  return names;
}

struct Direction {
  std::string_view key;          ///< "inner" or "outer"
  std::string_view reverse_key;  ///< the other one
  Side facing;                   ///< the side a listener with this key must have a share in
  std::string_view facing_name;
  std::string_view opposite_name;  ///< the side it must not be confined to
  Side opposite;
};

constexpr Direction kInnerDirection{"inner", "outer", Side::kInside, "inside", "outside", Side::kOutside};
constexpr Direction kOuterDirection{"outer", "inner", Side::kOutside, "outside", "inside", Side::kInside};

void check_target(const Checks& checks, const Listener& target, const std::string& path, const Direction& direction) {
  if (target.side != direction.opposite) return;
  checks.add(
      path,
      fmt::format("`{}` names listener \"{}\", whose side is {}", direction.key, target.name, direction.opposite_name),
      fmt::format("name a listener whose side is {} or both", direction.facing_name));
}

/// Checks one of the two keys of a listener.
void check_counterparts(const Checks& checks, const Listener& listener, const Names& names, const std::string& path,
                        const Direction& direction) {
  const std::string key_path = fmt::format("{}.{}", path, direction.key);
  if (names.empty()) return;
  if (listener.side == direction.facing) {
    checks.add(key_path, fmt::format("a listener whose side is {} has no `{}`", direction.facing_name, direction.key),
               fmt::format("use `{}` to name its counterpart", direction.reverse_key));
    return;
  }
  std::vector<IpAddress::Family> families;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string value_path = fmt::format("{}[{}]", key_path, i);
    checks.refuse_unknown("listener", names[i], names_of(checks.config.listeners), value_path);
    const Listener* target = find_listener(checks.config, names[i]);
    if (target == nullptr) continue;
    check_target(checks, *target, value_path, direction);
    const auto family = target->address.ip.family();
    if (std::ranges::find(families, family) != families.end()) {
      checks.add(value_path, fmt::format("`{}` names two listeners of one address family", direction.key),
                 "give one with an IPv4 and one with an IPv6 address, or one alone");
    }
    families.push_back(family);
  }
}

void check_mutual(const Checks& checks, const Listener& listener, const std::string& path) {
  for (std::size_t i = 0; i < listener.outer.size(); ++i) {
    const Listener* outer = find_listener(checks.config, listener.outer[i]);
    if (outer == nullptr || listener.side == Side::kOutside || outer->side == Side::kInside) continue;
    const Names back = effective(checks.config, *outer, &Listener::inner, &Listener::outer);
    if (contains(back, listener.name)) continue;
    // An `inner` that names nobody was reported where it stands.
    const auto rival = std::ranges::find_if(back, [&](const std::string& name) {
      const Listener* other = find_listener(checks.config, name);
      return other != nullptr && other->address.ip.family() == listener.address.ip.family();
    });
    if (rival == back.end()) continue;
    checks.add(fmt::format("{}.outer[{}]", path, i),
               fmt::format("`outer` names listener \"{}\", whose `inner` is \"{}\"", outer->name, *rival),
               fmt::format("make inner = [\"{}\"] there, or leave one of the two out", listener.name));
  }
}

void check_alone(const Checks& checks, const Listener& listener, const std::string& path) {
  const bool is_outside = listener.side == Side::kOutside;
  const bool is_inside = listener.side == Side::kInside;
  const std::string inner_path = path + ".inner";
  const std::string outer_path = path + ".outer";
  if (is_outside && !checks.where.has(inner_path) && !is_named(checks.config, &Listener::outer, listener.name)) {
    checks.add(path + ".side", "a listener whose side is outside needs an inside listener towards its backends",
               "add inner = [\"NAME\"], or use side = \"both\" where there is one network");
  }
  if (is_inside && !checks.where.has(outer_path) && !is_named(checks.config, &Listener::inner, listener.name)) {
    checks.add(path + ".side", "a listener whose side is inside needs an outside listener towards the callers",
               "add outer = [\"NAME\"], or use side = \"both\" where there is one network");
  }
}

}  // namespace

void check_sides(const Checks& checks) {
  for (std::size_t i = 0; i < checks.config.listeners.size(); ++i) {
    const Listener& listener = checks.config.listeners[i];
    const std::string path = fmt::format("listener[{}]", i);
    check_counterparts(checks, listener, listener.inner, path, kInnerDirection);
    check_counterparts(checks, listener, listener.outer, path, kOuterDirection);
    check_mutual(checks, listener, path);
    check_alone(checks, listener, path);
  }
}

void join_listeners(Config& config) {
  std::vector<Names> inner;
  for (const Listener& listener : config.listeners) {
    inner.push_back(listener.side == Side::kInside ? Names()
                                                   : effective(config, listener, &Listener::inner, &Listener::outer));
  }
  for (std::size_t i = 0; i < inner.size(); ++i) config.listeners[i].inner = std::move(inner[i]);
  for (Listener& listener : config.listeners) {
    if (listener.side == Side::kOutside) continue;
    listener.outer = effective(config, listener, &Listener::outer, &Listener::inner);
    // A listener of side both that is its own inner is its own outer too.
    std::erase(listener.outer, listener.name);
  }
}

}  // namespace dialplane::config
