// SPDX-License-Identifier: Apache-2.0
// Steers requests: direction first, then the target. From outside always a backend of the listener's pool;
// from inside never balanced unless the configuration says so.
#include "placement.hpp"

#include "dialplane/base/text.hpp"

#include <algorithm>

namespace dialplane::pipeline {
namespace {

constexpr std::uint16_t kSipPort = 5060;

std::optional<Endpoint> numeric_target(const sip::UriView& uri) noexcept {
  const auto ip = uri.scheme == sip::Scheme::kSip ? numeric_host_of(uri) : std::nullopt;
  if (!ip) return std::nullopt;
  return Endpoint{*ip, uri.port == 0 ? kSipPort : uri.port};
}

/// A maddr of ours is gone by now: what is left of them leads elsewhere, whatever the host is.
bool names_us(const snapshot::Snapshot& snapshot, const sip::UriView& uri) noexcept {
  return uri.scheme == sip::Scheme::kSip && snapshot.is_own(uri.host, uri.port == 0 ? kSipPort : uri.port) &&
         !find_maddr(uri);
}

bool wants_other_transport(const sip::UriView& uri) noexcept {
  if (uri.scheme == sip::Scheme::kSips) return true;
  const auto transport = sip::find_parameter(uri.parameters, "transport");
  return transport && !iequals(*transport, "udp");
}

/// We support no extension that a user agent server might be asked for. What a backend asks is always answered: it
/// would wait for us as we for it. Source: RFC 3261 §8.2.2.3.
bool requires_extension(Stage stage) noexcept {
  const auto& message = stage.work.message;
  if (stage.work.from_backend != nullptr) return false;
  for (const auto* row = message.find(sip::HeaderId::kRequire); row != nullptr; row = message.next(*row)) {
    if (row->value_end != row->value_offset) return true;
  }
  return false;
}

bool is_options_for_us(Stage stage, const RouteSet& routes) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  if (work.message.method != sip::Method::kOptions || !work.facts.to_tag.empty() || routes.has_next) return false;
  const auto& uri = work.facts.request_uri;
  if (!names_us(snapshot, uri)) return false;
  // A backend is answered all the same: it would wait for us as we for it.
  if (work.listener->options == config::OptionsMode::kForward && work.from_backend == nullptr) return false;
  return !uri.has_user || work.listener->options == config::OptionsMode::kAnswerAny;
}

/// Places a request that nothing binds yet, and binds it where its method can be repeated or ended.
/// CANCEL and ACK repeat what the INVITE is placed by and so its slot; they must meet the same `usable` too.
void place(Stage stage, PoolIndex index, const snapshot::Pool& pool) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  Choice choice;
  std::uint64_t hash = 0;
  const bool by_name = find_named_dialog(stage, pool, choice, hash);
  if (choice.position == kNoIndex && !pool.any_usable) return answer(stage, InlineResponse::kNoBackend);
  if (!by_name) hash = placement_hash(stage, pool);
  if (choice.position == kNoIndex) choice = choose_by_policy(stage, pool, hash, balance::PickMode::kWhole);
  if (choice.position == kNoIndex) return answer(stage, InlineResponse::kNoBackend);
  const bool only_here = by_name || pool.plan.is_sticky_by_table_only() ||
                         pool.keys[static_cast<std::size_t>(work.message.method)].field != balance::KeyField::kCallId;
  const auto kept = keep_choice(stage, pool, choice.position, only_here);
  if (kept == kNoIndex && choice.how != SteeredBy::kNamedDialog) {
    choice = choose_by_policy(stage, pool, hash, balance::PickMode::kMessageOnly);
  }
  if (kept != kNoIndex && kept != choice.position) choice = {kept, SteeredBy::kAffinity};
  send_to_backend(stage, index, choice.position, choice.how);
}

/// The entry of the Call-ID, else the policy.
void pick(Stage stage, PoolIndex index) noexcept {
  const auto* pool = pool_at(stage.snapshot, index);
  if (pool == nullptr) return answer(stage, InlineResponse::kNoBackend);
  const auto bound = choose_by_entry(stage, *pool);
  if (bound.position != kNoIndex) return send_to_backend(stage, index, bound.position, bound.how);
  place(stage, index, *pool);
}

