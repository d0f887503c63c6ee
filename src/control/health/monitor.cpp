// SPDX-License-Identifier: Apache-2.0
// Probing, and what follows from it. Control thread.
#include "monitor.hpp"

#include "former_paths.hpp"

#include "dialplane/net/frame.hpp"
#include "dialplane/net/frame_edit.hpp"

#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace dialplane::control {

namespace {

using snapshot::ObservedState;

constexpr std::chrono::milliseconds kWorkInterval{10};
constexpr std::chrono::milliseconds kPublishInterval{20};
constexpr std::chrono::seconds kLookInterval{1};
/// Probes sent in one turn: about 5 us each.
constexpr unsigned kMostProbes = 64;
constexpr unsigned kMostLogLines = 20;

bool sends_from(const config::Backend& backend, const IpAddress& address) {
  return backend.address.ip == address ||
         std::ranges::any_of(backend.sources, [&](const Prefix& prefix) { return prefix.contains(address); });
}

}  // namespace

std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) std::abort();
  return number;
}

HealthMonitor::HealthMonitor(StateKeeper& state, pipeline::DataPlane& data_plane, Random random)
    : state_(state), data_plane_(data_plane), random_(std::move(random)) {}

const WatchedBackend* HealthMonitor::find(const std::string& path) const {
  const auto found = watched_.find(path);
  return found == watched_.end() ? nullptr : found->second.get();
}

std::optional<HealthMonitor::Time> HealthMonitor::panic_since(const std::string& pool) const {
  const auto found = pools_.find(pool);
  return found == pools_.end() ? std::nullopt : found->second.panic.since();
}

bool HealthMonitor::hears_own_responses(const WatchedBackend& backend) const {
  return current().backend_states->own_response_ratio(backend.cell) >= kLeastOwnResponses;
}

void HealthMonitor::turn(Time now) {
  if (now - worked_ < kWorkInterval) return;
  worked_ = now;
  follow_configuration(now);
  do_what_is_due(now);
  look_at_traffic(now);
  settle(now);
}

void HealthMonitor::do_what_is_due(Time now) {
  const auto count = in_turn_.size();
  // Where the last turn ended: if more are due than one turn may probe, nobody waits for ever.
  auto at = next_probed_;
  unsigned sent = 0;
  for (std::size_t i = 0; i < count; ++i, ++at) {
    if (at >= count) at = 0;
    auto& backend = *in_turn_[at];
    const auto deadline = backend.check.deadline();
    if (deadline && now >= *deadline) {
      ++backend.counts.silent;
      end(backend, {HealthReason::kSilent, 0}, now);
    }
    if (sent == kMostProbes || !backend.check.is_due(now)) continue;
    probe(backend, now);
    ++sent;
    next_probed_ = at + 1;
  }
}

void HealthMonitor::follow_configuration(Time now) {
  if (state_.config() != seen_config_) take_configuration(now);
  if (current().generation == seen_generation_) return;
  seen_generation_ = current().generation;
  const auto& pools = current().pools;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    for (const auto& member : pools[i].backends) {
      const auto found = watched_.find(pools[i].name + "/" + member.name);
      if (found == watched_.end() || member.is_leaving) continue;
      found->second->pool = PoolIndex(static_cast<std::uint16_t>(i));
      follow_member(*found->second, member, now);
    }
  }
}

void HealthMonitor::take_configuration(Time now) {
  const auto before = std::exchange(seen_config_, state_.config());
  const auto former = before ? former_paths(*before, *seen_config_) : FormerPaths{};
  std::map<std::string, std::unique_ptr<WatchedBackend>> old;
  std::swap(old, watched_);
  for (const auto& pool : seen_config_->pools) {
    for (const auto& backend : pool.backends) {
      const auto path = pool.name + "/" + backend.name;
      const auto was = former.find(path);
      const auto known = was == former.end() ? old.end() : old.find(was->second);
      // Under another address it is another server; under another name it is not.
      if (known == old.end() || known->second == nullptr) {
        watch(pool, backend, now);
        continue;
      }
      known->second->path = path;
      known->second->settings = backend;
      known->second->check.configure(backend.probing, pool.health.hold_down, now);
      watched_.emplace(path, std::move(known->second));
    }
  }
  for (const auto& [path, gone] : old) {
    if (gone != nullptr && gone->under_way) by_branch_.erase(gone->under_way->branch);
  }
  std::erase_if(state_.runtime().observed, [&](const auto& entry) { return !watched_.contains(entry.first); });
  gather_pools();
}

