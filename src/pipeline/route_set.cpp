// SPDX-License-Identifier: Apache-2.0
// Own values at the head of a request's route set: finds them, reads their tokens, marks them for removal.
#include "stages.hpp"

#include "dialplane/base/text.hpp"

namespace dialplane::pipeline {

bool is_own(const snapshot::Snapshot& snapshot, const sip::UriView& uri) noexcept {
  if (uri.scheme != sip::Scheme::kSip) return false;
  // A listener of another transport is another service, even on the same host and port.
  if (const auto transport = sip::find_parameter(uri.parameters, "transport");
      transport && !iequals(*transport, "udp")) {
    return false;
  }
  return snapshot.is_own(uri.host, uri.port == 0 ? 5060 : uri.port);
}

namespace {

bool shares_last_pop(const Work& work, const sip::RouteView& route) noexcept {
  return work.pop_count > 0 && work.pops[work.pop_count - 1].begin >= work.message.rows[route.row].offset;
}

/// The last place is kept for the value that a strict router moved to the end.
bool has_room(const Work& work, const sip::RouteView& route) noexcept {
  return work.pop_count + 1 < work.pops.size() || shares_last_pop(work, route);
}

}  // namespace

void mark_route(Work& work, const sip::RouteView& route) noexcept {
  const auto& row = work.message.rows[route.row];
  const bool row_ends = route.next == 0;
  const RoutePop pop{row_ends ? row.offset : row.value_offset, row_ends ? row.end : route.next};
  // Values of one row are popped from its front, so the wider stretch replaces the narrower one.
  if (shares_last_pop(work, route)) {
    work.pops[work.pop_count - 1] = pop;
  } else {
    work.pops[work.pop_count++] = pop;
  }
}

namespace {

RouteSet pop_routes(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  RouteSet set;
  bool all_valid = true;
  bool inside_pair = false;
  std::size_t crossings = 0;
  const auto take = [&](const sip::UriView& uri) noexcept {
    set.any_own = true;
    const auto text = sip::find_parameter(uri.parameters, "dp");
    set.token = text ? vouched_token(stage.work, stage.snapshot, *text) : std::nullopt;
    const auto outcome = !text ? TokenOutcome::kAbsent : set.token ? TokenOutcome::kValid : TokenOutcome::kForged;
    stage.work.token_outcome = outcome;
    if (!stage.context.dry_run) stage.context.counters.tokens.add(outcome);
    all_valid = all_valid && set.token.has_value();

    // Two values of a pair are one crossing between our two sides.
    if (inside_pair) {
      inside_pair = false;
    } else {
      ++crossings;
      inside_pair = set.token ? set.token->pair : sip::find_parameter(uri.parameters, "r2").has_value();
    }
  };

  const auto own_uri = work.facts.request_uri;
  work.pop_count = 0;
  const auto last = restore_request_uri(stage);
  set.restored = last != 0;
  // A strict router sends the first value of the route set as its Request-URI.
  if (set.restored) take(own_uri);
  sip::RouteCursor cursor(work.message, work.facts.route);
  sip::RouteView route = work.facts.route;
  bool is_there = work.facts.has_route;
  for (; is_there; is_there = cursor.next(route) == sip::RouteCursor::Step::kValue) {
    if (set.restored && route.begin == last) break;
    if (!is_own(snapshot, route.uri) || !has_room(work, route)) {
      set.has_next = true;
      set.next = route;
      break;
    }
    mark_route(work, route);
    take(route.uri);
  }
  if (set.restored) remove_last_route(work);
  // Only a route set that we wrote ourselves may send a request back to the side it came from.
  set.flipped = all_valid && crossings > 0 && crossings % 2 == 0;
  return set;
}

}  // namespace

RouteSet pop_own_routes(Stage stage) noexcept {
  auto& work = stage.work;
  // What is ours is a Route value, or a parameter of the Request-URI.
  if (work.facts.has_route || !work.facts.request_uri.parameters.empty()) return pop_routes(stage);
  work.pop_count = 0;
  work.new_uri = work.last_route = {};
  return {};
}

}  // namespace dialplane::pipeline