/// The backend that a request of a dialog names by itself: migration, key loss, clients that strip parameters.
std::uint16_t literal_backend(Stage stage, const RouteSet& routes, const snapshot::Pool& pool) noexcept {
  const auto& facts = stage.work.facts;
  if (facts.to_tag.empty()) return kNoIndex;
  const auto target = numeric_target(routes.has_next ? routes.next.uri : facts.request_uri);
  return target ? pool.find(*target) : kNoIndex;
}

/// The dialog was made through us: only then does our own token know its Call-ID.
bool vouches_for_dialog(const RouteSet& routes) noexcept {
  return routes.token && routes.token->type == sip::RouteToken::Type::kRecordRoute;
}

void steer_to_pool(Stage stage, PoolIndex index, const RouteSet& routes) noexcept {
  const auto& snapshot = stage.snapshot;
  const auto* pool = pool_at(snapshot, index);
  if (pool == nullptr) return answer(stage, InlineResponse::kNoBackend);
  const auto takes = [&](std::uint16_t position) {
    return position != kNoIndex && pool->usable_existing[position] != 0;
  };
  if (vouches_for_dialog(routes) && routes.token->has_backend) {
    if (const auto position = pool->find(routes.token->backend); takes(position)) {
      follow_dialog(stage, *pool, position, true);
      return send_to_backend(stage, index, position, SteeredBy::kCookie);
    }
  }
  // The ACK to a refusal has a To tag, but goes where its INVITE went, which had none.
  if (stage.work.message.method == sip::Method::kAck && repeats_noted_transaction(stage, *pool)) {
    const auto bound = choose_by_entry(stage, *pool);
    if (bound.position != kNoIndex) return send_to_backend(stage, index, bound.position, bound.how);
  }
  if (const auto position = literal_backend(stage, routes, *pool); takes(position)) {
    follow_dialog(stage, *pool, position, false);
    return send_to_backend(stage, index, position, SteeredBy::kLiteral);
  }
  pick(stage, index);
}

bool may_go_out(const snapshot::Listener& listener, const Endpoint& target) noexcept {
  return listener.outbound == config::OutboundMode::kLiteral &&
         std::any_of(listener.outbound_allow.begin(), listener.outbound_allow.end(),
                     [&](const Prefix& prefix) { return prefix.contains(target.ip); });
}

/// The same of the inside of the listener that a request came to, in either address family.
bool inside_may_go_out(Stage stage, const Endpoint& target) noexcept {
  const auto& listeners = stage.snapshot.listeners;
  const auto& inner = stage.work.listener->inner;
  const auto allows = [&](ListenerIndex index) {
    return index.value < listeners.size() && may_go_out(listeners[index.value], target);
  };
  return allows(inner.v4) || allows(inner.v6);
}

/// Sends a request of the inside on to `target`, through `sender`; nullptr: no listener has the target's family.
void send_out(Stage stage, const RouteSet& routes, const snapshot::Listener* sender, const Endpoint& target) noexcept {
  const auto& snapshot = stage.snapshot;
  if (sender == nullptr || !target.ip.is_routable_unicast()) return answer(stage, InlineResponse::kNoNextHop);
  // An address of ours on any port: nobody else has it, and what we send to it is lost or comes back.
  if (snapshot.is_listener_ip(target.ip)) return answer(stage, InlineResponse::kLoop);
  if (stage.work.from_backend != nullptr) follow_backend_request(stage, vouches_for_dialog(routes));
  forward(stage, *sender, target);
}

/// To a client behind NAT, or to the proxy next to us on the way to it, from the listener it talked to.
void send_by_flow(Stage stage, const RouteSet& routes) noexcept {
  const auto& flow = *routes.token->flow;
  const auto& snapshot = stage.snapshot;
  stage.work.flow = flow;
  if (routes.has_next) route_strictly(stage, routes);
  const auto* listener = snapshot.find_listener(flow.listener);
  if (listener == nullptr) listener = snapshot.outer_toward(*stage.work.listener, flow.client.ip);
  send_out(stage, routes, listener, flow.client);
}