void HealthMonitor::gather_pools() {
  const auto old = std::exchange(pools_, {});
  in_turn_.clear();
  for (const auto& pool : seen_config_->pools) {
    auto& gathered = pools_[pool.name];
    gathered.settings = &pool;
    if (const auto known = old.find(pool.name); known != old.end()) gathered.panic = known->second.panic;
    for (const auto& configured : pool.backends) {
      auto& backend = *watched_.at(pool.name + "/" + configured.name);
      backend.owner = &gathered;
      gathered.members.push_back(&backend);
      in_turn_.push_back(&backend);
    }
  }
}

void HealthMonitor::watch(const config::Pool& pool, const config::Backend& backend, Time now) {
  const auto path = pool.name + "/" + backend.name;
  auto watched = std::make_unique<WatchedBackend>(
      WatchedBackend{path,
                     backend,
                     {},
                     {},
                     backend.state,
                     HealthCheck(backend.probing, pool.health.hold_down, jitter(), now),
                     {},
                     {},
                     {},
                     {},
                     {},
                     0,
                     {},
                     {}});
  // What is published was found of another server that had this name.
  if (state_.runtime().observed.erase(path) > 0) has_changed_ = true;
  watched_[path] = std::move(watched);
  seen_generation_ = 0;
}

void HealthMonitor::follow_member(WatchedBackend& backend, const snapshot::Backend& member, Time now) {
  backend.cell = member.cell;
  // A change that was asked to forget what is known of it took its state away.
  if (backend.observed != snapshot::Observed{} && !state_.runtime().observed.contains(backend.path)) {
    const auto hold_down = backend.owner->settings->health.hold_down;
    unsettle(backend);
    backend.check = HealthCheck(backend.settings.probing, hold_down, jitter(), now);
    backend.observed = {};
    backend.round_trips = {};
    backend.signals = {};
    backend.suspicion = {};
  }
  if (backend.admin == member.admin) return;
  unsettle(backend);
  backend.admin = member.admin;
  if (backend.admin == config::AdminState::kMaint) return backend.check.pause(HealthReason::kMaintenance, now);
  backend.check.resume(now);
}

std::optional<Endpoint> HealthMonitor::source_toward(const WatchedBackend& backend) const {
  const auto& snapshot = current();
  const auto& target = backend.settings.address.ip;
  for (const auto& source : seen_config_->node.probe_source) {
    if (source.ip.family() == target.family()) return source;
  }
  for (const auto& listener : snapshot.listeners) {
    const bool is_used = listener.pool == backend.pool || listener.outbound_pool == backend.pool;
    const auto* inner = is_used ? snapshot.inner_toward(listener, target) : nullptr;
    const Endpoint source{inner == nullptr ? IpAddress{} : inner->address.ip, config::kProbePort};
    if (inner != nullptr && snapshot.is_probe_source(source)) return source;
  }
  return std::nullopt;
}

bool HealthMonitor::answers_traffic(const WatchedBackend& backend) const {
  const auto heard = current().backend_states->heard_ms(backend.cell);
  const auto now = data_plane_.now_ms();
  const auto interval = static_cast<std::uint64_t>(backend.settings.probing.interval.count());
  return heard != 0 && heard != backend.answered_ms && heard + interval >= now;
}

void HealthMonitor::probe(WatchedBackend& backend, Time now) {
  const auto source = source_toward(backend);
  if (backend.admin == config::AdminState::kMaint || !source) {
    unsettle(backend);
    const bool is_maint = backend.admin == config::AdminState::kMaint;
    return backend.check.pause(is_maint ? HealthReason::kMaintenance : HealthReason::kNoSource, now);
  }
  if (backend.under_way) by_branch_.erase(backend.under_way->branch);
  backend.under_way = make_probe_id(seen_config_->node.name, random_(), random_(), random_());
  by_branch_[backend.under_way->branch] = &backend;
  backend.sent_at = now;
  backend.check.sent(now, jitter());
  if (send(backend, *source)) {
    ++backend.counts.sent;
    current().backend_states->note_probe_sent(backend.cell, data_plane_.now_ms());
    return;
  }
  ++backend.counts.unsent;
  end(backend, {HealthReason::kUnresolved, 0}, now);
}

