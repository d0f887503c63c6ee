// SPDX-License-Identifier: Apache-2.0
// Which listener is the source towards the other side, for each address family. Build or control thread.
#include "dialplane/config/partners.hpp"

#include <algorithm>

namespace dialplane::config {
namespace {

const Listener* named(const Config& config, const std::vector<std::string>& names, IpAddress::Family family) noexcept {
  for (const Listener& other : config.listeners) {
    if (other.address.ip.family() == family && std::ranges::find(names, other.name) != names.end()) return &other;
  }
  return nullptr;
}

using Names = std::vector<std::string>;

/// The counterpart told by `key`. A listener of `own_side` is itself for its own family, and for the other it has what
/// its counterparts told by `reverse` have.
const Listener* partner(const Config& config, const Listener& listener, IpAddress::Family family, Side own_side,
                        Names Listener::*key, Names Listener::*reverse) noexcept {
  const bool is_own_family = listener.address.ip.family() == family;
  if (listener.side != own_side) {
    if (const Listener* found = named(config, listener.*key, family)) return found;
    return listener.side == Side::kBoth && is_own_family ? &listener : nullptr;
  }
  if (is_own_family) return &listener;
  for (const Listener& other : config.listeners) {
    if (other.side == own_side || std::ranges::find(listener.*reverse, other.name) == (listener.*reverse).end())
      continue;
    if (const Listener* found = partner(config, other, family, own_side, key, reverse)) return found;
  }
  return nullptr;
}

}  // namespace

const Listener* inner_of(const Config& config, const Listener& listener, IpAddress::Family family) noexcept {
  return partner(config, listener, family, Side::kInside, &Listener::inner, &Listener::outer);
}

const Listener* outer_of(const Config& config, const Listener& listener, IpAddress::Family family) noexcept {
  return partner(config, listener, family, Side::kOutside, &Listener::outer, &Listener::inner);
}

std::string_view side_name(Side side) noexcept {
  switch (side) {
    case Side::kOutside:
      return "outside";
    case Side::kInside:
      return "inside";
    case Side::kBoth:
      return "both";
  }
  return "";
}

std::string_view family_name(IpAddress::Family family) noexcept {
  return family == IpAddress::Family::kV6 ? "IPv6" : "IPv4";
}

}  // namespace dialplane::config
