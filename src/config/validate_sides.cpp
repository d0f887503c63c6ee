// SPDX-License-Identifier: Apache-2.0
// Which listener is the other's counterpart, and whether the pairs make sense. Build or control thread.
#include "checks.hpp"

#include <algorithm>

namespace dialplane::config {
namespace {

const Listener* find_listener(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.listeners, name, &Listener::name);
  return name.empty() || found == config.listeners.end() ? nullptr : &*found;
}

/// The first listener whose `field` names `name`; nullptr if none does.
const Listener* first_naming(const Config& config, std::string Listener::*field, std::string_view name) {
  const auto found = std::ranges::find_if(config.listeners,
                                          [&](const Listener& other) { return !name.empty() && other.*field == name; });
  return found == config.listeners.end() ? nullptr : &*found;
}

/// The inner listener of an outside one, told or derived; empty: itself.
std::string effective_inner(const Config& config, const Listener& listener) {
  if (!listener.inner.empty()) return listener.inner;
  const Listener* derived = first_naming(config, &Listener::outer, listener.name);
  return derived == nullptr ? std::string() : derived->name;
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

/// Checks one of the two keys of a listener.
void check_counterpart(const Checks& checks, const Listener& listener, const std::string& name, const std::string& path,
                       const Direction& direction) {
  const std::string key_path = fmt::format("{}.{}", path, direction.key);
  if (name.empty()) return;
  if (listener.side == direction.facing) {
    checks.add(key_path, fmt::format("a listener whose side is {} has no `{}`", direction.facing_name, direction.key),
               fmt::format("use `{}` to name its counterpart", direction.reverse_key));
    return;
  }
  const std::string value_path = key_path + "[0]";
  checks.refuse_unknown("listener", name, names_of(checks.config.listeners), value_path);
  const Listener* target = find_listener(checks.config, name);
  if (target == nullptr || target->side != direction.opposite) return;
  checks.add(value_path,
             fmt::format("`{}` names listener \"{}\", whose side is {}", direction.key, name, direction.opposite_name),
             fmt::format("name a listener whose side is {} or both", direction.facing_name));
}

void check_mutual(const Checks& checks, const Listener& listener, const std::string& path) {
  const Listener* outer = find_listener(checks.config, listener.outer);
  if (outer == nullptr || listener.side == Side::kOutside || outer->side == Side::kInside) return;
  const std::string back = effective_inner(checks.config, *outer);
  // An `inner` that names nobody was reported where it stands.
  if (back == listener.name || find_listener(checks.config, back) == nullptr) return;
  checks.add(path + ".outer[0]",
             fmt::format("`outer` names listener \"{}\", whose `inner` is \"{}\"", outer->name, back),
             fmt::format("make inner = [\"{}\"] there, or leave one of the two out", listener.name));
}

void check_alone(const Checks& checks, const Listener& listener, const std::string& path) {
  const bool is_outside = listener.side == Side::kOutside;
  const bool is_inside = listener.side == Side::kInside;
  const std::string inner_path = path + ".inner";
  const std::string outer_path = path + ".outer";
  if (is_outside && !checks.where.has(inner_path) &&
      first_naming(checks.config, &Listener::outer, listener.name) == nullptr) {
    checks.add(path + ".side", "a listener whose side is outside needs an inside listener towards its backends",
               "add inner = [\"NAME\"], or use side = \"both\" where there is one network");
  }
  if (is_inside && !checks.where.has(outer_path) &&
      first_naming(checks.config, &Listener::inner, listener.name) == nullptr) {
    checks.add(path + ".side", "a listener whose side is inside needs an outside listener towards the callers",
               "add outer = [\"NAME\"], or use side = \"both\" where there is one network");
  }
}

}  // namespace

void check_sides(const Checks& checks) {
  for (std::size_t i = 0; i < checks.config.listeners.size(); ++i) {
    const Listener& listener = checks.config.listeners[i];
    const std::string path = fmt::format("listener[{}]", i);
    check_counterpart(checks, listener, listener.inner, path, kInnerDirection);
    check_counterpart(checks, listener, listener.outer, path, kOuterDirection);
    check_mutual(checks, listener, path);
    check_alone(checks, listener, path);
  }
}

void join_listeners(Config& config) {
  for (Listener& listener : config.listeners) {
    listener.inner = listener.side == Side::kInside ? std::string() : effective_inner(config, listener);
  }
  for (Listener& listener : config.listeners) {
    if (!listener.outer.empty() || listener.side == Side::kOutside) continue;
    const Listener* outer = first_naming(config, &Listener::inner, listener.name);
    // A listener of side both that is its own inner is its own outer too.
    if (outer != nullptr && outer != &listener) listener.outer = outer->name;
  }
}

}  // namespace dialplane::config