bool HealthMonitor::send(WatchedBackend& backend, const Endpoint& source) {
  const auto& snapshot = current();
  const auto& target = backend.settings.address;
  const auto hop = snapshot.next_hops->find(target.ip);
  if (hop.status != snapshot::NextHopTable::Hop::Status::kResolved) return false;
  const auto text = write_probe(*backend.under_way, seen_config_->node.name, source, target);
  const auto headers = net::udp_headers(target.ip);
  std::vector<std::uint8_t> frame(headers + text.size());
  auto* payload = frame.data() + headers;
  std::ranges::copy(text, payload);
  const net::UdpRoute route{snapshot.macs[hop.port.value], hop.mac, source, target};
  if (target.ip.is_v6()) {
    net::write_udp6_headers(payload, text.size(), route, 0);
  } else {
    net::write_udp4_headers(payload, text.size(), route, ip_id_++, 0);
  }
  return data_plane_.originate(hop.port, frame);
}

void HealthMonitor::end(WatchedBackend& backend, ProbeResult result, Time now) {
  const auto before = backend.check.state();
  backend.check.ended(result, answers_traffic(backend), now);
  if (backend.check.state() == before) return;
  unsettle(backend);
  log_change(backend, before, now);
}

void HealthMonitor::look_at_traffic(Time now) {
  if (now - looked_ < kLookInterval) return;
  looked_ = now;
  const auto& states = *current().backend_states;
  const auto workers = data_plane_.workers().size();
  for (auto& [path, backend] : watched_) {
    TrafficFigures figures;
    for (std::size_t i = 0; i < workers; ++i) {
      const auto& counters = data_plane_.counters(WorkerIndex(static_cast<std::uint16_t>(i)));
      figures.requests += counters.backends[backend->cell.value].requests.read();
      figures.responses += counters.backends[backend->cell.value].responses.read();
    }
    figures.retransmissions = states.retransmissions(backend->cell);
    figures.latency_us = states.latency_us(backend->cell);
    figures.unheard = states.sent_since_heard(backend->cell);
    const auto signal = backend->signals.look(figures);
    // Where responses go to other nodes, their absence here says nothing.
    if (!signal || !hears_own_responses(*backend)) continue;
    backend->suspicion = *signal;
    ++backend->counts.suspicions;
    backend->check.suspect(now);
    unsettle(*backend);
  }
}

bool HealthMonitor::take(PortIndex port, ByteSpan bytes, Time now) {
  net::FrameView frame;
  net::parse_frame(bytes, frame);
  if (frame.kind == net::FrameKind::kIcmp) {
    if (const auto quoted = read_unreachable(bytes, frame.l4_offset, frame.source.ip.is_v6())) {
      take_unreachable(port, *quoted, now);
    }
    return false;
  }
  if (frame.kind != net::FrameKind::kUdp || !current().is_probe_source(frame.destination)) return false;
  const bool verifies = port.value < kMaxPorts && current().rx_checksum[port.value] == config::RxChecksum::kVerify;
  if (verifies && !net::udp_checksum_ok(bytes, frame)) return true;
  const auto* payload = reinterpret_cast<const char*>(bytes.data() + frame.payload_offset);
  take_answer(frame.source, {payload, frame.payload_length}, now);
  return true;
}

void HealthMonitor::take_answer(const Endpoint& source, std::string_view datagram, Time now) {
  const auto answer = reader_.read(datagram);
  const auto found = answer ? by_branch_.find(answer->branch) : by_branch_.end();
  if (found == by_branch_.end()) {
    ++forged_;
    return;
  }
  auto& backend = *found->second;
  const bool is_ours = answer->call_id == backend.under_way->call_id && answer->tag == backend.under_way->tag &&
                       sends_from(backend.settings, source.ip);
  if (!is_ours) {
    ++forged_;
    return;
  }
  if (answer->status < 200) return;
  backend.answered_ms = data_plane_.now_ms();
  current().backend_states->note_heard(backend.cell, backend.answered_ms);
  if (!backend.check.deadline()) {
    ++backend.counts.late;
    return;
  }
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now - backend.sent_at).count();
  backend.round_trips.add(static_cast<std::uint32_t>(took));
  const bool is_healthy = backend.settings.probing.codes.is_healthy(answer->status);
  ++(is_healthy ? backend.counts.healthy : backend.counts.unhealthy);
  end(backend, {is_healthy ? HealthReason::kAnswered : HealthReason::kCode, answer->status}, now);
}

