// SPDX-License-Identifier: Apache-2.0
// Fuzz target: RouteCursor over the input as the Route rows of a message. Values cover their rows, and the same values
// one to a row, joined by commas, or under another header's name are the same list. One thread.
#include "naive.hpp"
#include "target.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"
#include "dialplane/sip/tokens.hpp"

#include <string>
#include <vector>

namespace dialplane::fuzz {
namespace {

using sip::HeaderId;
using sip::Message;
using sip::RouteCursor;
using sip::RouteView;

constexpr std::string_view kStart = "OPTIONS sip:h SIP/2.0\r\n";

struct Walk {
  std::vector<RouteView> values;
  bool complete = false;
};

void check_value(const Message& message, const RouteView& route) {
  require(route.row < message.row_count, "a value has a row");
  const auto& row = message.rows[route.row];
  require(route.begin >= row.value_offset && route.begin < route.end && route.end <= row.value_end,
          "a value lies inside its row");
  const auto value = message.text.substr(route.begin, static_cast<std::size_t>(route.end - route.begin));
  require(naive::trim(value) == value, "a value has no blanks at its ends");
  const auto scheme = route.uri.scheme_text;
  require(!scheme.empty() && lies_in(scheme, value), "the URI lies inside the value");
  const auto at = offset_in(scheme, value);
  require(at > 0 && value[at - 1] == '<' && value.find('>', at) != value.npos, "the URI has brackets");
  require(route.uri.host.empty() || lies_in(route.uri.host, value), "the host lies inside the value");
  require(route.uri.parameters.empty() || lies_in(route.uri.parameters, value), "parameters lie inside the value");
}

Walk walk(const Message& message, HeaderId id) {
  Walk found;
  RouteCursor cursor(message, id);
  RouteView route;
  auto step = cursor.next(route);
  for (; step == RouteCursor::Step::kValue; step = cursor.next(route)) {
    require(found.values.size() < message.text.size(), "the walk ends");
    check_value(message, route);
    const auto& row = message.rows[route.row];
    require(row.id == id, "a value of this header");
    const bool opens_row = found.values.empty() || found.values.back().next == 0;
    require(route.begin == (opens_row ? row.value_offset : found.values.back().next), "values follow each other");
    if (route.next == 0) {
      require(route.end == row.value_end, "the last value ends its row");
    } else {
      require(route.next > route.end && route.next < row.value_end, "the next value lies in the same row");
      const auto gap = message.text.substr(route.end, static_cast<std::size_t>(route.next - route.end));
      require(naive::trim(gap) == ",", "a comma stands between two values");
    }
    found.values.push_back(route);
  }
  found.complete = step == RouteCursor::Step::kEnd;
  return found;
}

std::string_view text_of(const Message& message, const RouteView& route) {
  return message.text.substr(route.begin, static_cast<std::size_t>(route.end - route.begin));
}

/// Requires that `headers` give the values of `wanted`, in order.
void require_same_values(const std::string& headers, HeaderId id, const Message& message, const Walk& wanted) {
  static Message other;
  const ExactText text({kStart, headers, "\r\n"});
  require(sip::scan(text.view(), other) == sip::Fault::kNone, "values written anew are accepted");
  const auto found = walk(other, id);
  require(found.complete && found.values.size() == wanted.values.size(), "as many values when written anew");
  for (std::size_t i = 0; i < found.values.size(); ++i) {
    require(text_of(other, found.values[i]) == text_of(message, wanted.values[i]), "the same values when written anew");
  }
}

const sip::Keyring& keys() {
  static const auto made = [] {
    const sip::Secret secret{1, 2, 3};
    return sip::Keyring::derive(secret, std::span(&secret, 1));
  }();
  return made;
}

}  // namespace

void fuzz_route(std::string_view input) {
  static Message message;
  const ExactText text({kStart, "Route: ", input, "\r\n\r\n"});
  const auto fault = sip::scan(text.view(), message);
  const auto found = walk(message, HeaderId::kRoute);
  for (const auto& route : found.values) {
    const auto token = sip::find_parameter(route.uri.parameters, "dp");
    if (token) require(!sip::read_route_token(*token, keys(), "id"), "nobody guesses a token");
  }
  walk(message, HeaderId::kRecordRoute);
  walk(message, HeaderId::kPath);
  constexpr std::size_t kMostValues = 100;
  if (fault != sip::Fault::kNone || !found.complete || found.values.empty() || found.values.size() > kMostValues ||
      input.size() > sip::kMaxHeaderBytes / 2) {
    return;
  }
  std::string rows;
  std::string joined;
  for (const auto& route : found.values) {
    rows.append("rOUTE :").append(text_of(message, route)).append("\r\n");
    joined.append(joined.empty() ? "Record-Route: " : "\r\n\t, ").append(text_of(message, route));
  }
  require_same_values(rows, HeaderId::kRoute, message, found);
  require_same_values(joined + "\r\n", HeaderId::kRecordRoute, message, found);
}

}  // namespace dialplane::fuzz
