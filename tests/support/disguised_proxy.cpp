// SPDX-License-Identifier: Apache-2.0
// Addresses and rows are exchanged in the text; nothing here knows what the proxy does with them.
#include "disguised_proxy.hpp"

#include "proxied_messages.hpp"
#include "sip_text.hpp"

#include <array>
#include <cctype>
#include <utility>

namespace dialplane::test {
namespace {

struct Pair {
  std::string_view v4;
  std::string_view v6;
};
constexpr std::array<Pair, 13> kAddresses{{{"203.0.113.10", "2001:db8:53::10"},
                                           {"203.0.113.11", "2001:db8:53::11"},
                                           {"10.0.0.1", "2001:db8:c::1"},
                                           {"10.0.0.2", "2001:db8:c::2"},
                                           {"10.0.0.11", "2001:db8:c::11"},
                                           {"10.0.0.12", "2001:db8:c::12"},
                                           {"10.0.0.13", "2001:db8:c::13"},
                                           {"10.0.0.14", "2001:db8:c::14"},
                                           {"198.51.100.1", "2001:db8:e::1"},
                                           {"198.51.100.77", "2001:db8:e::77"},
                                           {"192.0.2.77", "2001:db8:77::77"},
                                           {"192.0.2.4", "2001:db8:77::4"},
                                           {"192.0.2.1", "2001:db8:77::1"}}};

/// The same address, spelt as no proxy spells it.
std::string other_spelling(std::string_view v6) {
  std::string text(v6);
  text.replace(text.find("::"), 2, ":0:0:0:0:");
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return "[" + text + "]";
}

bool goes_on(char c) { return c == '.' || c == ':' || std::isxdigit(static_cast<unsigned char>(c)) != 0; }

/// Puts `after` where `before` stands by itself. A user part has no room for an address in brackets.
void exchange(std::string& text, std::string_view before, std::string_view after) {
  for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    const auto end = at + before.size();
    const bool continues = before.back() != ']' && end < text.size() && (goes_on(text[end]) && text[end] != ':');
    const bool is_later_part =
        at > 0 && (std::isdigit(static_cast<unsigned char>(text[at - 1])) != 0 || text[at - 1] == '.');
    if (continues || is_later_part || (end < text.size() && text[end] == '@')) {
      at = end;
    } else {
      text.replace(at, before.size(), after);
      at += after.size();
    }
  }
}

/// Does `change` to start line and rows.
template <class Change>
std::string with_head(const std::string& bytes, Change&& change) {
  const auto message = cut_message(bytes);
  if (!message) return bytes;
  const auto head_size = bytes.size() - message->body.size();
  auto head = bytes.substr(0, head_size);
  change(head);
  return head + std::string(message->body);
}

std::string to_ipv6(const std::string& bytes) {
  return with_head(bytes, [](std::string& head) {
    for (const auto& [v4, v6] : kAddresses) exchange(head, "[::ffff:" + std::string(v4) + "]", other_spelling(v6));
    for (const auto& [v4, v6] : kAddresses) exchange(head, v4, "[" + std::string(v6) + "]");
  });
}

std::string to_ipv4(const std::string& bytes) {
  return with_head(bytes, [](std::string& head) {
    for (const auto& [v4, v6] : kAddresses) exchange(head, other_spelling(v6), "[::ffff:" + std::string(v4) + "]");
    for (const auto& [v4, v6] : kAddresses) exchange(head, "[" + std::string(v6) + "]", v4);
    for (const auto& [v4, v6] : kAddresses) exchange(head, v6, v4);
  });
}

Endpoint exchanged(const Endpoint& endpoint, bool to_v6) {
  const auto text = endpoint.ip.to_string();
  for (const auto& [v4, v6] : kAddresses) {
    if (text == (to_v6 ? v4 : v6)) return {*IpAddress::parse(to_v6 ? v6 : v4), endpoint.port};
  }
  return endpoint;
}

std::string ipv6_configuration() {
  auto text = two_networks_with_four_backends();
  for (const auto& [v4, v6] : kAddresses) {
    const auto name = std::string(v4);
    exchange(text, "udp:" + name + ":5060", "udp:[" + std::string(v6) + "]:5060");
    exchange(text, name + ":5060", "[" + std::string(v6) + "]:5060");
    exchange(text, name, v6);
  }
  exchange(text, "198.51.100.2/24", "2001:db8:e::2/64");
  exchange(text, "198.51.100.0/24", "2001:db8:e::/64");
  exchange(text, "2001:db8:c::2/24", "2001:db8:c::2/64");
  return text;
}

constexpr std::string_view kSourceHeader = "X-Client";

std::string with_spoofed_rows(const std::string& bytes) {
  const auto message = cut_message(bytes);
  if (!message) return bytes;
  const auto rows = static_cast<std::size_t>(message->rows.front().data() - bytes.data());
  auto text = bytes;
  text.insert(text.size() - message->body.size() - 2, "x-CLIENT :\r\n\tsomebody,\r\n else\r\n");
  return text.insert(rows, "X-Client: 203.0.113.99:1\r\n");
}

/// Without the one row that is right.
std::string without_source_row(const std::string& bytes, const Endpoint& source) {
  const auto message = cut_message(bytes);
  if (!message) return bytes;
  const auto wanted = std::string(kSourceHeader) + ": " + source.to_string() + "\r\n";
  const auto index = find_row(message->rows, kSourceHeader);
  if (index == message->rows.size())
    return with_head(bytes, [](auto& head) { head.insert(head.size() - 2, "X: none\r\n"); });
  if (message->rows[index] != wanted) return bytes;
  auto text = bytes;
  return text.erase(static_cast<std::size_t>(message->rows[index].data() - bytes.data()), wanted.size());
}

}  // namespace

Ipv6Proxy::Ipv6Proxy() : real_(ipv6_configuration(), "[2001:db8:c::1]:5060") {}

std::optional<Datagram> Ipv6Proxy::forward(const Datagram& in) {
  const auto out = real_.forward({to_ipv6(in.bytes), exchanged(in.source, true), exchanged(in.destination, true)});
  if (!out) return std::nullopt;
  return Datagram{to_ipv4(out->bytes), exchanged(out->source, false), exchanged(out->destination, false)};
}

SourceHeaderProxy::SourceHeaderProxy()
    : real_(two_networks_with_four_backends() + "source_header = \"X-Client\"\n", "10.0.0.1:5060") {}

std::optional<Datagram> SourceHeaderProxy::forward(const Datagram& in) {
  const auto message = cut_message(in.bytes);
  const bool is_request = message && message->start_line.substr(0, 4) != "SIP/";
  if (!is_request || in.destination != outer_listener()) return real_.forward(in);
  auto out = real_.forward({with_spoofed_rows(in.bytes), in.source, in.destination});
  if (out) out->bytes = without_source_row(out->bytes, in.source);
  return out;
}

}  // namespace dialplane::test
