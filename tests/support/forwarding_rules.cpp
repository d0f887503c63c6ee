// SPDX-License-Identifier: Apache-2.0
// Walks both messages row by row; a difference needs a rule that names it.
#include "forwarding_rules.hpp"

#include "sip_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace dialplane::test {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase32Digits = "abcdefghijklmnopqrstuvwxyz234567";

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// Takes `prefix`, then one or more of `digits`, off the front.
bool take(std::string_view& text, std::string_view prefix, std::string_view digits = {}) {
  if (!starts_with(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  if (digits.empty()) return true;
  const auto end = std::min(text.find_first_not_of(digits), text.size());
  text.remove_prefix(end);
  return end > 0;
}

std::string_view method_of(const SipText& message) {
  return message.start_line.substr(0, message.start_line.find(' '));
}

bool lists_path(const SipText& message) {
  for (const auto row : message.rows) {
    if (!is_named(row, "Supported", "k")) continue;
    for (const auto tag : split(row, value_of(row), ',')) {
      if (lower(tag.of(row)) == "path") return true;
    }
  }
  return false;
}

bool is_from_inside(const Datagram& received) { return received.destination.ip.to_string() == "10.0.0.1"; }

/// The name of the rows that keep us in the route; empty if we stay out.
std::string_view own_row_name(const SipText& message, bool from_inside) {
  static constexpr std::array<std::string_view, 8> kNot{"ACK",   "BYE",  "CANCEL",  "OPTIONS",
                                                        "PRACK", "INFO", "MESSAGE", "PUBLISH"};
  const auto method = method_of(message);
  if (method == "REGISTER") return lists_path(message) && !from_inside ? "Path" : "";
  return std::find(kNot.begin(), kNot.end(), method) == kNot.end() ? "Record-Route" : "";
}

bool is_own_via(std::string_view row, const Datagram& out) {
  return take(row, "Via: SIP/2.0/UDP " + out.source.to_string()) && take(row, ";branch=z9hG4bKd", kHexDigits) &&
         take(row, ";dps=", kHexDigits) && row == "\r\n";
}

bool is_own_route_row(std::string_view row, std::string_view name, const Endpoint& side) {
  return take(row, name) && take(row, ": <sip:" + side.to_string()) && take(row, ";lr;r2=on;dp=", kBase32Digits) &&
         row == ">\r\n";
}

/// A Via row without received and rport in text[value], and how often each of those was there.
struct ViaRemains {
  std::string rest;
  std::string received;
  std::string rport;
  std::size_t received_count = 0;
  std::size_t rport_count = 0;
};

ViaRemains without_received(std::string_view text, Span value) {
  ViaRemains remains;
  std::size_t at = 0;
  for (const auto parameter : parameters_of(text, value)) {
    const auto name = lower(parameter_name(text, parameter));
    if (name != "received" && name != "rport") continue;
    const auto semicolon = text.rfind(';', parameter.begin);
    // The blanks before a parameter that goes may go with it.
    const auto before = text.find_last_not_of(" \t\r\n", semicolon - 1) + 1;
    remains.rest += text.substr(at, std::max(at, before) - at);
    at = parameter.end;
    (name == "rport" ? remains.rport : remains.received) = parameter_value(text, parameter).of(text);
    ++(name == "rport" ? remains.rport_count : remains.received_count);
  }
  remains.rest += text.substr(at);
  return remains;
}

/// Host of host or host:port.
std::string host_of(std::string_view sent_by) {
  const auto end = sent_by.front() == '[' ? sent_by.find(']') + 1 : sent_by.find_first_of(": \t\r\n");
  return lower(sent_by.substr(0, end));
}

Violation judge_top_via(std::string_view in_row, std::string_view out_row, const Endpoint& source) {
  const auto in_value = split(in_row, value_of(in_row), ',').front();
  const auto in = without_received(in_row, in_value);
  const auto out = without_received(out_row, split(out_row, value_of(out_row), ',').front());
  if (in.rest != out.rest) return "P3: the topmost Via changed beyond received and rport";
  const auto ip = source.ip.to_string();
  const auto host = host_of(sent_by_of(in_row, in_value).of(in_row));
  const bool asked = in.rport_count > 0;
  const bool is_elsewhere = host != ip && host != "[::ffff:" + ip + "]";
  if (out.rport_count != (asked ? 1U : 0U) || out.received_count != (asked || is_elsewhere ? 1U : 0U)) {
    return "P3: received or rport missing, or there where nobody asked";
  }
  if (asked && out.rport != std::to_string(source.port)) return "P3: rport is not the packet's source port";
  if (out.received_count > 0 && out.received != ip) return "P3: received is not the packet's source";
  return {};
}

Violation judge_max_forwards(std::string_view in_row, std::string_view out_row) {
  const auto value = value_of(in_row);
  unsigned hops = 0;
  const auto digits = value.of(in_row);
  std::from_chars(digits.data(), digits.data() + digits.size(), hops);
  const auto wanted =
      std::string(in_row.substr(0, value.begin)) + std::to_string(hops - 1) + std::string(in_row.substr(value.end));
  return wanted == out_row ? Violation{} : "P3: Max-Forwards is not one less";
}

bool is_own_route(std::string_view row, Span value) {
  auto uri = value.of(row);
  const auto open = split(row, value, '<').front().end;
  uri = row.substr(row.find('<', open) + 1);
  uri = uri.substr(0, uri.find('>'));
  if (lower(uri.substr(0, 4)) != "sip:") return false;
  uri.remove_prefix(4);
  if (const auto at = uri.find('@'); at != std::string_view::npos) uri.remove_prefix(at + 1);
  const auto parameters = std::min(uri.find_first_of(";?"), uri.size());
  auto host = lower(uri.substr(0, parameters));
  if (const auto port = host.rfind(":5060"); port != std::string::npos && port + 5 == host.size()) host.resize(port);
  const auto rest = lower(uri.substr(parameters));
  const auto transport = rest.find(";transport=");
  const bool is_udp = transport == std::string::npos || rest.substr(transport + 11, 3) == "udp";
  return is_own_host(host) && is_udp;
}

/// The row without its leading own values; empty if none is left. Sets `more` to whether the next row may lose some.
std::string without_own_routes(std::string_view row, bool& more) {
  for (const auto value : split(row, value_of(row), ',')) {
    if (is_own_route(row, value)) continue;
    more = false;
    return std::string(row.substr(0, value_of(row).begin)) + std::string(row.substr(value.begin));
  }
  return {};
}

/// The body that counts: as long as Content-Length says. Source: RFC 3261 §18.3.
std::string_view whole_body(const SipText& message) {
  const auto index = find_row(message.rows, "Content-Length", "l");
  if (index == message.rows.size()) return message.body;
  const auto digits = value_of(message.rows[index]).of(message.rows[index]);
  std::size_t length = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return message.body.substr(0, length);
}

/// Takes our rows off the front of `rows`.
Violation judge_own_rows(const SipText& in, const Datagram& received, const Datagram& sent,
                         std::vector<std::string_view>& rows) {
  auto row = rows.begin();
  const auto next_is = [&](auto&& claim) { return row != rows.end() && claim(*row++); };
  if (!next_is([&](auto text) { return is_own_via(text, sent); })) return "P3: our Via is not first";
  if (const auto name = own_row_name(in, is_from_inside(received)); !name.empty()) {
    for (const auto& side : {sent.source, received.destination}) {
      if (!next_is([&](auto text) { return is_own_route_row(text, name, side); })) {
        return "P3: our " + std::string(name) + " is not behind our Via";
      }
    }
  }
  if (find_row(in.rows, "Max-Forwards") == in.rows.size() &&
      !next_is([](auto text) { return text == "Max-Forwards: 70\r\n"; })) {
    return "P3: Max-Forwards was not added";
  }
  rows.erase(rows.begin(), row);
  return {};
}

}  // namespace

bool is_own_host(std::string_view host) {
  return host == "203.0.113.10" || host == "10.0.0.1" || host == "sip.carrier.example";
}

Violation judge_forwarded_request(const Datagram& received, const Datagram& sent) {
  const auto in = cut_message(received.bytes);
  auto out = cut_message(sent.bytes);
  if (!in || !out) return "P3: no message left";
  if (in->start_line != out->start_line || !starts_with(sent.bytes, in->start_line)) {
    return "P3: the start line changed";
  }
  if (auto wrong = judge_own_rows(*in, received, sent, out->rows); !wrong.empty()) return wrong;

  bool via_is_next = true;
  bool may_lose_route = true;
  auto next = out->rows.begin();
  for (const auto row : in->rows) {
    std::string left;
    if (may_lose_route && is_route(row)) {
      left = without_own_routes(row, may_lose_route);
      if (left.empty()) continue;
    }
    if (next == out->rows.end()) return "P3: a row is missing";
    const auto out_row = *next++;
    Violation wrong;
    if (via_is_next && is_via(row)) {
      via_is_next = false;
      wrong = judge_top_via(row, out_row, received.source);
    } else if (is_named(row, "Max-Forwards")) {
      wrong = judge_max_forwards(row, out_row);
    } else if ((left.empty() ? row : std::string_view(left)) != out_row) {
      wrong = "P3: a row changed, moved or went: " + std::string(row);
    }
    if (!wrong.empty()) return wrong;
  }
  if (next != out->rows.end()) return "P3: a row was added: " + std::string(*next);
  return whole_body(*in) == out->body ? Violation{} : "P3: the body changed";
}

Violation judge_forwarded_response(const Datagram& received, const Datagram& sent) {
  const auto in = cut_message(received.bytes);
  if (!in) return "N3: no message came";
  std::string wanted(in->start_line);
  bool via_is_next = true;
  for (const auto row : in->rows) {
    if (!via_is_next || !is_via(row)) {
      wanted += row;
      continue;
    }
    via_is_next = false;
    const auto values = split(row, value_of(row), ',');
    if (values.size() == 1) continue;
    wanted += row.substr(0, values[0].begin);
    wanted += row.substr(values[1].begin);
  }
  wanted += "\r\n";
  wanted += whole_body(*in);
  return wanted == sent.bytes ? Violation{} : "N3: more or less than one Via value went, or another byte changed";
}

}  // namespace dialplane::test
