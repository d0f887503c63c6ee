// SPDX-License-Identifier: Apache-2.0
// Rewrites generated messages row by row; values keep their bytes unless they are what a test varies.
#include "proxied_messages.hpp"

#include "sip_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace dialplane::test {
namespace {

struct Spelling {
  std::string_view name;
  std::string_view compact;
};
constexpr std::array<Spelling, 9> kRepeated{{{"Via", "v"},
                                             {"From", "f"},
                                             {"To", "t"},
                                             {"Call-ID", "i"},
                                             {"CSeq", ""},
                                             {"Route", ""},
                                             {"Max-Forwards", ""},
                                             {"Contact", "m"},
                                             {"Content-Length", "l"}}};

/// `row` with `text` in place of a stretch of it.
std::string replaced(std::string_view row, Span span, std::string_view text) {
  return std::string(row.substr(0, span.begin)).append(text).append(row.substr(span.end));
}

bool equals_in_any_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::optional<Span> find_parameter(std::string_view row, Span value, std::string_view name) {
  for (const auto parameter : parameters_of(row, value)) {
    if (equals_in_any_case(parameter_name(row, parameter), name)) return parameter;
  }
  return std::nullopt;
}

Span first_value(std::string_view row) { return split(row, value_of(row), ',').front(); }

/// The last token of the row, behind the last blank: the method of a CSeq.
Span last_word(std::string_view row) {
  const auto value = value_of(row);
  const auto blank = row.find_last_of(" \t\n", value.end - 1);
  return {blank + 1, value.end};
}

std::string with_method(std::string_view start_line, std::string_view method) {
  return replaced(start_line, {0, start_line.find(' ')}, method);
}

std::string joined(std::string_view start_line, const std::vector<std::string>& rows, std::string_view body) {
  std::string text(start_line);
  for (const auto& row : rows) text += row;
  return text.append("\r\n").append(body);
}

}  // namespace

Endpoint outer_listener() { return *Endpoint::parse("203.0.113.10:5060"); }
Endpoint inner_listener() { return *Endpoint::parse("10.0.0.1:5060"); }
Endpoint backend(std::size_t index) { return *Endpoint::parse("10.0.0.1" + std::to_string(index + 1) + ":5060"); }

Endpoint ProxiedMessages::client() {
  static constexpr std::array<std::string_view, 4> kAddresses{"192.0.2.77", "192.0.2.4", "192.0.2.1", "198.51.100.77"};
  auto endpoint = *Endpoint::parse(std::string(random_.pick(kAddresses)) + ":1");
  endpoint.port = static_cast<std::uint16_t>(random_.between(1024, 65535));
  return endpoint;
}

std::string ProxiedMessages::route_rows() {
  static constexpr std::array<std::string_view, 7> kOurs{
      "<sip:203.0.113.10;lr>",
      "<sip:203.0.113.10:5060;lr>",
      "<sip:x@203.0.113.10:5060;transport=udp;lr=on>",
      "\"a, <b>\" <sip:203.0.113.10;lr>",
      "<sip:SIP.carrier.EXAMPLE;lr>;x=1",
      "<sip:203.0.113.10:5060;lr;dp=caaaaaaaaaaaaaaaaaaaaaaaaa>",
      "<sip:10.0.0.1;lr;r2=on>",
  };
  static constexpr std::array<std::string_view, 6> kForeign{
      "<sip:p.example.com;lr>",
      "<sip:203.0.113.10:5080;lr>",
      "<sip:203.0.113.11;lr>",
      "\"sip:203.0.113.10, <sip:203.0.113.10;lr>\" <sip:q.example.com;lr>;y=\"1,2\"",
      "<sip:203.0.113.10;transport=tcp;lr>",
      "<sip:203.0.113.10@p.example.com;lr>",
  };
  static constexpr std::array<std::string_view, 5> kCommas{",", ", ", " ,", " , ", ",\r\n "};
  std::string rows;
  const auto own_values = random_.chance(60) ? random_.between(1, 3) : 0;
  const auto values = own_values + (random_.chance(50) ? random_.between(1, 3) : 0);
  for (std::size_t i = 0; i < values; ++i) {
    // Behind the first foreign value one of ours may stand again, and stays.
    const bool is_ours = i < own_values || (i > own_values && random_.chance(30));
    const auto value = is_ours ? random_.pick(kOurs) : random_.pick(kForeign);
    const bool opens_row = rows.empty() || random_.chance(40);
    if (opens_row && !rows.empty()) rows += "\r\n";
    rows += opens_row ? std::string_view("Route: ") : random_.pick(kCommas);
    rows += value;
  }
  return rows.empty() ? rows : rows + "\r\n";
}