void HealthMonitor::take_unreachable(PortIndex port, const QuotedDatagram& quoted, Time now) {
  const auto& snapshot = current();
  const auto is_inside = [&](const snapshot::Listener& listener) {
    return listener.side != config::Side::kOutside && port.value < kMaxPorts &&
           (listener.port_mask >> port.value & 1U) != 0;
  };
  const bool is_probe = snapshot.is_probe_source(quoted.source);
  const bool is_ours = is_probe || snapshot.find_listener(quoted.source) != nullptr;
  if (!is_ours || std::ranges::none_of(snapshot.listeners, is_inside)) return;
  for (auto& [path, backend] : watched_) {
    if (backend->settings.address != quoted.destination) continue;
    ++backend->counts.unreachable;
    backend->suspicion = "ICMP unreachable";
    ++backend->counts.suspicions;
    const auto before = backend->check.state();
    if (is_probe && backend->check.deadline()) end(*backend, {HealthReason::kUnreachable, 0}, now);
    if (backend->check.state() == before) backend->check.suspect(now);
    unsettle(*backend);
  }
}

void HealthMonitor::settle_pool(WatchedPool& pool, Time now) {
  std::vector<snapshot::Observed> found(pool.members.size());
  std::vector<PanicMember> judged;
  std::vector<std::size_t> takes_part;
  pool.is_settled = true;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& backend = *pool.members[i];
    found[i].state = backend.check.state();
    const auto returned = backend.check.returned_at();
    if (returned) found[i].share = share_after(now - *returned, pool.settings->health.slow_start);
    if (found[i].share != balance::kWholeShare) pool.is_settled = false;
    if (backend.admin != config::AdminState::kReady || backend.settings.weight == 0) continue;
    takes_part.push_back(i);
    judged.push_back(
        {found[i].state == ObservedState::kDown, backend.check.is_down_by_silence(), answers_traffic(backend), false});
  }
  const bool was_in_panic = pool.panic.since().has_value();
  pool.panic.judge(pool.settings->health, judged, now);
  const bool is_in_panic = pool.panic.since().has_value();
  if (is_in_panic) pool.is_settled = false;
  if (is_in_panic != was_in_panic) {
    spdlog::warn("pool {}: {}", pool.settings->name,
                 was_in_panic ? "enough backends are healthy again, the panic is over"
                              : "too few backends are healthy: those that are silent are used as well");
  }
  for (std::size_t i = 0; i < judged.size(); ++i) found[takes_part[i]].in_panic = judged[i].in_panic;
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto& backend = *pool.members[i];
    if (backend.observed == found[i]) continue;
    backend.observed = found[i];
    state_.runtime().observed[backend.path] = found[i];
    has_changed_ = true;
  }
}

void HealthMonitor::settle(Time now) {
  for (auto& [name, pool] : pools_) {
    if (!pool.is_settled) settle_pool(pool, now);
  }
  if (!has_changed_ || now - published_ < kPublishInterval) return;
  has_changed_ = false;
  published_ = now;
  state_.publish_found(now);
}

void HealthMonitor::log_change(const WatchedBackend& backend, ObservedState before, Time now) {
  if (now - log_second_ >= std::chrono::seconds(1)) {
    if (logged_ > kMostLogLines) spdlog::warn("{} more changes of backends' health", logged_ - kMostLogLines);
    log_second_ = now;
    logged_ = 0;
  }
  if (++logged_ > kMostLogLines) return;
  const bool is_bad = backend.check.state() == ObservedState::kDown;
  spdlog::log(is_bad ? spdlog::level::warn : spdlog::level::info, "backend {} ({}): {} -> {}: {}", backend.path,
              backend.settings.address.to_string(), snapshot::observed_state_name(before),
              snapshot::observed_state_name(backend.check.state()), backend.check.reason_text());
}

}  // namespace dialplane::control
