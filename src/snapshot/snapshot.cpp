// SPDX-License-Identifier: Apache-2.0
// Lookups in a snapshot. Run on workers; no allocation.
#include "dialplane/snapshot/snapshot.hpp"

#include "prefixes.hpp"

#include "dialplane/base/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <tuple>

namespace dialplane::snapshot {

IpAddress masked(const IpAddress& address, std::uint8_t length) noexcept {
  if (address.is_v4()) {
    const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - std::min<std::uint8_t>(length, 32));
    return IpAddress::v4(address.v4_value() & mask);
  }
  if (!address.is_v6()) return address;
  std::array<std::uint8_t, 16> bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t kept_bits = length > 8 * i ? std::min<std::size_t>(8, length - 8 * i) : 0;
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00U >> kept_bits));
  }
  return IpAddress::v6(bytes);
}

std::string_view observed_state_name(ObservedState state) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"unknown", "up", "down", "probing"};
  return kNames[static_cast<std::size_t>(state)];
}

void Pool::index_backends() {
  by_id.resize(backends.size());
  std::iota(by_id.begin(), by_id.end(), std::uint16_t{0});
  by_address = by_id;
  for (const auto at : by_id) {
    const std::size_t cell = backends[at].cell.value;
    if (by_cell.size() <= cell) by_cell.resize(cell + 1, kNoIndex);
    by_cell[cell] = at;
  }
  std::ranges::stable_sort(by_id, {}, [this](std::uint16_t at) { return backends[at].id; });
  std::ranges::stable_sort(by_address, {}, [this](std::uint16_t at) { return backends[at].address; });
}

std::uint16_t Pool::find(BackendId backend_id) const noexcept {
  const auto found =
      std::ranges::lower_bound(by_id, backend_id, {}, [this](std::uint16_t at) { return backends[at].id; });
  return found == by_id.end() || backends[*found].id != backend_id ? kNoIndex : *found;
}

std::uint16_t Pool::find(const Endpoint& address) const noexcept {
  const auto found =
      std::ranges::lower_bound(by_address, address, {}, [this](std::uint16_t at) { return backends[at].address; });
  return found == by_address.end() || backends[*found].address != address ? kNoIndex : *found;
}

const Listener* Snapshot::find_listener(const Endpoint& destination, PortIndex port) const noexcept {
  if (port.value >= kMaxPorts) return nullptr;
  const std::uint32_t bit = std::uint32_t{1} << port.value;
  const auto found = std::ranges::find_if(listeners, [&](const Listener& listener) {
    return (listener.port_mask & bit) != 0 && listener.address == destination;
  });
  return found == listeners.end() ? nullptr : &*found;
}

const Listener* Snapshot::find_listener(const Endpoint& address) const noexcept {
  for (const auto& listener : listeners) {
    if (listener.address == address) return &listener;
  }
  return nullptr;
}

const Listener* Snapshot::inner_toward(const Listener& listener, const IpAddress& target) const noexcept {
  const auto index = listener.inner.toward(target);
  return index.value < listeners.size() ? &listeners[index.value] : nullptr;
}

const Listener* Snapshot::outer_toward(const Listener& listener, const IpAddress& target) const noexcept {
  const auto index = listener.outer.toward(target);
  return index.value < listeners.size() ? &listeners[index.value] : nullptr;
}

namespace {

ListenerIndex main_of(const Partners& partners, const Listener& listener) noexcept {
  const auto own = partners.toward(listener.address.ip);
  if (own.value != kNoIndex) return own;
  return listener.address.ip.is_v6() ? partners.v4 : partners.v6;
}

}  // namespace

const Listener& Snapshot::main_outer(const Listener& listener) const noexcept {
  const auto index = main_of(listener.outer, listener);
  return index.value < listeners.size() ? listeners[index.value] : listener;
}

bool Snapshot::is_listener_ip(const IpAddress& ip) const noexcept {
  for (const auto& listener : listeners) {
    if (listener.address.ip == ip) return true;
  }
  return false;
}

bool Snapshot::is_probe_source(const Endpoint& address) const noexcept {
  return std::ranges::find(probe_sources, address) != probe_sources.end();
}