Datagram ProxiedMessages::request() {
  auto text = generator_.next();
  while (text.find("SIP/2.0 ") == 0 || text.find("\r\n\r\nSIP/2.0 ") == 0) text = generator_.next();
  const auto message = *cut_message(text);
  const bool from_inside = random_.chance(16);

  std::vector<std::string> rows;
  bool has_length = false;
  bool in_dialog = false;
  for (const auto row : message.rows) {
    if (is_route(row)) continue;
    in_dialog = in_dialog || (is_named(row, "To", "t") && find_parameter(row, value_of(row), "tag"));
    has_length = has_length || is_named(row, "Content-Length", "l");
    if (is_named(row, "Max-Forwards") && random_.chance(20)) {
      static constexpr std::array<std::string_view, 6> kHops{"10", "100", "0010", "1", "200", "069"};
      rows.push_back(replaced(row, value_of(row), random_.pick(kHops)));
    } else {
      rows.emplace_back(row);
    }
  }
  if (random_.chance(30)) rows.emplace_back("Supported: timer , Path\r\n");
  const auto routes = from_inside ? std::string() : route_rows();
  rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(random_.below(rows.size() + 1)), routes);

  auto start_line = std::string(message.start_line);
  const auto aim_at = [&](const std::string& host) {
    start_line = start_line.substr(0, start_line.find(' ')) + " sip:bob@" + host + " SIP/2.0\r\n";
  };
  if (from_inside) {
    aim_at("198.51.100.77");
  } else if (in_dialog && random_.chance(10)) {
    // Not outside a dialog: there the To tag of an ACK turns the literal step on, which its INVITE did not take.
    aim_at(backend(random_.below(kBackends)).to_string());
  }
  const bool has_prefix = text.front() == '\r';
  auto bytes = (has_prefix ? "\r\n\r\n" : "") + joined(start_line, rows, message.body);
  if (has_length && random_.chance(5)) bytes += "surplus octets\r\n";
  if (from_inside) return {std::move(bytes), backend(random_.below(kBackends)), inner_listener()};
  return {std::move(bytes), client(), outer_listener()};
}

std::string ProxiedMessages::respelt(std::string_view row) {
  static constexpr std::array<std::string_view, 5> kColons{":", ": ", " : ", "\t:", ":\r\n "};
  for (const auto& [name, compact] : kRepeated) {
    if (!is_named(row, name, compact)) continue;
    std::string text(!compact.empty() && random_.chance(50) ? compact : name);
    if (random_.chance(20)) std::transform(text.begin(), text.end(), text.begin(), ::toupper);
    text += random_.pick(kColons);
    return text.append(row.substr(value_of(row).begin));
  }
  return std::string(row);
}

/// The same Via with other values of received and rport, or with ones where none were. What stands round them stays:
/// without a magic branch the whole value tells transactions apart (RFC 3261 §17.2.3).
std::string ProxiedMessages::spoofed_via(std::string_view row) {
  std::string text(row);
  const auto set = [&](std::string_view name, std::string_view parameter) {
    const auto value = first_value(text);
    if (const auto found = find_parameter(text, value, name)) {
      text = replaced(text, *found, parameter);
    } else if (random_.chance(60)) {
      const auto parameters = parameters_of(text, value);
      const bool in_front = !parameters.empty() && random_.chance(50);
      const auto at = in_front ? text.rfind(';', parameters.front().begin) : value.end;
      text.insert(at, ";" + std::string(parameter));
    }
  };
  set("received", random_.chance(50) ? "received=203.0.113.99" : "received=2001:db8::99");
  set("rport", random_.chance(50) ? "rport" : "rport=" + std::to_string(random_.between(1, 65535)));
  return text;
}

