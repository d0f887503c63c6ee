// SPDX-License-Identifier: Apache-2.0
// The Request-URI where strict routers (RFC 2543) stand before or behind us, and our own maddr in it. Runs on workers;
// owns nothing.
#include "stages.hpp"

#include "dialplane/base/text.hpp"

#include <algorithm>

namespace dialplane::pipeline {
namespace {

constexpr std::uint16_t kSipPort = 5060;

/// A Route value, the end of the one before it in the same row (0: it is the row's first), and its URI's text.
struct LastRoute {
  sip::RouteView route;
  std::uint16_t previous_end = 0;
  std::string_view uri;
};

std::string_view uri_text(const sip::Message& message, const sip::RouteView& route) noexcept {
  const auto value = sip::parse_name_addr(cut(message.text, route.begin, std::size_t{route.end} - route.begin));
  return value ? value->uri : std::string_view{};
}

bool may_be_request_uri(const sip::UriView& uri) noexcept {
  return uri.scheme != sip::Scheme::kSips && uri.scheme != sip::Scheme::kOther && !uri.has_headers;
}

/// A token of ours that verifies: the Request-URI was once our Record-Route.
bool is_own_record_route(Stage stage) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  const auto& uri = work.facts.request_uri;
  const auto text = sip::find_parameter(uri.parameters, "dp");
  return text && is_own(snapshot, uri) &&
         sip::read_route_token(*text, snapshot.keys, work.facts.call_id, work.call_seal);
}

std::optional<LastRoute> last_route(const sip::Message& message) noexcept {
  std::optional<LastRoute> last;
  sip::RouteCursor cursor(message);
  sip::RouteView route;
  while (cursor.next(route) == sip::RouteCursor::Step::kValue) {
    const bool shares_row = last && last->route.row == route.row;
    last = LastRoute{route, shares_row ? last->route.end : std::uint16_t{0}, {}};
  }
  if (last) last->uri = uri_text(message, last->route);
  return last;
}

/// Where our own maddr stands in the Request-URI, `;` included; empty if there is none or it may not go: the request
/// must have come to the port and by the transport that the URI asks for.
std::string_view own_maddr(Stage stage) noexcept {
  const auto& [packet, work, context, snapshot] = stage;
  const auto& uri = work.facts.request_uri;
  const auto value = sip::find_parameter(uri.parameters, "maddr");
  if (!value || value->empty()) return {};
  const std::uint16_t port = uri.port == 0 ? kSipPort : uri.port;
  const auto transport = sip::find_parameter(uri.parameters, "transport");
  const bool is_ours = uri.scheme == sip::Scheme::kSip && port == work.listener->address.port &&
                       (!transport || iequals(*transport, "udp")) && snapshot.is_own(*value, port);
  if (!is_ours) return {};
  const auto value_at = static_cast<std::size_t>(value->data() - uri.parameters.data());
  const auto begin = uri.parameters.rfind(';', value_at);
  const auto end = value_at + value->size();
  const bool is_bare = end == uri.parameters.size() || uri.parameters[end] == ';';
  return begin == std::string_view::npos || !is_bare ? std::string_view{} : cut(uri.parameters, begin, end - begin);
}

/// The Request-URI without maddr and without a port other than the usual one.
void strip_maddr(Work& work, std::string_view maddr) noexcept {
  const auto text = work.message.request_uri();
  const auto& uri = work.facts.request_uri;
  if (text.size() > work.uri_text.size()) return;
  const auto offset = [&](const char* at) { return static_cast<std::size_t>(at - text.data()); };
  const bool keeps_port = uri.port == 0 || uri.port == kSipPort;
  const auto host_end = offset(uri.host.data()) + uri.host.size();
  const auto head = cut(text, 0, keeps_port ? offset(uri.parameters.data()) : host_end);
  const auto before = cut(uri.parameters, 0, static_cast<std::size_t>(maddr.data() - uri.parameters.data()));
  const auto after = cut(text, offset(maddr.data()) + maddr.size());
  auto* out = work.uri_text.data();
  for (const auto part : {head, before, after}) out = std::copy(part.begin(), part.end(), out);
  const std::string_view stripped{work.uri_text.data(), static_cast<std::size_t>(out - work.uri_text.data())};
  if (const auto parsed = sip::parse_uri(stripped)) {
    work.new_uri = stripped;
    work.facts.request_uri = *parsed;
  }
}

/// Removes the value with the comma before it, or the row if nothing else is left of it.
void remove(Work& work, const LastRoute& last) noexcept {
  const auto& row = work.message.rows[last.route.row];
  auto* popped = work.pop_count > 0 ? &work.pops[work.pop_count - 1] : nullptr;
  if (popped != nullptr && popped->end == last.route.begin) {
    *popped = {row.offset, row.end};
  } else if (last.previous_end == 0) {
    work.pops[work.pop_count++] = {row.offset, row.end};
  } else {
    work.pops[work.pop_count++] = {last.previous_end, last.route.end};
  }
}

}  // namespace

std::uint16_t restore_request_uri(Stage stage) noexcept {
  auto& work = stage.work;
  work.new_uri = work.last_route = {};
  if (work.facts.request_uri.parameters.empty()) return 0;
  if (is_own_record_route(stage)) {
    const auto last = last_route(work.message);
    if (!last || !may_be_request_uri(last->route.uri)) return 0;
    work.new_uri = last->uri;
    work.facts.request_uri = last->route.uri;
    return last->route.begin;
  }
  if (const auto maddr = own_maddr(stage); !maddr.empty()) strip_maddr(work, maddr);
  return 0;
}

void remove_last_route(Work& work) noexcept {
  if (const auto last = last_route(work.message)) remove(work, *last);
}

void route_strictly(Stage stage, const RouteSet& routes) noexcept {
  auto& work = stage.work;
  const auto& next = routes.next;
  if (sip::find_parameter(next.uri.parameters, "lr") || !may_be_request_uri(next.uri)) return;
  if (routes.restored) {
    // The Request-URI was the last Route value and becomes it again.
    --work.pop_count;
  } else {
    work.last_route = work.new_uri.empty() ? work.message.request_uri() : work.new_uri;
  }
  work.new_uri = uri_text(work.message, next);
  mark_route(work, next);
}

bool edit_routing(const Work& work, sip::EditList& edits) noexcept {
  const auto& message = work.message;
  bool ok = work.new_uri.empty() || edits.replace(message.uri_offset, message.request_uri().size(), work.new_uri);
  for (std::size_t i = 0; ok && i < work.pop_count; ++i) {
    ok = edits.erase(work.pops[i].begin, static_cast<std::size_t>(work.pops[i].end - work.pops[i].begin));
  }
  if (!ok || work.last_route.empty()) return ok;
  const auto* row = message.find(sip::HeaderId::kRoute);
  while (const auto* following = message.next(*row)) row = following;
  return edits.insert(row->end, "Route: <") && edits.insert(row->end, work.last_route) &&
         edits.insert(row->end, ">\r\n");
}

}  // namespace dialplane::pipeline
