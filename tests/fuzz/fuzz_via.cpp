// SPDX-License-Identifier: Apache-2.0
// Fuzz target: Via values of a message whose first Via row is the input. Values cover their rows, each says the same
// alone, in a row of its own and in a list, and what is written for it fits. One thread.
#include "naive.hpp"
#include "target.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/limits.hpp"
#include "dialplane/sip/response.hpp"
#include "dialplane/sip/scanner.hpp"

#include <array>
#include <string>
#include <vector>

namespace dialplane::fuzz {
namespace {

using sip::Message;
using sip::ViaView;

constexpr std::string_view kStart = "SIP/2.0 200 OK\r\n";

std::string_view text_of(const Message& message, const ViaView& via) {
  return message.text.substr(via.begin, static_cast<std::size_t>(via.end - via.begin));
}

void check_parameter(const Message& message, const ViaView& via, std::uint16_t begin, std::uint16_t end,
                     std::string_view name, std::string_view value) {
  require(begin >= via.sent_by_end && begin < end && end <= via.end, "a parameter lies behind the sent-by");
  const auto text = message.text.substr(begin, static_cast<std::size_t>(end - begin));
  require(text[0] == ';' && naive::same_name(naive::trim(text.substr(1)).substr(0, name.size()), name),
          "a parameter begins with ';' and its name");
  require(value.empty() || lies_in(value, text), "a parameter's value lies inside it");
}

void check_value(const Message& message, const ViaView& via) {
  require(via.row < message.row_count && message.rows[via.row].id == sip::HeaderId::kVia, "a value has a Via row");
  const auto& row = message.rows[via.row];
  require(via.begin >= row.value_offset && via.begin < via.end && via.end <= row.value_end,
          "a value lies inside its row");
  require(via.next == 0 || (via.next > via.end && via.next < row.value_end), "the next value lies in the same row");
  const auto value = text_of(message, via);
  require(naive::trim(value) == value, "a value has no blanks at its ends");
  require(via.sent_by_end > via.begin && via.sent_by_end <= via.end, "the sent-by lies inside the value");

  const auto head = message.text.substr(via.begin, static_cast<std::size_t>(via.sent_by_end - via.begin));
  require(naive::is_token(via.transport) && lies_in(via.transport, head), "a transport");
  require(!via.host.empty() && lies_in(via.host, head) && via.host.data() > via.transport.data(), "a host");
  const auto port = naive::trim(head.substr(offset_in(via.host, head) + via.host.size()));
  if (via.port == 0) {
    require(port.empty(), "nothing but a port stands between host and parameters");
  } else {
    require(port[0] == ':' && naive::number(naive::trim(port.substr(1)), 65535) == via.port, "the port is its number");
  }
  require(via.port_or_default() != 0, "a port to send to");

  const auto parameters = message.text.substr(via.sent_by_end, static_cast<std::size_t>(via.end - via.sent_by_end));
  for (const auto view : {via.branch, via.rport_value, via.received, via.dps}) {
    require(view.empty() || lies_in(view, parameters), "parameters lie behind the sent-by");
  }
  if (via.has_rport) check_parameter(message, via, via.rport_begin, via.rport_end, "rport", via.rport_value);
  if (!via.received.empty()) {
    check_parameter(message, via, via.received_begin, via.received_end, "received", via.received);
  }
  require(via.has_magic_branch() == (via.branch.size() > 7 && naive::same_name(via.branch.substr(0, 7), "z9hG4bK")),
          "the magic cookie");
}

struct Walk {
  std::vector<ViaView> values;
  bool complete = false;
};

Walk walk(const Message& message) {
  Walk found;
  ViaView via;
  for (bool ok = sip::top_via(message, via); ok;) {
    require(found.values.size() < message.text.size(), "the walk ends");
    check_value(message, via);
    if (!found.values.empty()) {
      const auto& before = found.values.back();
      require(before.next != 0 ? via.begin == before.next && via.row == before.row : via.row > before.row,
              "values follow each other");
    }
    if (via.next != 0) {
      const auto gap = message.text.substr(via.end, static_cast<std::size_t>(via.next - via.end));
      require(naive::trim(gap) == ",", "a comma stands between two values");
    } else {
      require(via.end == message.rows[via.row].value_end, "the last value ends its row");
    }
    found.values.push_back(via);
    ViaView next;
    ok = sip::next_via(message, via, next);
    via = next;
  }
  if (found.values.empty()) return found;
  const auto& last = found.values.back();
  found.complete = last.next == 0 && message.rows[last.row].next_same == 0;
  return found;
}

/// Requires that two values, wherever they stand, are read alike.
void require_same_view(const Message& a, const ViaView& x, const Message& b, const ViaView& y) {
  const auto text_a = a.text.substr(x.begin);
  const auto text_b = b.text.substr(y.begin);
  const auto same = [&](std::string_view one, std::string_view other) {
    return same_place(one, text_a, other, text_b);
  };
  require(same(x.transport, y.transport) && same(x.host, y.host) && x.port == y.port, "the same sent-by");
  require(x.sent_by_end - x.begin == y.sent_by_end - y.begin, "the same end of the sent-by");
  require(same(x.branch, y.branch) && same(x.received, y.received) && same(x.dps, y.dps), "the same parameters");
  require(x.has_rport == y.has_rport && same(x.rport_value, y.rport_value), "the same rport");
  require(!x.has_rport || x.rport_begin - x.begin == y.rport_begin - y.begin, "rport at the same place");
  require(x.received.empty() || x.received_begin - x.begin == y.received_begin - y.begin, "received at the same place");
}

/// The value in a row of its own, then with one parameter more: a known one is refused the second time.
void check_alone(const Message& message, const ViaView& via) {
  static Message other;
  ViaView again;
  const auto value = text_of(message, via);
  const ExactText alone({kStart, "V\t: ", value, "\r\n\r\n"});
  require(sip::scan(alone.view(), other) == sip::Fault::kNone && sip::top_via(other, again), "a value parses alone");
  require_same_view(message, via, other, again);

  struct Known {
    std::string_view text;
    bool present;
  };
  for (const auto& known : {Known{";Branch=q", !via.branch.empty()}, Known{";RPORT", via.has_rport},
                            Known{" ; received = q", !via.received.empty()}, Known{";dps=q", !via.dps.empty()}}) {
    const ExactText twice({kStart, "Via:", value, known.text, "\r\n\r\n"});
    require(sip::scan(twice.view(), other) == sip::Fault::kNone, "one parameter more is no matter of the scanner");
    require(sip::top_via(other, again) == !known.present, "no parameter we read stands twice");
  }
  const ExactText more({kStart, "Via:", value, "; x = \"a,b;c\" , SIP/2.0/UDP next\r\n\r\n"});
  require(sip::scan(more.view(), other) == sip::Fault::kNone && sip::top_via(other, again) && again.next != 0,
          "a value parses with a parameter and a value more");
  require_same_view(message, via, other, again);
}

void check_written(const ViaView& via) {
  constexpr std::size_t kRoom = 80;
  for (const auto* source : {"192.0.2.77:65535", "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"}) {
    const auto room = std::make_unique<char[]>(kRoom);
    for (const bool force : {false, true}) {
      const auto length = sip::write_received(room.get(), via, *Endpoint::parse(source), force);
      require(length <= kRoom, "received and rport fit");
      require((length == 0) ? !force && !via.has_rport : room[0] == ';', "received and rport are parameters");
    }
  }
  const auto target = sip::response_target(via);
  if (target) require(!target->ip.is_none() && target->port != 0, "a target has an address and a port");
}

void require_same_list(const std::string& headers, const Message& message, const Walk& wanted) {
  static Message other;
  const ExactText text({kStart, headers, "\r\n"});
  require(sip::scan(text.view(), other) == sip::Fault::kNone, "values written anew are accepted");
  const auto found = walk(other);
  require(found.complete && found.values.size() == wanted.values.size(), "as many values when written anew");
  for (std::size_t i = 0; i < found.values.size(); ++i) {
    require_same_view(message, wanted.values[i], other, found.values[i]);
  }
}

}  // namespace

void fuzz_via(std::string_view input) {
  static Message message;
  const ExactText text({kStart, "Via: ", input, "\r\n\r\n"});
  const auto fault = sip::scan(text.view(), message);
  const auto found = walk(message);
  for (const auto& via : found.values) check_written(via);
  constexpr std::size_t kMostValues = 100;
  if (fault != sip::Fault::kNone || found.values.empty() || found.values.size() > kMostValues ||
      input.size() > sip::kMaxHeaderBytes / 2) {
    return;
  }
  check_alone(message, found.values[digest(input) % found.values.size()]);
  if (!found.complete) return;
  sip::Limits limits;
  // The input may bring a Call-ID of its own.
  limits.call_id_bytes = 65535;
  limits.vias = static_cast<std::uint16_t>(found.values.size());
  require(sip::check_limits(message, limits) == sip::Fault::kNone, "as many Vias as the limit admits");
  --limits.vias;
  require(sip::check_limits(message, limits) == sip::Fault::kTooLarge, "one Via more than the limit admits");
  std::string rows;
  std::string joined;
  for (const auto& via : found.values) {
    rows.append("vIA:").append(text_of(message, via)).append("\r\n");
    joined.append(joined.empty() ? "v: " : " ,\r\n ").append(text_of(message, via));
  }
  require_same_list(rows, message, found);
  require_same_list(joined + "\r\n", message, found);
}

}  // namespace dialplane::fuzz