/// Rows of different names change places; equal names keep their order, so lists keep their meaning.
void ProxiedMessages::shuffle_rows(std::vector<std::string>& rows) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const bool same_name = std::any_of(kRepeated.begin(), kRepeated.end(), [&](const Spelling& spelling) {
      return is_named(rows[i - 1], spelling.name, spelling.compact) &&
             is_named(rows[i], spelling.name, spelling.compact);
    });
    if (!same_name && random_.chance(40)) std::swap(rows[i - 1], rows[i]);
  }
}

/// CANCEL and ACK repeat Request-URI, top Via, Route, From, To, Call-ID and the CSeq number. Source: RFC 3261 §9.1,
/// §17.1.1.3.
Datagram ProxiedMessages::resent(const Datagram& invite, std::string_view method, bool is_ack) {
  const auto message = *cut_message(invite.bytes);
  std::vector<std::string> rows;
  bool has_via = false;
  for (const auto row : message.rows) {
    if (is_via(row)) {
      if (has_via) continue;
      has_via = true;
      const auto value = value_of(row);
      const Span others{first_value(row).end, value.end};
      rows.push_back(respelt(spoofed_via(replaced(row, others, ""))));
    } else if (is_named(row, "CSeq")) {
      rows.push_back(respelt(replaced(row, last_word(row), method)));
    } else if (is_ack && is_named(row, "To", "t") && !find_parameter(row, first_value(row), "tag")) {
      const auto tag = " ;tag=as" + std::to_string(random_.below(100000));
      rows.push_back(respelt(replaced(row, {value_of(row).end, value_of(row).end}, tag)));
    } else if (is_route(row) || is_named(row, "From", "f") || is_named(row, "To", "t") ||
               is_named(row, "Call-ID", "i")) {
      rows.push_back(respelt(row));
    }
  }
  if (random_.chance(80)) rows.emplace_back("Max-Forwards: 70\r\n");
  shuffle_rows(rows);
  Datagram datagram{joined(with_method(message.start_line, method), rows, ""), invite.source, invite.destination};
  if (random_.chance(30)) datagram.source.port = client().port;
  return datagram;
}

/// `row` in one field different: 0 Call-ID, 1 CSeq number, 2 From tag, 3 received branch, 4 its sent-by. Unchanged if
/// the row does not hold the field.
std::string ProxiedMessages::stranger_row(std::string_view row, std::size_t field) {
  if (field == 0 && is_named(row, "Call-ID", "i")) return replaced(row, {value_of(row).end, value_of(row).end}, "x");
  if (field == 1 && is_named(row, "CSeq")) {
    const auto value = value_of(row);
    return replaced(row, {value.begin, row.find_first_of(" \t\r", value.begin)}, "4000000000");
  }
  if (field == 2 && is_named(row, "From", "f")) {
    const auto tag = find_parameter(row, value_of(row), "tag");
    return tag ? replaced(row, {tag->end, tag->end}, "x") : std::string(row);
  }
  if (field == 3) {
    const auto branch = find_parameter(row, first_value(row), "branch");
    return branch ? replaced(row, {branch->end, branch->end}, "x") : std::string(row);
  }
  if (field == 4) return replaced(row, sent_by_of(row, first_value(row)), "other.example:5077");
  return std::string(row);
}

