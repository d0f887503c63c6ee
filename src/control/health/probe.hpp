// SPDX-License-Identifier: Apache-2.0
// The text of a probe, and what is read from its answer. Control thread.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/bytes.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/message.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace dialplane::control {

/// What tells one probe from all others, of this node and of every other.
struct ProbeId {
  std::string branch;
  std::string call_id;
  std::string tag;
  friend bool operator==(const ProbeId&, const ProbeId&) = default;
};

/// `node` names this node in branch and Call-ID; the three numbers must be unpredictable.
ProbeId make_probe_id(std::string_view node, std::uint64_t branch, std::uint64_t call_id, std::uint64_t tag);

/// An OPTIONS from `source` to `target`. Source: RFC 3261 §11.1.
std::string write_probe(const ProbeId& id, std::string_view node, const Endpoint& source, const Endpoint& target);

/// What a response to an OPTIONS says. Lifetime: the views die with the datagram.
struct ProbeAnswer {
  std::uint16_t status = 0;
  std::string_view branch;
  std::string_view call_id;
  std::string_view tag;  ///< of From
};

class ProbeReader {
 public:
  ProbeReader() : message_(std::make_unique<sip::Message>()) {}
  /// Errors: nullopt for what is no well-formed response to an OPTIONS with one Via.
  std::optional<ProbeAnswer> read(std::string_view datagram);

 private:
  std::unique_ptr<sip::Message> message_;
  sip::Facts facts_;
};

/// The datagram that an ICMP error quotes.
struct QuotedDatagram {
  Endpoint source;
  Endpoint destination;
};
/// Reads an "unreachable" error, ICMP or ICMPv6, that starts at `l4_offset` of the frame and quotes a UDP datagram.
/// Source: RFC 792, RFC 4443 §3.1.
std::optional<QuotedDatagram> read_unreachable(ByteSpan frame, std::size_t l4_offset, bool is_v6);

}  // namespace dialplane::control