void steer_from_inside(Stage stage, const RouteSet& routes) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const auto& listener = *work.listener;
  const auto& uri = work.facts.request_uri;

  if (routes.token && routes.token->flow) return send_by_flow(stage, routes);
  if (wants_other_transport(routes.has_next ? routes.next.uri : uri)) {
    return answer(stage, InlineResponse::kNoTransport);
  }
  if (routes.has_next) {
    if (const auto target = numeric_target(routes.next.uri)) {
      route_strictly(stage, routes);
      return send_out(stage, routes, snapshot.outer_toward(listener, target->ip), *target);
    }
  } else if (names_us(snapshot, uri)) {
    if (listener.hairpin == config::HairpinMode::kRefuse) return answer(stage, InlineResponse::kLoop);
    return pick(stage, snapshot.main_outer(listener).pool);
  } else if (const auto target = numeric_target(uri);
             target && (vouches_for_dialog(routes) || may_go_out(listener, *target))) {
    return send_out(stage, routes, snapshot.outer_toward(listener, target->ip), *target);
  }
  if (listener.outbound == config::OutboundMode::kPool) {
    if (listener.outbound_pool != listener.service) follow_backend_request(stage, vouches_for_dialog(routes));
    return pick(stage, listener.outbound_pool);
  }
  answer(stage, InlineResponse::kNoNextHop);
}

/// A request that crosses us twice goes back outside where our own token says, or where the inside may go by itself,
/// never merely where its sender says.
bool turn_back(Stage stage, const RouteSet& routes) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  if (!vouches_for_dialog(routes)) return false;
  if (routes.token->flow) {
    send_by_flow(stage, routes);
    return true;
  }
  const auto target = routes.has_next ? std::nullopt : numeric_target(work.facts.request_uri);
  if (!target || !inside_may_go_out(stage, *target)) return false;
  send_out(stage, routes, snapshot.outer_toward(*work.listener, target->ip), *target);
  return true;
}

}  // namespace

const snapshot::BackendSource* sending_backend(Stage stage) noexcept {
  const auto& listener = *stage.work.listener;
  if (listener.side == config::Side::kOutside) return nullptr;
  const auto* source = stage.work.source;
  if (source != nullptr && listener.side == config::Side::kBoth && source->pool != listener.pool) return nullptr;
  return source;
}

void steer_request(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  work.from_backend = sending_backend(stage);
  work.direction = work.from_backend != nullptr ? Direction::kFromInside : Direction::kFromOutside;
  work.backend = kNoIndex;
  work.flow.reset();
  if (!context.dry_run) {
    context.counters.requests.add(static_cast<std::size_t>(work.message.method) * 2 +
                                  static_cast<std::size_t>(work.direction));
    if (work.from_backend != nullptr) {
      const auto& backend = snapshot.pools[work.from_backend->pool.value].backends[work.from_backend->position];
      context.counters.backends[backend.cell.value].requests_from.add();
      snapshot.backend_states->note_heard(backend.cell, context.now_ms);
    }
  }
  if (work.listener->side == config::Side::kInside && work.from_backend == nullptr) {
    return answer(stage, InlineResponse::kForbidden);
  }
  const bool is_taken = (work.listener->methods >> static_cast<unsigned>(work.message.method) & 1) != 0;
  if (work.from_backend == nullptr && !is_taken) return answer(stage, InlineResponse::kMethodNotAllowed);

  const auto routes = pop_own_routes(stage);
  if (is_options_for_us(stage, routes)) {
    if (requires_extension(stage)) return answer(stage, InlineResponse::kBadExtension);
    const auto* pool = pool_at(snapshot, work.listener->pool);
    const bool in_service =
        work.from_backend != nullptr || (pool != nullptr && pool->any_usable && !snapshot.is_draining);
    return answer(stage, in_service ? InlineResponse::kOptionsOk : InlineResponse::kNoBackend);
  }
  if (work.facts.has_max_forwards && work.facts.max_forwards == 0) {
    return answer(stage, InlineResponse::kTooManyHops);
  }
  if (work.direction == Direction::kFromInside) {
    if (!routes.flipped) return steer_from_inside(stage, routes);
    return steer_to_pool(stage, snapshot.main_outer(*work.listener).pool, routes);
  }
  if (!routes.flipped || !turn_back(stage, routes)) steer_to_pool(stage, work.listener->pool, routes);
}

}  // namespace dialplane::pipeline