Transaction ProxiedMessages::transaction(const Datagram& request) {
  static constexpr std::array<std::string_view, 5> kFields{"Call-ID", "CSeq number", "From tag", "branch", "sent-by"};
  const auto message = *cut_message(request.bytes);
  std::vector<std::string> rows;
  for (const auto row : message.rows) {
    rows.push_back(is_named(row, "CSeq") ? replaced(row, last_word(row), "INVITE") : std::string(row));
  }
  const auto start_line = with_method(message.start_line, "INVITE");
  Transaction made;
  made.invite = {joined(start_line, rows, message.body), request.source, request.destination};
  made.again = made.invite;
  made.again.source.port = client().port;
  made.cancel = resent(made.invite, "CANCEL", false);
  made.ack = resent(made.invite, "ACK", true);

  const auto field = random_.below(kFields.size());
  bool seen_via = false;
  for (auto& row : rows) {
    if (is_via(row) != (field >= 3) || (is_via(row) && seen_via)) continue;
    seen_via = is_via(row);
    auto other = stranger_row(row, field);
    if (other == row) continue;
    row = std::move(other);
    made.strange_field = kFields[field];
  }
  made.stranger = {joined(start_line, rows, message.body), request.source, request.destination};
  return made;
}

Datagram ProxiedMessages::next_in_dialog(const Transaction& before, const Datagram& forwarded) {
  const auto invite = *cut_message(before.ack.bytes);
  std::vector<std::string> rows;
  for (const auto row : invite.rows) {
    if (!is_route(row)) rows.push_back(is_named(row, "CSeq") ? "CSeq: 77 INVITE\r\n" : std::string(row));
  }
  // The caller's route set is the Record-Route of the answer from its end; ours stand at its front.
  const auto sent = *cut_message(forwarded.bytes);
  for (const auto row : {sent.rows[1], sent.rows[2]}) {
    rows.insert(rows.begin(), "Route: " + std::string(value_of(row).of(row)) + "\r\n");
  }
  return {joined(with_method(invite.start_line, "INVITE"), rows, ""), before.invite.source, before.invite.destination};
}

Datagram ProxiedMessages::from_strict_router(const Datagram& loose) {
  const auto message = *cut_message(loose.bytes);
  const auto first = message.start_line.find(' ') + 1;
  const Span target{first, message.start_line.find(' ', first)};
  std::vector<std::string> rows(message.rows.begin() + 1, message.rows.end());
  rows.insert(rows.begin() + 1, "Route: <" + std::string(target.of(message.start_line)) + ">\r\n");
  const auto own = message.rows.front();
  const Span uri{own.find('<') + 1, own.find('>')};
  return {joined(replaced(message.start_line, target, uri.of(own)), rows, message.body), loose.source,
          loose.destination};
}

Datagram ProxiedMessages::response(const Datagram& forwarded) {
  static constexpr std::array<std::string_view, 5> kStatus{"100 Trying", "180 Ringing", "200 OK", "486 ", "503 Busy"};
  const auto message = *cut_message(forwarded.bytes);
  std::vector<std::string> rows;
  for (const auto row : message.rows) rows.push_back(random_.chance(30) ? respelt(row) : std::string(row));
  const auto second = static_cast<std::size_t>(
      std::find_if(rows.begin() + 1, rows.end(), [](const auto& row) { return is_via(row); }) - rows.begin());
  if (random_.chance(30)) {
    static constexpr std::array<std::string_view, 4> kCommas{",", ", ", " ,\t", ",\r\n "};
    const auto below = rows[second].substr(value_of(rows[second]).begin);
    rows[0] = rows[0].substr(0, rows[0].size() - 2).append(random_.pick(kCommas)).append(below);
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(second));
  } else if (random_.chance(20)) {
    const auto begin = rows[0].find(";branch=");
    std::transform(rows[0].begin() + static_cast<std::ptrdiff_t>(begin), rows[0].end(),
                   rows[0].begin() + static_cast<std::ptrdiff_t>(begin), ::toupper);
  }
  shuffle_rows(rows);
  auto bytes = joined("SIP/2.0 " + std::string(random_.pick(kStatus)) + "\r\n", rows, message.body);
  const bool has_length = find_row(message.rows, "Content-Length", "l") < message.rows.size();
  if (has_length && random_.chance(5)) bytes += "surplus";
  return {std::move(bytes), forwarded.destination, forwarded.source};
}

}  // namespace dialplane::test