bool Snapshot::is_probe_ip(const IpAddress& ip) const noexcept {
  return std::ranges::find(probe_sources, ip, &Endpoint::ip) != probe_sources.end();
}

const Listener* Snapshot::find_listener(ListenerId id) const noexcept {
  const auto found = std::ranges::find(listeners, id, &Listener::id);
  return found == listeners.end() ? nullptr : &*found;
}

namespace {

/// True if the host is written as we write the listener's address ourselves, as almost every client repeats it.
bool is_spelled(const Listener& listener, std::string_view host) noexcept {
  const std::string_view ours = listener.sent_by;
  if (host.size() >= ours.size() || ours[host.size()] != ':') return false;
  // Of an IPv6 address, not a part up to one of its colons.
  if (ours.front() == '[' && ours[host.size() - 1] != ']') return false;
  return ours.substr(0, host.size()) == host;
}

}  // namespace

bool Snapshot::is_own(std::string_view host, std::uint16_t port_or_default) const noexcept {
  bool is_served = false;
  for (const auto& listener : listeners) {
    if (listener.address.port != port_or_default) continue;
    if (is_spelled(listener, host)) return true;
    is_served = true;
  }
  if (!is_served) return false;
  // An IPv4 address has one spelling; only one with colons may be another of an address of ours.
  if (host.find(':') != std::string_view::npos) {
    const auto ip = IpAddress::parse(host);
    if (ip && find_listener(Endpoint{*ip, port_or_default}) != nullptr) return true;
  }
  // A numeric address may be a name, too: that of a public address translated to ours.
  return std::ranges::any_of(listeners, [&](const Listener& listener) {
    return std::ranges::any_of(listener.names, [&](const std::string& name) { return iequals(name, host); });
  });
}

namespace {

/// Up to this many sources are compared one by one: most are single addresses, two words each.
constexpr std::size_t kFewSources = 16;

bool is_host(const Prefix& prefix) noexcept { return prefix.length == (prefix.ip.is_v4() ? 32 : 128); }

bool comes_from(const BackendSource& source, const IpAddress& address) noexcept {
  return is_host(source.prefix) ? source.prefix.ip == address : source.prefix.contains(address);
}

}  // namespace

void Snapshot::index_sources() {
  const auto is_single = [](const BackendSource& source) { return is_host(source.prefix); };
  has_wide_sources = !std::ranges::all_of(sources, is_single);
  // At most a quarter full: most that is asked for is a caller, whose search then ends at once.
  source_buckets.assign(std::bit_ceil(4 * sources.size() + 1), 0);
  const auto last = source_buckets.size() - 1;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const bool is_repeated = i > 0 && sources[i].prefix == sources[i - 1].prefix;
    if (!is_single(sources[i]) || is_repeated) continue;
    auto at = bucket_hash(sources[i].prefix.ip) & last;
    while (source_buckets[at] != 0) at = (at + 1) & last;
    source_buckets[at] = static_cast<std::uint32_t>(i + 1);
  }
}

const BackendSource* Snapshot::find_source(const IpAddress& address) const noexcept {
  const auto last = source_buckets.size() - 1;
  for (auto at = bucket_hash(address);; ++at) {
    const auto entry = source_buckets[at & last];
    if (entry == 0) break;
    if (const auto& source = sources[entry - 1]; source.prefix.ip == address) return &source;
  }
  if (!has_wide_sources) return nullptr;
  if (sources.size() <= kFewSources) {
    for (const auto& source : sources) {
      if (comes_from(source, address)) return &source;
    }
    return nullptr;
  }
  const auto order = [](const BackendSource& source) { return std::tuple(-source.prefix.length, source.prefix.ip); };
  auto from = sources.begin();
  while (from != sources.end()) {
    const std::uint8_t length = from->prefix.length;
    const auto found =
        std::ranges::lower_bound(from, sources.end(), std::tuple(-length, masked(address, length)), {}, order);
    if (found != sources.end() && found->prefix.length == length && found->prefix.contains(address)) return &*found;
    from = std::ranges::partition_point(found, sources.end(),
                                        [&](const BackendSource& source) { return source.prefix.length == length; });
  }
  return nullptr;
}

}  // namespace dialplane::snapshot
